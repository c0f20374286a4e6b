"""A clock that a test moves by hand."""

import asyncio
from datetime import UTC, datetime, timedelta

from typing_extensions import override

from services.runtime.clock import SYSTEM, Clock, ClockSetting

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


class FakeClock(Clock):
    """Stands still until it is advanced; `sleep` gives way once, is noted, and moves nothing."""

    def __init__(self, now: datetime = NOON) -> None:
        self._now = now
        self._monotonic = 1000.0
        self.sleeps: list[float] = []

    @property
    @override
    def setting(self) -> ClockSetting:
        return SYSTEM

    @override
    def now(self) -> datetime:
        return self._now

    @override
    def real(self) -> datetime:
        return self._now

    @override
    def monotonic(self) -> float:
        return self._monotonic

    @override
    async def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        await asyncio.sleep(0)

    @override
    def seconds_until(self, moment: datetime) -> float:
        return (moment - self._now).total_seconds()

    def advance(self, seconds: float) -> None:
        """Move domain, real and monotonic time on together."""
        self._now += timedelta(seconds=seconds)
        self._monotonic += seconds
