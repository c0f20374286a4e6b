"""Compliance figures: which days, which legs, and the counts put together for each group."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from incident.figures.intervals import wilson_interval
from services.notifier.ports import Tally


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A share of judged legs with its 95 % interval."""

    share: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LegFigures:
    """The figures of one leg in one group.

    Attributes:
        total: All of it.
        by: The part whose end each sort of actor stamped.
    """

    leg: str
    total: Tally
    by: tuple[Tally, ...]

    @property
    def target_seconds(self) -> int | None:
        """The one target it was judged by; None without one, and where there were several."""
        return self.total.targets[0] if len(self.total.targets) == 1 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The figures of a group, leg by leg."""

    code: str
    legs: tuple[LegFigures, ...]


def days_as_moments(since: date, until: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The first moment of a stretch of days and the first one after it, as UTC.

    Args:
        since: The first day.
        until: The last day.
        zone: Whose days; where clocks are put on or back, a day has other than 24 hours.
    """
    return _midnight(since, zone), _midnight(until + timedelta(days=1), zone)


def compliance(tally: Tally) -> Share | None:
    """The share of met among met and breached; None where nothing was judged."""
    judged = tally.met + tally.breached
    if not judged:
        return None
    low, high = wilson_interval(tally.met, judged)
    return Share(share=tally.met / judged, low=low, high=high)


def grouped(tallies: Iterable[Tally], order: tuple[str, ...]) -> list[Group]:
    """Put counts together by group and leg.

    Args:
        tallies: In any order.
        order: The legs in the order to show them; others follow by their code.
    """

    def place(tally: Tally) -> tuple[str, int, str, bool, str]:
        known = order.index(tally.leg) if tally.leg in order else len(order)
        return tally.group, known, tally.leg, tally.by is not None, tally.by or ""

    return [
        Group(code=code, legs=tuple(_legs(of_group)))
        for code, of_group in groupby(sorted(tallies, key=place), key=lambda tally: tally.group)
    ]


def _legs(tallies: Iterable[Tally]) -> Iterable[LegFigures]:
    for leg, of_leg in groupby(tallies, key=lambda tally: tally.leg):
        total, *by = of_leg
        yield LegFigures(leg=leg, total=total, by=tuple(by))


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time.min, zone).astimezone(UTC)
