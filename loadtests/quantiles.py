"""Quantiles of samples, by nearest rank: each is a value that was measured."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantiles:
    """How samples are spread, in the unit of the samples.

    Attributes:
        n: How many samples there were, at least one.
        p999: 99.9 percent are at most this.
    """

    n: int
    p50: float
    p90: float
    p99: float
    p999: float
    maximum: float


def quantiles(samples: Iterable[float]) -> Quantiles:
    """Compute the quantiles of samples.

    Raises:
        ValueError: There are none.
    """
    ordered = sorted(samples)
    return Quantiles(
        n=len(ordered),
        p50=rank(ordered, 50),
        p90=rank(ordered, 90),
        p99=rank(ordered, 99),
        p999=rank(ordered, 99.9),
        maximum=rank(ordered, 100),
    )


def rank(ordered: Sequence[float], percent: float) -> float:
    """Return the smallest of ordered samples that so many percent of them do not exceed.

    Raises:
        ValueError: There are no samples, or the percentage is not in 0 (excluded) to 100.
    """
    if not ordered:
        raise ValueError("there are no samples")
    if not 0 < percent <= 100:
        raise ValueError(f"a rank lies above 0 and at most at 100 percent, not at {percent:g}")
    # Rounded first: 99.9 percent of 1000 are 999, not 999.0000000000001.
    return ordered[ceil(round(len(ordered) * percent / 100, 6)) - 1]
