"""Who is at a center's desk, as its operators say it: away (离席) and back.

A center is away while somebody of it is away and nobody said to be there. What nobody said counts
for nothing: a center of which no operator ever spoke is never away.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

MOST = 200
"""Operators of one center that are kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Presence:
    """What an operator said last.

    Attributes:
        operator: The person's code, or the key's id where that is all that is known.
        away: Away from the desk, or back at it.
        since: When that was said.
        until: When it no longer counts.
    """

    operator: str
    away: bool
    since: datetime
    until: datetime


def counting(said: Collection[Presence], *, now: datetime) -> tuple[Presence, ...]:
    """What still counts at `now`, by operator."""
    valid = [entry for entry in said if entry.until > now]
    return tuple(sorted(valid, key=lambda entry: entry.operator))


def is_away(said: Collection[Presence], *, now: datetime) -> bool:
    """Whether everybody at the desk who said anything that counts is away."""
    valid = counting(said, now=now)
    return bool(valid) and all(entry.away for entry in valid)
