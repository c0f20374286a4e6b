"""Why a report is not taken. Each is an answer to its sender, and nothing was published.

RefusedError
├── InvalidError        fields are wrong; each is named
├── ForeignError        it belongs to another organisation
├── UnknownAlertError   the id in the path is not the one of this sender's reference
└── NoDirectoryError    there is no directory to check it against yet
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What is wrong with one field.

    Attributes:
        field: Its path, such as `place.lon`.
        message: What is wrong, to be read after the field; it repeats nothing personal.
    """

    field: str
    message: str


class RefusedError(Exception):
    """A report was not taken."""


class InvalidError(RefusedError):
    """Fields are wrong.

    Attributes:
        faults: At least one, the first one leading.
    """

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__(", ".join(fault.field for fault in faults))
        self.faults = tuple(faults)


class ForeignError(RefusedError):
    """A center may raise alerts into its own area only.

    Attributes:
        field: The field that leads elsewhere.
    """

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


class UnknownAlertError(RefusedError):
    """This sender has no alert of this id under this reference."""


class NoDirectoryError(RefusedError):
    """No directory has come yet, so nobody is known and nothing can be checked."""
