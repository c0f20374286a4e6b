"""Live streams: one cursor per watched channel, read once from Postgres for all who watch it.

A Kafka record, or a commit of this process, only says that there may be something new. What is
told always comes from Postgres, in sequence, so that every replica tells the same and a reader
that comes back with its last number misses nothing. A reader that does not keep up is cut off as
a whole and comes back with its last number; single events are never dropped for it.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import structlog
from prometheus_client import Counter, Gauge

from services.runtime import codec
from services.runtime.clock import Clock
from services.runtime.logs import describe

QUEUE = 64
PAGE = 500
POLL_SECONDS = 1.0
HEARTBEAT_SECONDS = 5.0
LONGEST_SECONDS = 3600.0
PER_CHANNEL = 500
IN_ALL = 5000

_READERS = Gauge("d115_stream_readers", "Streams open now.")
_CUT = Counter("d115_stream_cut_total", "Streams ended by us, by reason.", ["reason"])
_FAULTS = Counter("d115_stream_faults_total", "Reads for the streams that failed.")

_log = structlog.get_logger(__name__)


class TooManyReadersError(Exception):
    """This process holds as many streams as it may, of the channel or in all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A frame with its place in its channel."""

    channel: str
    sequence: int
    type: str
    data: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """How far a channel is kept.

    Attributes:
        newest: The last number given.
        oldest: The oldest frame kept; None if none is.
    """

    newest: int
    oldest: int | None


class Frames(Protocol):
    """Where frames are kept."""

    async def read(self, cursors: dict[str, int], *, limit: int) -> Sequence[Told]:
        """Give the frames behind each channel's cursor, at most `limit` of each, in sequence."""
        ...

    async def bounds(self, channel: str) -> Bounds:
        """Say how far a channel is kept."""
        ...


@dataclass(eq=False, slots=True)
class Reader:
    """One open stream."""

    channel: str
    position: int
    queue: asyncio.Queue[bytes | None] = field(default_factory=lambda: asyncio.Queue(QUEUE))

    def offer(self, data: bytes) -> bool:
        """Put bytes on the way; False if the reader is too far behind."""
        if self.queue.full():
            return False
        self.queue.put_nowait(data)
        return True


class Hub:
    """Holds the readers of this process and feeds them."""

    def __init__(self, frames: Frames, clock: Clock) -> None:
        self._frames = frames
        self._clock = clock
        self._readers: dict[str, set[Reader]] = {}
        self._cursors: dict[str, int] = {}
        self._woken = asyncio.Event()
        self._ending = False

    def wake(self) -> None:
        """Say that there may be something new."""
        self._woken.set()

    async def run(self) -> None:
        """Feed the readers until cancelled."""
        while True:
            try:
                async with asyncio.timeout(POLL_SECONDS):
                    await self._woken.wait()
            except TimeoutError:
                pass  # the poll, should a wake-up have been lost
            self._woken.clear()
            try:
                while await self._feed():
                    pass
            except Exception as error:  # noqa: BLE001  # readers wait; the next round reads on
                _FAULTS.inc()
                _log.warning("stream_read_failed", fault=describe(error))
                await self._clock.sleep(0.2)

    async def beat(self) -> None:
        """Send every reader a heartbeat with the server's time, until cancelled."""
        while True:
            await self._clock.sleep(HEARTBEAT_SECONDS)
            beat = self.heartbeat()
            for reader in [each for readers in self._readers.values() for each in readers]:
                if not reader.offer(beat):
                    self._cut(reader, "slow")

    def heartbeat(self) -> bytes:
        """The server's time, as an event without a number."""
        body = codec.text({"now": self._clock.now(), "real": self._clock.real()})
        return f"event: heartbeat\ndata: {body}\n\n".encode()

    async def end(self) -> None:
        """Tell every reader to come back elsewhere; nobody new is let in."""
        self._ending = True
        for reader in [each for readers in self._readers.values() for each in readers]:
            self._cut(reader, "stopping")

    async def watch(self, channel: str, after: int | None) -> AsyncIterator[bytes]:
        """Open a stream.

        Args:
            channel: What to watch.
            after: The last number the reader has; None to begin with what comes next.

        Returns:
            The bytes of the stream, which ends when the reader is cut off.

        Raises:
            TooManyReadersError: There is no room.
        """
        readers = self._readers.get(channel, ())
        if self._ending or len(readers) >= PER_CHANNEL or self._count() >= IN_ALL:
            raise TooManyReadersError
        bounds = await self._frames.bounds(channel)
        position = bounds.newest if after is None else after
        return self._stream(Reader(channel, position), bounds)

    async def _stream(self, reader: Reader, bounds: Bounds) -> AsyncIterator[bytes]:
        yield b"retry: 1000\n\n"
        if _is_gone(reader.position, bounds):
            _CUT.labels("resync").inc()
            yield _resync(bounds.newest)
            reader.position = bounds.newest
        yield self.heartbeat()
        async for chunk in self._catch_up(reader):
            yield chunk
        _READERS.inc()
        try:
            opened = self._clock.monotonic()
            while self._clock.monotonic() - opened < LONGEST_SECONDS:
                told = await reader.queue.get()
                if told is None:
                    return
                yield told
        finally:
            _READERS.dec()
            self._leave(reader)

    async def _catch_up(self, reader: Reader) -> AsyncIterator[bytes]:
        """Read what the reader lacks, then let it in where the others are."""
        while True:
            told = await self._frames.read({reader.channel: reader.position}, limit=PAGE)
            for frame in told:
                reader.position = frame.sequence
                yield _encode(frame)
            if len(told) < PAGE:
                break
        # From here on nothing is awaited: either the feed reads past this position and tells it,
        # or it already stands at a position that has been read here.
        self._readers.setdefault(reader.channel, set()).add(reader)
        cursor = self._cursors.setdefault(reader.channel, reader.position)
        if cursor > reader.position:
            self._cursors[reader.channel] = reader.position
        self.wake()

    async def _feed(self) -> bool:
        """Tell the readers what is new; True if there may be more at once."""
        if not self._cursors:
            return False
        told = await self._frames.read(dict(self._cursors), limit=PAGE)
        for frame in told:
            data = _encode(frame)
            for reader in list(self._readers.get(frame.channel, ())):
                if frame.sequence > reader.position:
                    self._tell(reader, frame.sequence, data)
            if frame.sequence > self._cursors.get(frame.channel, frame.sequence):
                self._cursors[frame.channel] = frame.sequence
        return len(told) >= PAGE

    def _tell(self, reader: Reader, sequence: int, data: bytes) -> None:
        if reader.offer(data):
            reader.position = sequence
        else:
            self._cut(reader, "slow")

    def _cut(self, reader: Reader, reason: str) -> None:
        _CUT.labels(reason).inc()
        self._leave(reader)
        if reader.queue.full():
            reader.queue.get_nowait()
        reader.queue.put_nowait(None)

    def _leave(self, reader: Reader) -> None:
        readers = self._readers.get(reader.channel)
        if readers is None:
            return
        readers.discard(reader)
        if not readers:
            del self._readers[reader.channel]
            self._cursors.pop(reader.channel, None)

    def _count(self) -> int:
        return sum(len(readers) for readers in self._readers.values())


def _is_gone(position: int, bounds: Bounds) -> bool:
    """Whether frames behind a position are no longer kept, or the position never was."""
    if position > bounds.newest:
        return True
    first_kept = bounds.newest + 1 if bounds.oldest is None else bounds.oldest
    return position + 1 < first_kept


def _encode(frame: Told) -> bytes:
    return f"id: {frame.sequence}\nevent: {frame.type}\ndata: {frame.data}\n\n".encode()


def _resync(newest: int) -> bytes:
    return f'id: {newest}\nevent: resync\ndata: {{"sequence":{newest}}}\n\n'.encode()
