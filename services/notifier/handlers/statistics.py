"""The formulas of the figures."""

from collections.abc import Sequence
from math import ceil


def nearest_rank(values: Sequence[float], percent: int) -> float:
    """The smallest of the values that at least so many percent of them do not exceed.

    Args:
        values: At least one, in any order.
        percent: 1 to 100.
    """
    rank = ceil(len(values) * percent / 100)
    return sorted(values)[rank - 1]
