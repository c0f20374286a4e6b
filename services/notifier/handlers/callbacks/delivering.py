"""Callbacks on their way: who gets how much at a time, and what an outcome means.

Of one alert the next goes only once the one before it was taken or given up. An attempt is counted
before anything is sent: one whose process dies is due again when its lease is over, under the same
id.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from services.notifier.handlers.callbacks.kinds import CallbackType
from services.notifier.handlers.callbacks.registering import Secret
from services.runtime.outgoing.outcomes import Tried, pause_after

WAITS = (0, 1, 5, 20, 60, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400)
"""Seconds before each attempt: those of Standard Webhooks, and some within the first minute."""

LEASE = timedelta(seconds=30)
"""How long an attempt may take, its settling included; then its process is taken for dead."""

PER_STATION = 4
"""Attempts at once to one station, however many wait for it."""

DISABLED_AFTER = timedelta(days=5)
"""Of failing without a single success."""

RECOVERED_AFTER = timedelta(minutes=1)
"""A station that failed for longer and answers again gets at once what waits for it."""

RETENTION = timedelta(days=30)
"""What is settled is kept for so long, and what waits is given up after it."""


class CallbackState(StrEnum):
    """Where a callback stands: `confirmed` says that the station pulled or imported it."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    CONFIRMED = "confirmed"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """What one attempt sends.

    Attributes:
        attempt: From 1, since it was last put in line.
    """

    id: UUID
    station: str
    incident: UUID
    type: CallbackType
    attempt: int
    url: str = field(repr=False)
    secrets: tuple[Secret, ...] = field(repr=False)
    body: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """What an attempt came to.

    Attributes:
        next_at: When it is tried again; None where it is not.
        gone: The station's system said that nothing more is to be sent there.
    """

    parcel: Parcel
    state: CallbackState
    outcome: str
    ended_at: datetime
    next_at: datetime | None = None
    gone: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which callbacks are asked for.

    Attributes:
        now: Real time.
        rooms: How many more each station may get, where that is not `PER_STATION`.
        limit: How many at most.
    """

    now: datetime
    rooms: Mapping[str, int]
    limit: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """What waits in one of the ways to wait.

    Attributes:
        what: `first` has not been tried, `retry` has, `disabled` has a station that failed for too
            long, `pull` has a station that fetches it.
        oldest: When the oldest of them was made.
    """

    what: str
    count: int
    oldest: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What came of looking after what is stored.

    Attributes:
        disabled: Stations that failed for too long.
        expired: How many waited for longer than they are kept.
        purged: How many were removed.
    """

    disabled: tuple[str, ...] = ()
    expired: int = 0
    purged: int = 0


class Line(Protocol):
    """Where callbacks stand in line."""

    async def turn(self, settled: Sequence[Settlement], wanted: Wanted) -> list[Parcel]:
        """In one transaction keep what attempts came to, and begin what is due.

        A settlement that comes twice changes nothing. A success counts always, anything else only
        if no later attempt has begun.
        """
        ...

    async def measure(self) -> list[Waiting]:
        """Say what waits, and since when."""
        ...

    async def keep(self, now: datetime) -> Kept:
        """Disable who failed for too long, give up and remove what is too old; a bounded part."""
        ...


def judge(parcel: Parcel, tried: Tried, *, now: datetime) -> Settlement:
    """Say what an outcome means: taken, to be tried again, or given up.

    Args:
        parcel: What was sent.
        tried: What came of it.
        now: Real time.
    """
    state, next_at = CallbackState.DELIVERED, None
    if not tried.is_receipt:
        wait = pause_after(tried, id_=parcel.id, attempt=parcel.attempt, waits=WAITS)
        state = CallbackState.FAILED if wait is None else CallbackState.WAITING
        next_at = None if wait is None else now + timedelta(seconds=wait)
    return Settlement(
        parcel=parcel,
        state=state,
        outcome=tried.outcome,
        ended_at=now,
        next_at=next_at,
        gone=tried.is_gone,
    )
