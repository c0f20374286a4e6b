"""The distributions of a bulletin: 签收, 出警, 反馈; an entry for each round with both moments."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from incident.alert import Status
from incident.figures.case import Case, Measure, Stint
from incident.figures.intervals import Interval, median_interval, median_of
from incident.moments import ActorKind

SLOWEST = 3
"""So many are named for each."""

MINUTE, HOUR = 60, 3600


class Timed(StrEnum):
    """What is timed."""

    ACKNOWLEDGE = "acknowledge"
    ARRIVE = "arrive"
    REPORT = "report"


BOUNDS: Mapping[Timed, tuple[int, ...]] = {
    Timed.ACKNOWLEDGE: (30, 60, 120, 180),
    Timed.ARRIVE: (5 * MINUTE, 10 * MINUTE, 15 * MINUTE, 30 * MINUTE),
    Timed.REPORT: (30 * MINUTE, HOUR, 2 * HOUR, 4 * HOUR),
}
"""In seconds. A time on a bound belongs to what follows; one before its start to the first."""


class _Take(Protocol):
    def __call__(self, stint: Stint, /) -> Measure | None: ...


_TAKE: Mapping[Timed, _Take] = {
    Timed.ACKNOWLEDGE: lambda stint: stint.acknowledge,
    Timed.ARRIVE: lambda stint: stint.arrive,
    Timed.REPORT: lambda stint: stint.report,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Slow:
    """One of the slowest, named."""

    case: Case
    stint: Stint
    measure: Measure

    @property
    def incident(self) -> UUID:
        """Its id."""
        return self.case.id

    @property
    def number(self) -> str:
        """The number people know it by."""
        return self.case.number

    @property
    def organisation(self) -> str:
        """Whose round it was."""
        return self.stint.organisation

    @property
    def team(self) -> str | None:
        """Whose act ended it, where that was a team's."""
        return self.measure.team

    @property
    def seconds(self) -> float:
        """How long it took."""
        return self.measure.seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """One distribution.

    Attributes:
        counts: How many fell between the bounds, from the shortest on.
        by: The same by who stamped the end; both stand there.
        proofs: How many ends rest on what; `none` for those with no proof.
        slowest: The longest first.
    """

    timed: Timed
    n: int
    bounds: tuple[int, ...]
    counts: tuple[int, ...]
    median: float | None
    interval: Interval | None
    by: Mapping[ActorKind, tuple[int, ...]]
    proofs: Mapping[str, int]
    slowest: tuple[Slow, ...]


def times_of(cases: Iterable[Case], timed: Timed) -> Times:
    """Give one distribution of actual cases."""
    found = [
        Slow(case=case, stint=stint, measure=measure)
        for case in cases
        if case.status is Status.ACTUAL
        for stint in case.stints
        if (measure := _TAKE[timed](stint)) is not None
    ]
    seconds = [one.measure.seconds for one in found]
    bounds = BOUNDS[timed]
    return Times(
        timed=timed,
        n=len(found),
        bounds=bounds,
        counts=_spread(seconds, bounds),
        median=median_of(seconds),
        interval=median_interval(seconds),
        by={
            kind: _spread([one.measure.seconds for one in found if one.measure.by is kind], bounds)
            for kind in ActorKind
        },
        proofs=_proofs(found) if timed is Timed.ARRIVE else {},
        slowest=tuple(sorted(found, key=_slowest_first)[:SLOWEST]),
    )


def _spread(seconds: Sequence[float], bounds: Sequence[int]) -> tuple[int, ...]:
    counts = [0] * (len(bounds) + 1)
    for one in seconds:
        counts[bisect_right(bounds, one)] += 1
    return tuple(counts)


def _proofs(found: Iterable[Slow]) -> Mapping[str, int]:
    counts = Counter(one.measure.proof or "none" for one in found)
    return {str(code): counts[code] for code in sorted(counts)}


def _slowest_first(one: Slow) -> tuple[float, str, int]:
    return -one.measure.seconds, str(one.case.id), one.stint.number
