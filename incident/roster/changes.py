"""What all changes between two documents share: who makes them, and how they are refused."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from incident.directory.faults import Fault
from incident.roster.parts import PersonCode


class ChangeRefusedError(ValueError):
    """A change does not fit the roster.

    Attributes:
        faults: Everything that is wrong with it, at least one thing.
    """

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("\n".join(fault.sentence for fault in faults))
        self.faults = tuple(faults)


class UnknownChangeError(LookupError):
    """No swap or override has this id."""


class SettledError(Exception):
    """A swap is agreed, or refused, and nothing more is to be said to it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class By:
    """Who changes something, and when.

    Attributes:
        key: The id of the caller's key.
        person: The person the key belongs to, where it belongs to one.
        at: Domain time.
    """

    key: str
    person: PersonCode | None
    at: datetime
