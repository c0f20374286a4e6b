"""The effect against a baseline: whether "response time fell by 60 %" holds, and how surely."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from incident.alert import Status
from incident.figures.bulletin import Period
from incident.figures.case import Case
from incident.figures.closure import closure_rate, find_repeats
from incident.figures.intervals import (
    Change,
    Share,
    median_change,
    rate_change,
    share_change,
    share_of,
)

PROMISED = -0.6
"""The change of the median response that was promised: 60 % less."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What is known of a period, whether it was recorded here or brought from elsewhere.

    Attributes:
        days: Its length.
        alerts: Actual alerts received.
        response: Seconds from the call, or else its receipt, to the first arrival, ascending.
        on_site: k of the closure rate.
        closable: n of the closure rate.
    """

    days: int
    alerts: int
    response: tuple[float, ...]
    on_site: int
    closable: int

    @property
    def closure(self) -> Share:
        """The closure rate."""
        return share_of(self.on_site, self.closable)


class Kept(StrEnum):
    """Whether a promise was kept: its interval lies beyond it, short of it, or holds it."""

    YES = "yes"
    NO = "no"
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """The changes from a baseline to a period; None where one side has nothing to compare."""

    response: Change | None
    alerts: Change
    closure: Change | None
    promise: Kept


def sample_of(cases: Sequence[Case], period: Period, *, hours: int) -> Sample:
    """Take a sample of the cases received in a period.

    Args:
        cases: Each once, with those around the period, in which repeats are looked for.
        period: Which count.
        hours: N of the closure rate.
    """
    repeated = frozenset(find_repeats(cases, hours=hours).values())
    actual = [case for case in cases if period.holds(case) and case.status is Status.ACTUAL]
    rate = closure_rate(actual, repeated=repeated, hours=hours).rate
    response = [case.response.seconds for case in actual if case.response is not None]
    return Sample(
        days=period.days,
        alerts=len(actual),
        response=tuple(sorted(response)),
        on_site=rate.k,
        closable=rate.n,
    )


def effect_of(baseline: Sample, now: Sample) -> Effect:
    """Compare a period with the baseline."""
    response = median_change(baseline.response, now.response)
    return Effect(
        response=response,
        alerts=rate_change((baseline.alerts, baseline.days), (now.alerts, now.days)),
        closure=share_change(baseline.closure, now.closure),
        promise=_kept(response),
    )


def _kept(response: Change | None) -> Kept:
    interval = None if response is None else response.ratio_interval
    if interval is None:
        return Kept.UNSURE
    if interval.high <= PROMISED:
        return Kept.YES
    return Kept.NO if interval.low > PROMISED else Kept.UNSURE
