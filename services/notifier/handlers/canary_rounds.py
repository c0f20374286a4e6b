"""The rounds of the canaries: plan the day, look after those under way, tell how they went."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import structlog
from prometheus_client import Counter, Gauge, Histogram

from services.notifier import measures
from services.notifier.handlers.canaries import Do, advance, kind_for, plan
from services.notifier.ports import Atlas
from services.notifier.ports.canaries import (
    Canaries,
    Canary,
    CanaryState,
    LastCanary,
    Nest,
    NotTakenError,
    Turn,
)
from services.runtime.clock import Clock
from services.runtime.logs import describe

ROUND_SECONDS = 1.0
AT_ONCE = 5
"""Canaries under way at once: after an outage, too, they are no storm."""
TURN_SECONDS = 20.0

RESULTS = Counter("d115_canary_results_total", "Canaries by how they ended.", ["result", "fault"])
OPEN_SECONDS = Histogram(
    "d115_canary_open_seconds",
    "From a canary's receipt to the opening of its incident.",
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
FAILING = Gauge("d115_canary_failing_centers", "Centers whose last canary failed or was missed.")
OLDEST_PASS = Gauge(
    "d115_canary_oldest_pass_seconds",
    "Domain seconds since the last canary that passed, of the center where that is longest ago.",
)

_FAILED = frozenset({CanaryState.FAILED, CanaryState.MISSED})
_log = structlog.get_logger(__name__)


@dataclass(kw_only=True, eq=False, repr=False)
class Aviary:
    """Looks after all canaries; several notifiers may do so side by side.

    Attributes:
        time_zone: The zone whose days count; that of the directory if None.
    """

    canaries: Canaries
    nest: Nest
    atlas: Atlas
    clock: Clock
    time_zone: str | None = None
    _planned: tuple[date | None, int] = field(init=False, default=(None, -1))
    _last: Sequence[LastCanary] = field(init=False, default=())

    async def run(self) -> None:
        """Make a round every second until cancelled."""
        while True:
            try:
                await self.round()
            except Exception as error:  # noqa: BLE001  # the next round may succeed
                measures.FAULTS.labels("canaries", type(error).__name__).inc()
                _log.warning("canary_round_failed", fault=describe(error))
            await self.clock.sleep(ROUND_SECONDS)

    async def round(self) -> int:
        """Plan what is not planned yet and take what is due a step on; returns how many moved."""
        await self._plan()
        real = self.clock.real()
        turns = await self.canaries.take_turns(
            now=self.clock.now(),
            real=real,
            until=real + timedelta(seconds=TURN_SECONDS),
            limit=AT_ONCE,
        )
        for turn in turns:
            await self._look_after(turn)
        await self._measure()
        return len(turns)

    async def note(self) -> str | None:
        """Say which centers' canaries failed last, as a note of readiness."""
        found = [
            f"canary of {entry.center}: {entry.fault or entry.state}, {entry.finished_at:%F %R}Z"
            for entry in self._last
            if entry.state in _FAILED
        ]
        return "; ".join(found) or None

    async def _plan(self) -> None:
        lookup = self.atlas.lookup
        if lookup is None:
            return
        zone = ZoneInfo(self.time_zone or lookup.directory.park.time_zone)
        now = self.clock.now()
        day, version = now.astimezone(zone).date(), lookup.directory.version
        if self._planned == (day, version):
            return
        await self.canaries.add(plan(sorted(lookup.centers), now=now, zone=zone))
        self._planned = day, version

    async def _look_after(self, turn: Turn) -> None:
        now, real = self.clock.now(), self.clock.real()
        canary, do = advance(turn.canary, turn.sight, now=now, real=real)
        match do:
            case Do.SEND:
                canary = await self._send(canary)
            case Do.TAKE_BACK:
                await self._take_back(canary)
            case Do.WAIT:
                pass
        await self.canaries.save(canary)
        if canary.finished_at is not None:
            _tell(canary)

    async def _send(self, canary: Canary) -> Canary:
        lookup = self.atlas.lookup
        used = () if lookup is None else tuple(lookup.kinds)
        kind = kind_for(used, self.atlas.kinds)
        canary = replace(canary, alert_id=self.nest.name(canary))
        if kind is None:
            _log.warning("canary_not_sent", center=canary.center, fault="no kind it could be of")
            return canary
        try:
            alert = await self.nest.send(canary, kind=kind)
        except NotTakenError as error:
            _log.warning("canary_not_sent", center=canary.center, fault=str(error))
            return canary
        return replace(canary, state=CanaryState.SENT, alert_id=alert, tried_at=self.clock.real())

    async def _take_back(self, canary: Canary) -> None:
        if canary.alert_id is None:
            return
        try:
            await self.nest.take_back(canary, canary.alert_id)
        except NotTakenError as error:
            _log.warning("canary_not_taken_back", center=canary.center, fault=str(error))

    async def _measure(self) -> None:
        now = self.clock.now()
        self._last = await self.canaries.last()
        FAILING.set(sum(entry.state in _FAILED for entry in self._last))
        OLDEST_PASS.set(max((_age(entry, now) for entry in self._last), default=0.0))


def _age(entry: LastCanary, now: datetime) -> float:
    since = entry.passed_at
    return float("inf") if since is None else max(0.0, (now - since).total_seconds())


def _tell(canary: Canary) -> None:
    """Count how it ended; a failure is an error in the log."""
    RESULTS.labels(canary.state, canary.fault or "").inc()
    if canary.open_seconds is not None:
        OPEN_SECONDS.observe(canary.open_seconds)
    about = {"center": canary.center, "alert_id": str(canary.alert_id), "pushed": canary.pushed}
    if canary.state in _FAILED:
        _log.error("canary_failed", result=canary.state, fault=canary.fault, **about)
    else:
        _log.info("canary_passed", open_seconds=canary.open_seconds, **about)
