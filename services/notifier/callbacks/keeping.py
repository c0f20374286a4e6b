"""Looks after callbacks as stored: measures what waits, gives up and removes what is old."""

import structlog

from services.notifier.callbacks import measures
from services.notifier.handlers.callbacks.delivering import Line
from services.runtime.clock import Clock
from services.runtime.logs import describe
from services.runtime.metrics import grow, measured

MEASURE_SECONDS = 5.0
KEEP_EVERY = 12
"""Rounds of measuring: once a minute."""

WAYS = ("first", "retry", "disabled", "pull")

_log = structlog.get_logger(__name__)


class CallbackKeeper:
    """Measures every five seconds, and tidies once a minute."""

    def __init__(self, *, line: Line, clock: Clock) -> None:
        self._line = line
        self._clock = clock

    async def run(self) -> None:
        """Look until cancelled."""
        rounds = 0
        while True:
            try:
                await self.measure()
                if rounds % KEEP_EVERY == 0:
                    await self.keep()
            except Exception as error:  # noqa: BLE001  # tried again in the next round
                measures.FAULTS.labels("keep").inc()
                _log.warning("callbacks_unkept", fault=describe(error))
            rounds += 1
            await self._clock.sleep(MEASURE_SECONDS)

    async def measure(self) -> None:
        """Read what waits."""
        found = {one.what: one for one in await self._line.measure()}
        real = self._clock.real()
        for way in WAYS:
            one = found.get(way)
            measures.WAITING.labels(way).set(0 if one is None else one.count)
            oldest = None if one is None else one.oldest
            age = None if oldest is None else (real - oldest).total_seconds()
            grow(measures.OLDEST.labels(way), age, clock=self._clock)
        measured("callbacks", clock=self._clock)

    async def keep(self) -> None:
        """Disable who failed for too long; give up and remove what is too old."""
        kept = await self._line.keep(self._clock.real())
        for station in kept.disabled:
            measures.DISABLED.labels("failing").inc()
            _log.error("callback_station_disabled", station=station, why="failing")
        measures.EXPIRED.inc(kept.expired)
        measures.PURGED.inc(kept.purged)
        if kept.expired or kept.purged:
            _log.info("callbacks_tidied", expired=kept.expired, purged=kept.purged)
