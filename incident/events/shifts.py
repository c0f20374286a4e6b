"""What the center's own people did with it among themselves: set it aside, took it over."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentShelved:
    """The center set it aside for a while (搁置): it makes no sound, every clock runs on.

    Attributes:
        reason: A code: `duplicate` or `test-source`.
        until: When it is back by itself.
    """

    reason: str
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentTakenOver:
    """The incoming operator accepted it by name at a hand-over of the shift (交接班).

    Attributes:
        handover: The hand-over it was part of.
        operator: Who has it now.
        previous: Who had it; None where nobody had taken it yet.
    """

    handover: UUID
    operator: str
    previous: str | None = None
