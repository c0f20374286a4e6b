"""Frames that come back late, and a console that reads them."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from typing_extensions import override

from services.dispatcher.ports import Bounds, Frames, Told
from services.dispatcher.stream import Hub, Reader
from tests.fakes.clock import FakeClock

CHANNEL = "center:west"


CLOCK = FakeClock()


class HeldFrames(Frames):
    """Frames in memory. A reading sees what is there when it is asked, and may come back later.

    Attributes:
        reads: How often it was read.
        asked: The channels of each reading.
        held: Readings that wait to come back.
        hold: Whether further ones wait.
        fault: What the next reading fails with.
    """

    def __init__(self) -> None:
        self.told: dict[str, list[Told]] = {}
        self.kept_from: dict[str, int] = {}
        self.reads = 0
        self.asked: list[set[str]] = []
        self.hold = False
        self.held: list[asyncio.Future[None]] = []
        self.fault: Exception | None = None

    def tell(self, count: int = 1, channel: str = CHANNEL) -> None:
        """Add frames."""
        told = self.told.setdefault(channel, [])
        for sequence in range(len(told) + 1, len(told) + count + 1):
            told.append(Told(channel=channel, sequence=sequence, type="t", data=f"{sequence}"))

    def remove(self, before: int) -> None:
        """Remove the frames before a number."""
        self.kept_from[CHANNEL] = before

    def release(self, index: int = 0) -> None:
        """Let a reading come back."""
        waiting = self.held.pop(index % len(self.held))
        if not waiting.done():  # whoever waited may have hung up
            waiting.set_result(None)

    @override
    async def read(self, cursors: dict[str, int], *, limit: int) -> Sequence[Told]:
        self.reads += 1
        self.asked.append(set(cursors))
        seen = [
            frame
            for channel in sorted(cursors)
            for frame in self._kept(channel)
            if frame.sequence > cursors[channel]
        ]
        pages = {channel: [f for f in seen if f.channel == channel][:limit] for channel in cursors}
        await self._come_back()
        if self.fault is not None:
            fault, self.fault = self.fault, None
            raise fault
        return [frame for channel in sorted(pages) for frame in pages[channel]]

    @override
    async def bounds(self, channel: str) -> Bounds:
        kept = self._kept(channel)
        bounds = Bounds(
            newest=len(self.told.get(channel, ())), oldest=kept[0].sequence if kept else None
        )
        await self._come_back()
        return bounds

    def _kept(self, channel: str) -> list[Told]:
        first = self.kept_from.get(channel, 0)
        return [frame for frame in self.told.get(channel, ()) if frame.sequence >= first]

    async def _come_back(self) -> None:
        if self.hold:
            waiting = asyncio.get_running_loop().create_future()
            self.held.append(waiting)
            await waiting


class Console:
    """Reads a stream as a console does: keeps the last number, and comes back when cut off.

    Attributes:
        ids: The numbers it was told, in order.
        events: The events it was told, in order.
    """

    def __init__(self, hub: Hub, after: int | None = None, channel: str = CHANNEL) -> None:
        self._hub = hub
        self._channel = channel
        self.after = after
        self.ids: list[int] = []
        self.events: list[str] = []
        self.reader: Reader | None = None
        self.ended = False
        self.task = asyncio.ensure_future(self._read())

    async def _read(self) -> None:
        self.reader = await self._hub.enter(self._channel, self.after)
        if self.after is None:
            self.after = self.reader.position
        try:
            async for chunk in self._hub.follow(self.reader):
                self._take(chunk.decode())
            self.ended = True
        finally:
            self._hub.leave(self.reader)

    def _take(self, chunk: str) -> None:
        fields = dict(line.split(": ", 1) for line in chunk.strip().splitlines())
        if "event" in fields:
            self.events.append(fields["event"])
        if "id" in fields:
            self.after = int(fields["id"])
            self.ids.append(self.after)

    async def leave(self) -> None:
        """Hang up."""
        self.task.cancel()
        await asyncio.wait([self.task])


@asynccontextmanager
async def running(hub: Hub) -> AsyncIterator[None]:
    """Run the hub beside a test."""
    task = asyncio.ensure_future(hub.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


async def settle(turns: int = 30) -> None:
    """Let everything run that can."""
    for _ in range(turns):
        await CLOCK.sleep(0)


async def tell(hub: Hub, frames: HeldFrames, count: int = 1) -> None:
    frames.tell(count)
    hub.wake()
    await settle()


async def stuck(reader: Reader) -> AsyncIterator[bytes]:
    """What is still on the way to a reader that was cut off."""
    while (chunk := reader.queue.get_nowait()) is not None:
        yield chunk


async def take(chunks: AsyncIterator[bytes], got: list[bytes]) -> None:
    async for chunk in chunks:
        got += [chunk]


def ids_of(chunks: Sequence[bytes]) -> list[int]:
    lines = [line for chunk in chunks for line in chunk.decode().splitlines()]
    return [int(line.removeprefix("id: ")) for line in lines if line.startswith("id: ")]


async def with_a_reading_on_its_way(hub: Hub, frames: HeldFrames) -> Console:
    """A console that has asked for what it lacks and waits for the answer."""
    frames.hold = True
    console = Console(hub, 0)
    await settle()
    frames.release()
    await settle()
    assert len(frames.held) == 1
    frames.hold = False
    return console
