"""A console as a browser holds it: it checks its numbers, and comes back when it was cut off."""

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from loadtests.streams import RESYNC, Reading, Seen, Watch
from loadtests.wire import Wire
from services.runtime.clock import Clock

RETRY_SECONDS = 1.0  # what the service asks for in its `retry:` line
BEGIN_SECONDS = 5.0


@dataclass(slots=True, eq=False)
class Console:
    """One console of one center.

    Attributes:
        watch: What it watches.
        take: Told of every frame that has a number.
        position: The number it was told last; None before the first.
        gaps: How often a number did not follow the one before it, or it was told to start anew.
        refusals: How often it was not let in at once.
    """

    watch: Watch
    take: Callable[[Seen], None]
    position: int | None = None
    gaps: int = 0
    refusals: int = 0
    _stream: Any = field(default=None, repr=False)  # of the wire's own private type

    async def open(self, wire: Wire, *, clock: Clock, chance: random.Random) -> None:
        """Open the stream where it was left, trying again until it is let in."""
        while True:
            reading = Reading(self.watch, self._taken)
            try:
                self._stream = await wire.stream(self.watch.path, self._headers(), reading.feed)
                async with asyncio.timeout(BEGIN_SECONDS):
                    await reading.begun.wait()
            except OSError:  # a time-out is one: it was cut off before it began
                self.refusals += 1
                self.drop()
                await clock.sleep(RETRY_SECONDS * (0.5 + chance.random() / 2))
            else:
                return

    @property
    def is_open(self) -> bool:
        """Whether its stream is open."""
        return self._stream is not None and not self._stream.closed

    def drop(self) -> None:
        """Lose the connection."""
        if self._stream is not None:
            self._stream.close()

    def _headers(self) -> bytes:
        if self.position is None:
            return self.watch.headers
        return self.watch.headers + b"Last-Event-ID: %d\r\n" % self.position

    def _taken(self, _: Watch, seen: Seen) -> None:
        if seen.sequence is None:
            return
        follows = self.position is None or seen.sequence == self.position + 1
        if not follows or seen.type == RESYNC:
            self.gaps += 1
        self.position = seen.sequence
        self.take(seen)
