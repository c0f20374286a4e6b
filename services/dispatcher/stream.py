"""Live streams: each watched channel is read once from Postgres for all who watch it.

A Kafka record, or a commit of this process, only says that there may be something new; where it
knows on which channels, only those are read. What is told always comes from Postgres, in sequence,
so that every replica tells the same and a reader that comes back with its last number misses
nothing. A reader is told a frame only if it follows the one it was told last. One that does not
keep up is cut off as a whole and comes back with its last number; single events are never dropped.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import structlog
from prometheus_client import Counter, Gauge

from services.dispatcher.ports import Bounds, Frames, Told
from services.runtime import codec
from services.runtime.clock import Clock
from services.runtime.logs import describe

PAGE = 200
QUEUE = 2 * PAGE  # a page may come at once, and the one before it need not be written out yet
STEP = 25  # frames read at once for a reader that catches up: they are its own, not shared
CATCHING = 2  # such readings at once: after a restart all come back, and acts need connections too
POLL_SECONDS = 1.0
HEARTBEAT_SECONDS = 5.0
LONGEST_SECONDS = 3600.0
PER_CHANNEL = 500
IN_ALL = 5000

_READERS = Gauge("d115_stream_readers", "Streams open now.")
_CUT = Counter("d115_stream_cut_total", "Streams ended by us, by reason.", ["reason"])
_RESYNCS = Counter("d115_stream_resyncs_total", "Readers told to read the board anew.")
_FAULTS = Counter("d115_stream_faults_total", "Reads for the streams that failed.")

_log = structlog.get_logger(__name__)


class TooManyReadersError(Exception):
    """This process holds as many streams as it may, of the channel or in all, or is stopping."""


Still = Callable[[datetime], bool]
"""Whether a reader may still read, at a real moment."""


@dataclass(eq=False, slots=True, kw_only=True)
class Reader:
    """One open stream.

    Attributes:
        position: The number it was told last.
        still: Asked at each heartbeat.
        bounds: How far the channel was kept when it came.
        joined: It has read what it lacked and is told what comes.
        ended: It was cut off.
    """

    channel: str
    position: int
    bounds: Bounds
    still: Still
    joined: bool = False
    ended: bool = False
    queue: asyncio.Queue[bytes | None] = field(default_factory=lambda: asyncio.Queue(QUEUE))

    def offer(self, data: bytes) -> bool:
        """Put bytes on the way; False if the reader is too far behind."""
        if self.queue.full():
            return False
        self.queue.put_nowait(data)
        return True

    def end(self) -> None:
        """End it where it stands: what is still on the way comes when it is back."""
        self.ended = True
        while not self.queue.empty():
            self.queue.get_nowait()
        self.queue.put_nowait(None)


class Hub:
    """Holds the readers of this process and feeds them."""

    def __init__(self, frames: Frames, clock: Clock) -> None:
        self._frames = frames
        self._clock = clock
        self._readers: dict[str, set[Reader]] = {}
        self._entering: dict[str, int] = {}
        self._catching = asyncio.Semaphore(CATCHING)
        self._woken = asyncio.Event()
        self._everywhere = True
        self._named: set[str] = set()
        self._ending = False

    def wake(self, channels: Iterable[str] | None = None) -> None:
        """Say that there may be something new: on these channels, or who knows where."""
        if channels is None:
            self._everywhere = True
        else:
            self._named.update(self._readers.keys() & channels)
        if self._everywhere or self._named:
            self._woken.set()

    def count(self, channel: str) -> int:
        """How many readers a channel has here."""
        return len(self._readers.get(channel, ()))

    async def run(self) -> None:
        """Feed the readers until cancelled."""
        while True:
            try:
                async with asyncio.timeout(POLL_SECONDS):
                    await self._woken.wait()
            except TimeoutError:
                self._everywhere = True  # the poll, should a wake-up have been lost
            self._woken.clear()
            channels = self._take()
            try:
                while await self._feed(channels):
                    await self._clock.sleep(0)  # readers write out what they were given
            except Exception as error:  # noqa: BLE001  # readers wait; the next round reads on
                _note(error)
                self._everywhere = True
                await self._clock.sleep(0.2)

    def _take(self) -> frozenset[str]:
        """Give the channels to be read now."""
        channels = frozenset(self._readers if self._everywhere else self._named)
        self._everywhere, self._named = False, set()
        return channels

    async def beat(self) -> None:
        """Send every reader a heartbeat with the server's time, until cancelled."""
        while True:
            await self._clock.sleep(HEARTBEAT_SECONDS)
            beat, real = self.heartbeat(), self._clock.real()
            for reader in self._all():
                if not reader.still(real):
                    self._cut(reader, "revoked")
                elif reader.joined and not reader.offer(beat):
                    self._cut(reader, "slow")

    def heartbeat(self) -> bytes:
        """The server's time, as an event without a number."""
        body = codec.text({"now": self._clock.now(), "real": self._clock.real()})
        return f"event: heartbeat\ndata: {body}\n\n".encode()

    async def end(self) -> None:
        """Tell every reader to come back elsewhere; nobody new is let in."""
        self._ending = True
        for reader in self._all():
            self._cut(reader, "stopping")

    async def enter(
        self, channel: str, after: int | None, *, still: Still = lambda _: True
    ) -> Reader:
        """Let a reader in; whoever does so must `leave` with it at the end.

        Args:
            channel: What to watch.
            after: The last number the reader has; None to begin with what comes next.
            still: Says whether the reader may still read.

        Raises:
            TooManyReadersError: There is no room.
        """
        taken = self.count(channel) + self._entering.get(channel, 0)
        if self._ending or taken >= PER_CHANNEL or self._count() >= IN_ALL:
            raise TooManyReadersError
        self._entering[channel] = self._entering.get(channel, 0) + 1
        try:
            bounds = await self._bounds(channel)
        finally:
            self._entering[channel] -= 1
            if not self._entering[channel]:
                del self._entering[channel]
        position = bounds.newest if after is None else after
        reader = Reader(channel=channel, position=position, bounds=bounds, still=still)
        self._admit(reader)
        return reader

    def leave(self, reader: Reader) -> None:
        """Let a reader go; a second time changes nothing."""
        readers = self._readers.get(reader.channel, set())
        if reader in readers:
            readers.discard(reader)
            _READERS.dec()
        if not readers:
            self._readers.pop(reader.channel, None)

    async def follow(self, reader: Reader) -> AsyncIterator[bytes]:
        """Give the bytes of a reader's stream, until it is cut off or was open long enough."""
        opened = self._clock.monotonic()
        yield b"retry: 1000\n\n"
        yield self.heartbeat()
        try:
            async for chunk in self._catch_up(reader):
                yield chunk
        except Exception as error:  # noqa: BLE001  # its stream has begun: it ends, and comes back
            _note(error)
            self._cut(reader, "unread")
        while self._clock.monotonic() - opened < LONGEST_SECONDS:
            told = await reader.queue.get()
            if told is None:
                return
            yield told

    def _admit(self, reader: Reader) -> None:
        self._readers.setdefault(reader.channel, set()).add(reader)
        _READERS.inc()
        if self._ending:
            self._cut(reader, "stopping")

    async def _catch_up(self, reader: Reader) -> AsyncIterator[bytes]:
        """Read what the reader lacks, then let it join the others."""
        if _is_gone(reader.position, reader.bounds):
            yield self._resync(reader, reader.bounds)
        while not reader.ended:
            told = await self._read_for(reader)
            if told and told[0].sequence != reader.position + 1:  # removed since the bounds
                yield self._resync(reader, await self._bounds(reader.channel))
                continue
            for frame in told:
                reader.position = frame.sequence
                yield _encode(frame)
            if len(told) < STEP:
                break
        reader.joined = True
        self.wake([reader.channel])

    async def _read_for(self, reader: Reader) -> Sequence[Told]:
        """Read the next frames that one reader lacks."""
        async with self._catching:
            return await self._frames.read({reader.channel: reader.position}, limit=STEP)

    async def _bounds(self, channel: str) -> Bounds:
        async with self._catching:
            return await self._frames.bounds(channel)

    def _resync(self, reader: Reader, bounds: Bounds) -> bytes:
        _RESYNCS.inc()
        reader.position = number = bounds.newest
        return f'id: {number}\nevent: resync\ndata: {{"sequence":{number}}}\n\n'.encode()

    async def _feed(self, channels: Iterable[str]) -> bool:
        """Tell the readers of channels what is new; True if there may be more at once."""
        cursors = {
            channel: min(joined)
            for channel in channels
            if (joined := [each.position for each in self._readers.get(channel, ()) if each.joined])
        }
        if not cursors:
            return False
        told = await self._frames.read(cursors, limit=PAGE)
        for frame in told:
            data = _encode(frame)
            for reader in list(self._readers.get(frame.channel, ())):
                # One that joined meanwhile, behind the cursor, is told by the next reading.
                if reader.joined and cursors[frame.channel] <= reader.position < frame.sequence:
                    self._tell(reader, frame.sequence, data)
        return len(told) >= PAGE

    def _tell(self, reader: Reader, sequence: int, data: bytes) -> None:
        if sequence != reader.position + 1:
            self._cut(reader, "removed")  # it comes back, and is told to read the board anew
        elif reader.offer(data):
            reader.position = sequence
        else:
            self._cut(reader, "slow")

    def _cut(self, reader: Reader, reason: str) -> None:
        _CUT.labels(reason).inc()
        reader.end()
        self.leave(reader)

    def _all(self) -> list[Reader]:
        return [reader for readers in self._readers.values() for reader in readers]

    def _count(self) -> int:
        return sum(map(len, self._readers.values())) + sum(self._entering.values())


def _note(error: Exception) -> None:
    _FAULTS.inc()
    _log.warning("stream_read_failed", fault=describe(error))


def _is_gone(position: int, bounds: Bounds) -> bool:
    """Whether frames behind a position are no longer kept, or the position never was."""
    if position > bounds.newest:
        return True
    first_kept = bounds.newest + 1 if bounds.oldest is None else bounds.oldest
    return position + 1 < first_kept


def _encode(frame: Told) -> bytes:
    return f"id: {frame.sequence}\nevent: {frame.type}\ndata: {frame.data}\n\n".encode()
