"""What runs beside: figures for Prometheus, and the hourly digest of all heads."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from prometheus_client import Gauge

from incident.lifecycle import State
from services.notifier import measures
from services.notifier.handlers.conservation import settled_before
from services.notifier.handlers.digesting import digest_hour
from services.notifier.heartbeat import ages_of
from services.notifier.ports import Digests, Housekeeping, Reports
from services.runtime import metrics
from services.runtime.clock import Clock
from services.runtime.logs import describe

MEASURE_SECONDS = 5.0
COUNT_SECONDS = 15.0
DIGEST_SECONDS = 2.0
FORGET_AFTER = timedelta(hours=1)

_log = structlog.get_logger(__name__)


@dataclass(kw_only=True, eq=False, repr=False)
class Upkeep:
    """Tasks that look, and one that hashes."""

    reports: Reports
    digests: Digests
    housekeeping: Housekeeping
    clock: Clock
    _counted_at: float = field(init=False, default=float("-inf"))

    async def measure(self) -> None:
        """Set the gauges every five seconds until cancelled."""
        await self._repeat("measure", self.measure_once, MEASURE_SECONDS)

    async def digest(self) -> None:
        """Take what digests are due until cancelled."""
        await self._repeat("digest", self.digest_once, DIGEST_SECONDS)

    async def measure_once(self) -> None:
        """Set the gauges; counting all incidents is done less often."""
        before = settled_before(self.clock.now(), factor=self.clock.setting.factor)
        found = await self.reports.conservation(before=before)
        for part in ("unopened", "unannounced", "doubled"):
            measures.CONSERVATION.labels(part).set(getattr(found, part))
        self._grow(measures.OLDEST_UNOPENED, found.oldest_unopened_at)
        due_at, set_aside = await self.housekeeping.oldest_deadline()
        self._grow(measures.OVERDUE, due_at)
        measures.SET_ASIDE_NOW.set(set_aside)
        for service, age in ages_of(await self.reports.pulses(), self.clock.real()).items():
            gauge = measures.HEARTBEAT_AGE.labels(service)
            metrics.grow(gauge, float("inf") if age is None else age, clock=self.clock)
        metrics.measured("alerts and deadlines", clock=self.clock)
        if self.clock.monotonic() - self._counted_at >= COUNT_SECONDS:
            self._counted_at = self.clock.monotonic()
            await self._count()
            await self.housekeeping.forget_pulses(before=self.clock.real() - FORGET_AFTER)

    async def _count(self) -> None:
        counts = await self.reports.counts()
        for state in State:
            measures.INCIDENTS.labels(state).set(counts.incidents.get(state, 0))
        measures.ALERTS.labels("accepted").set(counts.alerts)
        measures.ALERTS.labels("dead-lettered").set(counts.dead_lettered)

    async def digest_once(self) -> None:
        """Take the digest of the last full hour, unless it is there."""
        taken = await digest_hour(
            self.digests,
            now=self.clock.now(),
            real=self.clock.real(),
            factor=self.clock.setting.factor,
        )
        if taken is not None:
            measures.DIGESTS.inc()
            _log.info("heads_digested", sequence=taken.sequence, count=taken.count)

    def _grow(self, gauge: Gauge, moment: datetime | None) -> None:
        """Set real seconds since a domain moment, which grow; 0 for none and for one to come."""
        passed = None if moment is None else -self.clock.seconds_until(moment)
        metrics.grow(gauge, passed if passed and passed > 0 else None, clock=self.clock)

    async def _repeat(self, task: str, once: Callable[[], Awaitable[None]], seconds: float) -> None:
        while True:
            try:
                await once()
            except Exception as error:  # noqa: BLE001  # the next round may succeed
                measures.FAULTS.labels(task, type(error).__name__).inc()
                _log.warning("upkeep_failed", task=task, fault=describe(error))
            await self.clock.sleep(seconds)
