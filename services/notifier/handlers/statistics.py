"""The formulas of the figures."""

from collections.abc import Sequence
from math import ceil, sqrt

Z_95 = 1.959963984540054
"""The 97.5 % point of the standard normal distribution: 95 % lie within this on both sides."""


def nearest_rank(values: Sequence[float], percent: int) -> float:
    """The smallest of the values that at least so many percent of them do not exceed.

    Args:
        values: At least one, in any order.
        percent: 1 to 100.
    """
    rank = ceil(len(values) * percent / 100)
    return sorted(values)[rank - 1]


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
