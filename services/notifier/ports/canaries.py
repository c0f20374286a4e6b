"""Where canaries are kept, and how they are sent: what their rounds need of the world."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID


class CanaryState(StrEnum):
    """How far a canary has come; the last three are the end."""

    PLANNED = "planned"
    SENT = "sent"
    OPENED = "opened"
    ENDING = "ending"
    PASSED = "passed"
    FAILED = "failed"
    MISSED = "missed"


class CanaryFault(StrEnum):
    """Why one fails."""

    NOT_ACCEPTED = "not_accepted"
    NOT_OPENED = "not_opened"
    NOT_ENDED = "not_ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Canary:
    """The canary of a center and day.

    Attributes:
        planned_at: When it is to be sent; domain time, as all that is not said otherwise.
        ends_at: The end of its day.
        tried_at: Real time: when it was first sent, or tried to be.
        open_seconds: From its receipt to its opening.
        pushed: A console confirmed its receipt by itself.
        ending_at: Real time: when it was first taken back, or tried to be.
    """

    center: str
    day: date
    planned_at: datetime
    ends_at: datetime
    state: CanaryState = CanaryState.PLANNED
    alert_id: UUID | None = None
    tried_at: datetime | None = None
    opened_at: datetime | None = None
    open_seconds: float | None = None
    pushed: bool = False
    ending_at: datetime | None = None
    finished_at: datetime | None = None
    fault: CanaryFault | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What the notifier has heard of a canary's incident over `incidents.v1`.

    Attributes:
        received_at: When intake received its alert.
        ended: The incident is over.
    """

    opened_at: datetime
    received_at: datetime | None
    pushed: bool
    ended: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A canary to look after now; `sight` is None while no incident was heard of."""

    canary: Canary
    sight: Sight | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LastCanary:
    """How the last finished canary of a center ended, and when one last passed."""

    center: str
    state: CanaryState
    finished_at: datetime
    fault: CanaryFault | None
    passed_at: datetime | None


class NotTakenError(Exception):
    """Intake did not take what was sent; the text says why in one line, without the body."""


class Canaries(Protocol):
    """Keeps canaries."""

    async def add(self, canaries: Sequence[Canary]) -> int:
        """Keep those that are not there yet; returns how many."""
        ...

    async def take_turns(
        self, *, now: datetime, real: datetime, until: datetime, limit: int
    ) -> list[Turn]:
        """Give unfinished ones whose moment has come to one notifier, those under way first."""
        ...

    async def save(self, canary: Canary) -> None:
        """Write how far one has come, and give its turn back."""
        ...

    async def last(self) -> list[LastCanary]:
        """How it went last, by center."""
        ...


class Nest(Protocol):
    """Sends canaries the way a station's alerts go."""

    async def send(self, canary: Canary, *, kind: str) -> UUID:
        """Send one; doing so twice is the same alert.

        Raises:
            NotTakenError: It was not taken.
        """
        ...

    async def take_back(self, canary: Canary, alert: UUID) -> None:
        """Withdraw it.

        Raises:
            NotTakenError: That was not taken.
        """
        ...

    def name(self, canary: Canary) -> UUID | None:
        """The id it has or will have; None while nobody knows whose key it is sent with."""
        ...
