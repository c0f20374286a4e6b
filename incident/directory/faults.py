"""What is wrong with a directory document, said so that it can be put right."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing wrong with a document.

    Attributes:
        path: Where, such as `centers[2].place`; empty for the document itself.
        wrong: What is wrong, with the value unless it is secret or long.
        allowed: What would be accepted there.
    """

    path: str
    wrong: str
    allowed: str

    @property
    def sentence(self) -> str:
        """The fault in one line."""
        return f"{self.path or 'document'}: {self.wrong}; allowed: {self.allowed}"


class InvalidDirectoryError(ValueError):
    """A document is no directory.

    Attributes:
        faults: Everything that is wrong with it, at least one thing.
    """

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("\n".join(fault.sentence for fault in faults))
        self.faults = tuple(faults)
