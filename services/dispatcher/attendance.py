"""Which desks listen here, said to all processes; and what centers became, told when it changes.

A stream that ends is held for alive a little longer: a page that is loaded anew is back within a
second. A process that ends or dies stops speaking of its streams, and the others see them gone.
"""

from collections import Counter as Counted
from collections.abc import Sequence

import structlog
from prometheus_client import Counter, Gauge

from services.dispatcher.handlers.shifts import Stream, Streams
from services.runtime.clock import Clock
from services.runtime.logs import describe

LOOK_SECONDS = 1.0
BEAT_SECONDS = 4.0
GRACE_SECONDS = 3.0

_DESKS = Gauge("d115_desk_streams", "Streams of desks and of centers' own programs open here.")
_CHANGES = Counter("d115_center_states_told_total", "Changes of centers told by the look-out.")
_FAULTS = Counter("d115_attendance_faults_total", "Rounds that failed.", ["part"])

_log = structlog.get_logger(__name__)


class Attendance:
    """Speaks for the streams of this process."""

    def __init__(self, streams: Streams, clock: Clock) -> None:
        self._streams = streams
        self._clock = clock
        self._open = Counted[Stream]()
        self._left: dict[Stream, float] = {}
        self._beat_at = float("-inf")

    async def join(self, stream: Stream) -> None:
        """A stream was opened here; it counts at once, or a moment later if that cannot be kept."""
        self._open[stream] += 1
        self._left.pop(stream, None)
        _DESKS.set(self._open.total())
        try:
            await self._streams.beat([stream])
            await self._streams.settle(now=self._clock.now())
        except Exception as error:  # noqa: BLE001  # the stream is worth more; the next beat says it
            self._beat_at = float("-inf")
            _note("join", error)

    def leave(self, stream: Stream) -> None:
        """A stream ended here."""
        self._open[stream] -= 1
        if self._open[stream] <= 0:
            del self._open[stream]
            self._left[stream] = self._clock.monotonic()
        _DESKS.set(self._open.total())

    async def run(self) -> None:
        """Look every second until cancelled; whatever fails is tried again."""
        while True:
            try:
                await self.look()
            except Exception as error:  # noqa: BLE001  # the next round may succeed
                _note("look", error)
            await self._clock.sleep(LOOK_SECONDS)

    async def look(self) -> None:
        """Say once what lives and what is gone, and tell what changed."""
        now = self._clock.monotonic()
        gone = [each for each, at in self._left.items() if now - at >= GRACE_SECONDS]
        if now - self._beat_at >= BEAT_SECONDS:
            await self._streams.beat(self._living(gone))
            await self._drop(gone)
            self._beat_at = now
        elif gone:
            await self._drop(gone)
        told = await self._streams.settle(now=self._clock.now())
        if told:
            _CHANGES.inc(len(told))
            _log.info("center_states_told", centers=told)

    async def _drop(self, gone: Sequence[Stream]) -> None:
        await self._streams.drop(gone)
        for each in gone:
            self._left.pop(each, None)

    def _living(self, gone: Sequence[Stream]) -> list[Stream]:
        return sorted(
            {*self._open, *self._left} - {*gone}, key=lambda each: (each.center, each.desk)
        )


def _note(part: str, error: Exception) -> None:
    _FAULTS.labels(part).inc()
    _log.warning("attendance_failed", part=part, fault=describe(error))
