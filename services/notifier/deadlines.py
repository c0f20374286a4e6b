"""Keeps the deadlines: ten times a second or more, what is due and nobody else is at.

A failure that passes is waited out. Another one is found by looking at each due id alone: the
others go on, and the culprit rests ever longer until it is set aside, counted and told.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field

import structlog

from incident.alert import IncidentId
from services.notifier import measures
from services.notifier.handlers.following import Moments
from services.notifier.handlers.gate import Gate
from services.notifier.handlers.waking import BATCH, Woken, wake
from services.notifier.ports import Atlas, Store, Wanted
from services.runtime.clock import Clock
from services.runtime.logs import describe
from services.runtime.postgres import is_transient

POLL_SECONDS = 0.1
BUSY_SECONDS = 0.04
"""The pause after a look that found something: more is likely to follow."""

BEAT_SECONDS = 1.0
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 2.0

_log = structlog.get_logger(__name__)


@dataclass(kw_only=True, eq=False, repr=False)
class Deadlines:
    """The loop that looks at what is due.

    Attributes:
        partitions: How many `incidents.v1` has.
        settled: Says which partitions of `incidents.v1` are settled in this process.
        told: Called after something was said, so that it goes out at once.
    """

    store: Store
    atlas: Atlas
    clock: Clock
    partitions: int
    settled: Callable[[], Collection[int]]
    told: Callable[[], None]
    _beaten_at: float = field(init=False, default=float("-inf"))
    _swept_at: float = field(init=False)
    _gate: Gate = field(init=False)

    def __post_init__(self) -> None:
        self._begin()

    def _begin(self) -> None:
        self._swept_at = self.clock.monotonic()
        self._gate = Gate(self.partitions, now=self._swept_at)

    @property
    def silent_seconds(self) -> float:
        """Real seconds since all that was due was last looked at."""
        return self.clock.monotonic() - self._swept_at

    async def run(self) -> None:
        """Look until cancelled; while Postgres is away, ever more slowly, up to every 2 s."""
        self._begin()
        pause = _FIRST_PAUSE
        while True:
            try:
                claimed = await self.sweep()
            except Exception as error:  # noqa: BLE001  # the clocks must be looked at again
                measures.SWEEP_FAULTS.labels(type(error).__name__).inc()
                _log.warning("sweep_failed", fault=describe(error))
                await self.clock.sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE)
                continue
            pause = _FIRST_PAUSE
            if claimed < BATCH:
                await self.clock.sleep(BUSY_SECONDS if claimed else POLL_SECONDS)

    async def sweep(self) -> int:
        """Look once at what is due; say how many ids were.

        Raises:
            Exception: A fault that passes by itself.
        """
        began = self.clock.monotonic()
        await self._beat(began)
        closed = self._gate.closed(now=began)
        measures.CLOSED.set(len(closed))
        claimed = await self._attempt(closed)
        self._swept_at = self.clock.monotonic()
        measures.SWEEP_SECONDS.observe(self._swept_at - began)
        return claimed

    async def _beat(self, now: float) -> None:
        """Keep the gate: by what is settled here, and once a second by the others' word."""
        settled = self.settled()
        self._gate.settle(settled, now=now)
        if now - self._beaten_at >= BEAT_SECONDS:
            async with self.store.work() as work:
                self._gate.hear(await work.beat(settled), now=now)
            self._beaten_at = now

    async def _attempt(self, closed: Collection[int]) -> int:
        try:
            return await self._wake(closed)
        except Exception as error:
            if is_transient(error):
                raise
            measures.SWEEP_FAULTS.labels(type(error).__name__).inc()
            _log.warning("sweep_divided", fault=describe(error))
        return await self._one_by_one(closed)

    async def _wake(self, closed: Collection[int], only: IncidentId | None = None) -> int:
        at = self._moments()
        async with self.store.work() as work:
            woken = await wake(work, atlas=self.atlas, at=at, closed=closed, only=only)
        self._count(woken)
        return woken.claimed

    async def _one_by_one(self, closed: Collection[int]) -> int:
        at = self._moments()
        async with self.store.work() as work:
            ids = await work.list_due(Wanted(now=at.now, real=at.real, closed=closed, limit=BATCH))
        for id_ in ids:
            try:
                await self._wake(closed, only=id_)
            except Exception as error:
                if is_transient(error):
                    raise
                await self._fail(id_, error)
        return len(ids)

    async def _fail(self, id_: IncidentId, error: Exception) -> None:
        fault = describe(error)
        async with self.store.work() as work:
            set_aside = await work.fail(id_, fault=fault, real=self.clock.real())
        if set_aside:
            measures.SET_ASIDE.inc()
            _log.error("deadline_set_aside", incident_id=str(id_), fault=fault, exc_info=error)
        else:
            _log.warning("deadline_failed", incident_id=str(id_), fault=fault)

    def _moments(self) -> Moments:
        return Moments(now=self.clock.now(), real=self.clock.real())

    def _count(self, woken: Woken) -> None:
        measures.count_facts(woken.judged, real=self.clock.real())
        for lag in woken.lags:
            measures.TIMER_LAG.observe(lag.total_seconds() / self.clock.setting.factor)
        if any(judged.facts for judged in woken.judged):
            self.told()
