"""Shares, medians and changes, each with its 95 % interval, by published formulas.

No chance is drawn anywhere: the same values give the same interval.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, lgamma, log, sqrt
from statistics import NormalDist, median

Z_95 = 1.959963984540054
"""The 97.5 % point of the standard normal distribution: 95 % lie within this on both sides."""

FEW = 10
"""Below so many, a figure is marked: it may change much with the next case."""

SHORTEST = 1.0
"""Seconds: a time below counts as this where times are divided by one another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """Both ends of a 95 % interval."""

    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A share as k of n.

    Attributes:
        share: k / n; None where n is 0.
        few: n is below 10.
    """

    k: int
    n: int
    share: float | None
    interval: Interval | None
    few: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What became of a figure.

    Attributes:
        difference: The new one less the old one.
        interval: Of the difference.
        ratio: The new one divided by the old one, less 1: -0.6 is 60 % less.
        ratio_interval: Of that.
    """

    difference: float
    interval: Interval | None
    ratio: float | None = None
    ratio_interval: Interval | None = None


def wilson_interval(successes: int, trials: int) -> tuple[float, float]:
    """The 95 % score interval of a share (Wilson 1927), honest for few trials and near 0 and 1.

    Args:
        successes: From 0 to `trials`.
        trials: At least 1.

    Returns:
        The lower and the upper end, both within 0 and 1.
    """
    share, z2 = successes / trials, Z_95**2
    center = share + z2 / (2 * trials)
    spread = Z_95 * sqrt(share * (1 - share) / trials + z2 / (4 * trials**2))
    scale = 1 + z2 / trials
    # The ends of 0 and of all are exact; what rounding leaves beside them is not shown.
    low = 0.0 if successes == 0 else (center - spread) / scale
    high = 1.0 if successes == trials else (center + spread) / scale
    return low, high


def share_of(k: int, n: int) -> Share:
    """A share with its interval; without either where n is 0."""
    if n == 0:
        return Share(k=k, n=n, share=None, interval=None, few=True)
    low, high = wilson_interval(k, n)
    return Share(k=k, n=n, share=k / n, interval=Interval(low=low, high=high), few=n < FEW)


def median_of(values: Sequence[float]) -> float | None:
    """The middle value, the mean of the middle two of an even number; None of none."""
    return median(values) if values else None


def median_interval(values: Sequence[float]) -> Interval | None:
    """The interval of a median between two order statistics (Conover 1999, section 3.2).

    It covers at least 95 % whatever the distribution. None below 6 values: the smallest and the
    largest of five do not enclose the median so often.
    """
    n, ranked = len(values), sorted(values)
    outside, rank = 0.0, 0
    while rank < n and 2 * (outside + _chance(n, rank)) <= 0.05:
        outside += _chance(n, rank)
        rank += 1
    return Interval(low=ranked[rank - 1], high=ranked[n - rank]) if rank else None


def median_change(old: Sequence[float], new: Sequence[float]) -> Change | None:
    """The change of a median (Price and Bonett 2002); None where either side is empty.

    The variance of each median comes from two of its order statistics, with no assumption on the
    distribution. The ratio's interval is that of the difference of the logarithms.
    """
    before, after = median_of(old), median_of(new)
    if before is None or after is None:
        return None
    difference = after - before
    spread = _spread(old, new)
    logs = [[log(max(value, SHORTEST)) for value in values] for values in (old, new)]
    step = log(max(after, SHORTEST) / max(before, SHORTEST))
    of_ratio = _spread(*logs)
    return Change(
        difference=difference,
        interval=None if spread is None else _around(difference, spread),
        ratio=exp(step) - 1,
        ratio_interval=None
        if of_ratio is None
        else Interval(low=exp(step - of_ratio) - 1, high=exp(step + of_ratio) - 1),
    )


def share_change(old: Share, new: Share) -> Change | None:
    """The change of a share, with the hybrid score interval (Newcombe 1998, method 10)."""
    if old.interval is None or new.interval is None or old.share is None or new.share is None:
        return None
    difference = new.share - old.share
    below = sqrt((new.share - new.interval.low) ** 2 + (old.interval.high - old.share) ** 2)
    above = sqrt((new.interval.high - new.share) ** 2 + (old.share - old.interval.low) ** 2)
    return Change(
        difference=difference,
        interval=Interval(low=difference - below, high=difference + above),
    )


def rate_change(old: tuple[int, float], new: tuple[int, float]) -> Change:
    """The change of a number of events a day (log rate ratio; Rothman 2012, chapter 9).

    Args:
        old: How many, on how many days.
        new: The same.
    """
    (before, days_before), (after, days_after) = old, new
    rates = before / days_before, after / days_after
    difference = rates[1] - rates[0]
    if not before or not after:
        return Change(difference=difference, interval=None, ratio=None if not before else -1.0)
    step, spread = log(rates[1] / rates[0]), Z_95 * sqrt(1 / before + 1 / after)
    of_difference = Z_95 * sqrt(before / days_before**2 + after / days_after**2)
    return Change(
        difference=difference,
        interval=_around(difference, of_difference),
        ratio=exp(step) - 1,
        ratio_interval=Interval(low=exp(step - spread) - 1, high=exp(step + spread) - 1),
    )


def _around(value: float, spread: float) -> Interval:
    return Interval(low=value - spread, high=value + spread)


def _spread(old: Sequence[float], new: Sequence[float]) -> float | None:
    variances = [_variance(values) for values in (old, new)]
    known = [one for one in variances if one is not None]
    return Z_95 * sqrt(sum(known)) if len(known) == len(variances) else None


def _variance(values: Sequence[float]) -> float | None:
    """The variance of a sample's median, from two order statistics; None for a single value."""
    n, ranked = len(values), sorted(values)
    if n < 2:
        return None
    rank = max(1, round(n / 2 - sqrt(n)))
    outside = sum(_chance(n, below) for below in range(rank))
    points = -NormalDist().inv_cdf(outside)
    return ((ranked[n - rank] - ranked[rank - 1]) / (2 * points)) ** 2


def _chance(n: int, k: int) -> float:
    """The chance of k heads among n coins, by logarithms: the numbers themselves get too long."""
    return exp(lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1) - n * log(2))
