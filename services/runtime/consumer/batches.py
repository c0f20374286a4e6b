"""Applies a batch as a whole, and finds the one record that spoils it."""

from collections.abc import Awaitable, Callable, Sequence

from services.runtime.consumer.faults import Fault, classify
from services.runtime.records import Received

Attempt = Callable[[Sequence[Received]], Awaitable[None]]
Bury = Callable[[Received, Exception], Awaitable[None]]


async def apply_divided(records: Sequence[Received], *, attempt: Attempt, bury: Bury) -> None:
    """Attempt all records at once; where that fails for good, halve until the culprit stands alone.

    Parts are attempted in the order of the records, and those before a culprit stay applied. One
    culprit in n records costs about 2 log2(n) attempts.

    Args:
        records: What to apply, in order.
        attempt: Applies records wholly or not at all.
        bury: Takes a single record that cannot be applied, with what it failed with.

    Raises:
        Exception: What `attempt` failed with, where that passes by itself or the partition is lost,
            and whatever `bury` raises. Records before it are applied.
    """
    parts = [records] if records else []
    while parts:
        part = parts.pop()
        try:
            await attempt(part)
        except Exception as error:
            if classify(error) in {Fault.PASSING, Fault.FENCED}:
                raise
            if len(part) == 1:
                await bury(part[0], error)
            else:
                middle = len(part) // 2
                parts += [part[middle:], part[:middle]]
