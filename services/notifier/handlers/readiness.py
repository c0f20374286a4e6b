"""Takes how ready each center is every few minutes, and keeps it for a bounded time."""

from dataclasses import dataclass
from datetime import timedelta

import structlog

from incident.figures.readiness import readiness_of
from services.notifier import measures
from services.notifier.ports.figures import Readings, Taken
from services.runtime.clock import Clock
from services.runtime.logs import describe

EVERY_SECONDS = 300.0
"""Real seconds."""

KEPT = timedelta(days=92)

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookout:
    """Looks at all centers."""

    readings: Readings
    clock: Clock

    async def look(self) -> list[Taken]:
        """Say how ready each center is now."""
        now = self.clock.now()
        seen = await self.readings.seen(now=now, real=self.clock.real())
        return [
            Taken(center=center, at=now, readiness=readiness_of(found, now=now))
            for center, found in seen.items()
        ]

    async def keep_once(self) -> None:
        """Look, keep what was seen, and forget what is old."""
        taken = await self.look()
        await self.readings.keep(taken, forget_before=self.clock.now() - KEPT)

    async def run(self) -> None:
        """Do so every five minutes until cancelled."""
        while True:
            try:
                await self.keep_once()
            except Exception as error:  # noqa: BLE001  # the next round may succeed
                measures.FAULTS.labels("readiness", type(error).__name__).inc()
                _log.warning("readiness_failed", fault=describe(error))
            await self.clock.sleep(EVERY_SECONDS)
