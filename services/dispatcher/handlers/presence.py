"""Who is at a center's desk: an operator says away (离席) and back, and both end by themselves."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from incident.presence import Presence, counting, is_away
from services.runtime.auth import Principal

AWAY_FOR, LONGEST_AWAY = timedelta(minutes=30), timedelta(hours=12)
THERE_FOR = timedelta(hours=12)
"""How long each counts if nothing is said: a break, and a shift."""


class BadUntilError(ValueError):
    """Until when it is to count is past, or too far away; the message says which."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """A center's desk at one moment.

    Attributes:
        away: Everybody at it who said anything that counts is away.
        said: What counts.
    """

    center: str
    away: bool
    said: tuple[Presence, ...]


class Desks(Protocol):
    """Where what operators said is kept and told."""

    async def say(self, center: str, said: Presence, *, now: datetime) -> Desk:
        """Keep what an operator said last, tell the center's consoles and everybody else."""
        ...

    async def forget(self, center: str, operator: str, *, now: datetime) -> Desk:
        """Forget what an operator said whose shift ended; tell it as `say` does."""
        ...

    async def read(self, center: str, *, now: datetime) -> Desk:
        """Give a desk as it stands."""
        ...


def desk_of(center: str, said: tuple[Presence, ...], *, now: datetime) -> Desk:
    """Put a desk together from all that was said there."""
    return Desk(center=center, away=is_away(said, now=now), said=counting(said, now=now))


def presence_of(
    caller: Principal, *, away: bool, until: datetime | None, person: str | None, now: datetime
) -> Presence:
    """Say what a caller says of itself.

    Raises:
        BadUntilError: It would not count, or for too long.
    """
    usual = AWAY_FOR if away else THERE_FOR
    end = now + usual if until is None else until
    if not now < end <= now + LONGEST_AWAY:
        raise BadUntilError("must be a moment to come, at most 12 hours away")
    operator = caller.person or person or caller.key_id
    return Presence(operator=operator, away=away, since=now, until=end)
