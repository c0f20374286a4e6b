"""The slow loop: removes what is too old, and takes the hourly digest of all heads."""

from collections.abc import Awaitable, Callable

import structlog
from prometheus_client import Counter, Gauge

from services.dispatcher.handlers.housekeeping import (
    Attic,
    Digests,
    Stray,
    boundary,
    digest_hour,
    sweep,
)
from services.runtime import metrics
from services.runtime.clock import Clock
from services.runtime.logs import describe

LOOK_SECONDS = 2.0
SWEEP_SECONDS = 60.0
NAMED_STRAYS = 20

_REMOVED = Counter("d115_housekeeping_removed_total", "Rows removed for their age.", ["what"])
_STRAYS = Counter(
    "d115_early_messages_lost_total",
    "Updates and cancellations removed because their alert never came.",
    ["type"],
)
_EARLY = Gauge("d115_early_messages", "Updates and cancellations that wait for their alert.")
_EARLY_OLDEST = Gauge("d115_early_oldest_seconds", "Real seconds the oldest of them has waited.")
_DIGESTS = Counter("d115_dispatcher_digests_total", "Digests of all heads this process took.")
_FAULTS = Counter("d115_housekeeping_faults_total", "Rounds that failed.", ["part"])

_log = structlog.get_logger(__name__)


class Housekeeping:
    """Keeps the house of one database; any number of them may run side by side."""

    def __init__(self, *, attic: Attic, digests: Digests, clock: Clock) -> None:
        self._attic = attic
        self._digests = digests
        self._clock = clock
        self._sweep_at = float("-inf")

    async def run(self) -> None:
        """Look every two seconds until cancelled; whatever fails is tried again."""
        while True:
            await self._attempt("digest", self.digest_once)
            if self._clock.monotonic() >= self._sweep_at:
                self._sweep_at = self._clock.monotonic() + SWEEP_SECONDS
                await self._attempt("sweep", self.sweep_once)
            await self._clock.sleep(LOOK_SECONDS)

    async def sweep_once(self) -> None:
        """Remove what is too old, and look at what waits for its alert."""
        swept = await sweep(self._attic, now=self._clock.now(), real=self._clock.real())
        _REMOVED.labels("frames").inc(swept.frames)
        _REMOVED.labels("answers").inc(swept.answers)
        for number, stray in enumerate(swept.strays):
            _tell_stray(stray, named=number < NAMED_STRAYS)
        if not swept.is_all:
            self._sweep_at = float("-inf")  # at the next look
        waiting = await self._attic.count_early()
        age = None if waiting.oldest is None else -self._clock.seconds_until(waiting.oldest)
        _EARLY.set(waiting.count)
        metrics.grow(_EARLY_OLDEST, age, clock=self._clock)
        metrics.measured("early messages", clock=self._clock)

    async def digest_once(self) -> None:
        """Take the digest of the last full hour, unless it is there."""
        at = boundary(self._clock.now(), factor=self._clock.setting.factor)
        taken = await digest_hour(self._digests, at, real=self._clock.real())
        if taken is not None:
            _DIGESTS.inc()
            _log.info("heads_digested", sequence=taken.sequence, count=taken.count)

    async def _attempt(self, part: str, once: Callable[[], Awaitable[None]]) -> None:
        try:
            await once()
        except Exception as error:  # noqa: BLE001  # the next round may succeed
            _FAULTS.labels(part).inc()
            _log.warning("housekeeping_failed", part=part, fault=describe(error))


def _tell_stray(stray: Stray, *, named: bool) -> None:
    _STRAYS.labels(stray.type).inc()
    if named:
        _log.error(
            "early_message_lost",
            incident_id=str(stray.incident),
            message=stray.id,
            type=stray.type,
            recorded_at=stray.recorded_at,
        )
