"""Whether 115 would hold right now at a center: a score from 0 to 100, with its reasons.

Each part has points. What holds earns them; what does not, and what nobody knows, earns none and
gives a reason: not knowing whether a console listens is no readiness.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class Part(StrEnum):
    """What readiness is made of."""

    CONSOLE_CONNECTED = "console_connected"
    CONSOLE_AUDIBLE = "console_audible"
    OPERATOR_ON_SHIFT = "operator_on_shift"
    TEAMS_ON_DUTY = "teams_on_duty"
    POSTS_FILLED = "posts_filled"
    CHANNELS_TESTED = "channels_tested"
    DRILLED = "drilled"
    DISPATCHER_ALIVE = "dispatcher_alive"


POINTS: Mapping[Part, int] = {
    Part.CONSOLE_CONNECTED: 20,
    Part.CONSOLE_AUDIBLE: 5,
    Part.OPERATOR_ON_SHIFT: 20,
    Part.TEAMS_ON_DUTY: 25,
    Part.POSTS_FILLED: 10,
    Part.CHANNELS_TESTED: 5,
    Part.DRILLED: 5,
    Part.DISPATCHER_ALIVE: 10,
}

NEEDED = frozenset(
    {
        Part.CONSOLE_CONNECTED,
        Part.OPERATOR_ON_SHIFT,
        Part.TEAMS_ON_DUTY,
        Part.DISPATCHER_ALIVE,
    }
)
"""Without any of these 115 would not hold."""


class Lack(StrEnum):
    """Why a part earned nothing."""

    NO = "no"
    UNKNOWN = "unknown"
    TOO_LONG_AGO = "too_long_ago"
    NEVER = "never"


LONGEST: Mapping[Part, timedelta] = {
    Part.CONSOLE_CONNECTED: timedelta(hours=26),
    Part.CHANNELS_TESTED: timedelta(days=35),
    Part.DRILLED: timedelta(days=92),
}
"""For so long something that was seen counts: a day and its canary, a month and its test, a quarter
and its drill, each with some grace."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Since:
    """When something last was; `at` is None for never."""

    at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What is known of a center; None where nothing can be known.

    Attributes:
        console: It has consoles; without, its own system is reached and the rest needs none.
        parts: What holds, what does not, or when it last did.
    """

    console: bool
    parts: Mapping[Part, bool | Since | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why points are missing."""

    part: Part
    lack: Lack
    points: int
    at: datetime | None = None

    @property
    def code(self) -> str:
        """The reason as one word, such as `teams_on_duty.no`."""
        return f"{self.part}.{self.lack}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Readiness:
    """How ready a center is.

    Attributes:
        holds: Nothing that is needed is missing.
        reasons: Those that cost the most first.
    """

    score: int
    holds: bool
    reasons: tuple[Reason, ...]


_OF_CONSOLES = frozenset({Part.CONSOLE_CONNECTED, Part.CONSOLE_AUDIBLE})


def readiness_of(seen: Seen, *, now: datetime) -> Readiness:
    """Score a center. Parts that a center without consoles needs not are left out of its 100."""
    wanted = [part for part in Part if seen.console or part not in _OF_CONSOLES]
    reasons = [
        Reason(part=part, lack=lack, points=POINTS[part], at=_at(seen.parts.get(part)))
        for part in wanted
        if (lack := _lack(part, seen.parts.get(part), now)) is not None
    ]
    most = sum(POINTS[part] for part in wanted)
    lost = sum(reason.points for reason in reasons)
    return Readiness(
        score=round(100 * (most - lost) / most),
        holds=not NEEDED.intersection(reason.part for reason in reasons),
        reasons=tuple(sorted(reasons, key=lambda reason: -reason.points)),
    )


def _at(found: bool | Since | None) -> datetime | None:  # noqa: FBT001  # what is known, not a flag
    return found.at if isinstance(found, Since) else None


def _lack(part: Part, found: bool | Since | None, now: datetime) -> Lack | None:  # noqa: FBT001  # as above
    if found is None:
        return Lack.UNKNOWN
    if isinstance(found, bool):
        return None if found else Lack.NO
    if found.at is None:
        return Lack.NEVER
    return Lack.TOO_LONG_AGO if now - found.at > LONGEST[part] else None
