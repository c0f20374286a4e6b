"""Consoles as the generator holds them: many streams of server-sent events, read at little cost."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from uuid import UUID

import msgspec

from loadtests.wire import Connection, Wire

HEARTBEAT, RESYNC = b"heartbeat", b"resync"
OPENED = b"incident.opened.v1"
AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class Watch:
    """What to watch: a stream's path, and the headers of who may."""

    path: str
    headers: bytes


@dataclass(frozen=True, slots=True)
class Seen:
    """A frame, not yet read further than needed.

    Attributes:
        type: The event's type, as `incident.opened.v1`.
        sequence: Its number; None for one without.
        data: Its JSON.
    """

    type: bytes
    sequence: int | None
    data: bytes


Take = Callable[[Watch, Seen], None]


class _Named(msgspec.Struct):
    id: UUID


class _Told(msgspec.Struct):
    incident: _Named


_TOLD = msgspec.json.Decoder(_Told)


def incident_of(seen: Seen) -> UUID:
    """Return the incident that a frame tells of."""
    return _TOLD.decode(seen.data).incident.id


class Streams:
    """Open streams. One that is cut off stays so: the scenario finds it in `cut`."""

    def __init__(self, wire: Wire, take: Take) -> None:
        """Prepare.

        Args:
            wire: Where the streams are; it must allow a connection for each.
            take: Given every frame as it comes, heartbeats aside.
        """
        self._wire = wire
        self._take = take
        self._connections: list[Connection] = []

    async def open(self, watches: Iterable[Watch]) -> None:
        """Open streams, a bounded number at once; returns when all have begun.

        Raises:
            OSError: One was not had.
        """
        places = asyncio.Semaphore(AT_ONCE)

        async def open_one(watch: Watch) -> None:
            async with places:
                reading = Reading(watch, self._take)
                connection = await self._wire.stream(watch.path, watch.headers, reading.feed)
                self._connections.append(connection)
                await reading.begun.wait()

        await asyncio.gather(*map(open_one, watches))

    @property
    def cut(self) -> int:
        """How many have ended."""
        return sum(connection.closed for connection in self._connections)

    def close(self) -> None:
        """End all."""
        for connection in self._connections:
            connection.close()
        self._connections.clear()


class Reading:
    """Cuts what one stream says into frames."""

    def __init__(self, watch: Watch, take: Take) -> None:
        self._watch = watch
        self._take = take
        self._rest = b""
        self.begun = asyncio.Event()

    def feed(self, part: bytes) -> None:
        """Take a part of the body, cut anywhere."""
        *whole, self._rest = (self._rest + part).split(b"\n\n")
        for block in whole:
            seen = parse(block)
            if seen is None or seen.type == HEARTBEAT:
                if seen is not None:
                    self.begun.set()  # the first heartbeat: its place in the stream is taken
                continue
            self._take(self._watch, seen)


def parse(block: bytes) -> Seen | None:
    """Read a frame's lines, as the services write them; None for a block without data."""
    sequence, kind, data = None, b"message", None
    for line in block.split(b"\n"):
        name, _, value = line.partition(b": ")
        if name == b"data":
            data = value
        elif name == b"event":
            kind = value
        elif name == b"id":
            sequence = int(value)
    return None if data is None else Seen(kind, sequence, data)
