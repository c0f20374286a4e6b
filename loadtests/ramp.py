"""Finds the highest rate that is held, by short probes."""

from collections.abc import Awaitable, Callable
from math import sqrt

Probe = Callable[[float], Awaitable[bool]]
"""Tries a rate for a short while; says whether it was held."""

MOST_UP, MOST_DOWN = 10, 4


async def highest(probe: Probe, *, start: float, factor: float, narrow: int = 2) -> float | None:
    """Find the highest rate that a probe says is held.

    Rates grow, or shrink if the first is not held, by a factor until it turns; then the step is
    halved (geometrically) so many times.

    Args:
        probe: Tries a rate.
        start: The first rate.
        factor: Above 1.
        narrow: How many halvings follow; each is one probe more.

    Returns:
        The highest rate that was held; None if none was.
    """
    held, failed = await _bracket(probe, start, factor)
    if held is None or failed is None:
        return held
    for _ in range(narrow):
        middle = sqrt(held * failed)
        if await probe(middle):
            held = middle
        else:
            failed = middle
    return held


async def _bracket(probe: Probe, start: float, factor: float) -> tuple[float | None, float | None]:
    """Return a rate that was held and the next one that was not."""
    if not await probe(start):
        for step in range(1, MOST_DOWN + 1):
            rate = start / factor**step
            if await probe(rate):
                return rate, rate * factor
        return None, None
    for step in range(1, MOST_UP + 1):
        rate = start * factor**step
        if not await probe(rate):
            return rate / factor, rate
    return start * factor**MOST_UP, None
