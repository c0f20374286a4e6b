"""What the center's own people ask for among themselves."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelve:
    """Set it aside for some minutes.

    Attributes:
        reason: `duplicate` or `test-source`.
    """

    reason: str
    minutes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeOver:
    """The incoming operator accepts it by name."""

    handover: UUID
    operator: str
