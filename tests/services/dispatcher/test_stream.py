"""A stream tells each frame once, in order, with no gap, whatever comes between."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typing_extensions import override

from incident.directory import Lookup
from services.dispatcher import stream
from services.dispatcher.stream import (
    PAGE,
    QUEUE,
    Bounds,
    Frames,
    Hub,
    Reader,
    Told,
    TooManyReadersError,
)
from tests.fakes.clock import FakeClock
from tests.fakes.http import Client
from tests.services.dispatcher.park import KEYS, WEST, Dispatcher, document, lookup_of

CHANNEL = "center:west"
CLOCK = FakeClock()


class HeldFrames(Frames):
    """Frames in memory. A reading sees what is there when it is asked, and may come back later.

    Attributes:
        reads: How often it was read.
        held: Readings that wait to come back.
        hold: Whether further ones wait.
        fault: What the next reading fails with.
    """

    def __init__(self) -> None:
        self.told: dict[str, list[Told]] = {}
        self.kept_from: dict[str, int] = {}
        self.reads = 0
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


@pytest.fixture
def frames() -> HeldFrames:
    return HeldFrames()


@pytest.fixture
def hub(frames: HeldFrames) -> Hub:
    return Hub(frames, FakeClock())


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


actions = st.lists(
    st.one_of(
        st.tuples(st.just("tell"), st.integers(1, 3)),
        st.tuples(st.just("join"), st.integers(0, 9)),
        st.tuples(st.just("come back"), st.integers(0, 3)),
        st.tuples(st.just("leave"), st.integers(0, 3)),
        st.tuples(st.just("run"), st.integers(1, 9)),
    ),
    max_size=40,
)


@settings(max_examples=300)
@given(actions=actions)
async def test_each_reader_is_told_each_frame_once_whatever_overlaps(
    actions: list[tuple[str, int]],
) -> None:
    """Readings come back late and out of order while frames are written and readers come and go."""
    frames = HeldFrames()
    hub = Hub(frames, FakeClock())
    consoles: list[tuple[int, Console]] = []
    async with running(hub):
        frames.hold = True
        for action, number in actions:
            match action:
                case "tell":
                    frames.tell(number)
                    hub.wake()
                case "join":
                    after = min(number, len(frames.told.get(CHANNEL, ())))
                    consoles.append((after, Console(hub, after)))
                case "come back" if frames.held:
                    frames.release(number)
                case "leave" if consoles:
                    _, console = consoles.pop(number % len(consoles))
                    await console.leave()
                case _:
                    await settle(number)
        frames.hold = False
        while frames.held:
            frames.release()
            await settle()
        await tell(hub, frames)
        newest = len(frames.told[CHANNEL])
        for after, console in consoles:
            assert console.ids == list(range(after + 1, newest + 1))
            await console.leave()


async def test_one_that_comes_with_an_old_reading_is_told_what_the_others_have_had(
    hub: Hub, frames: HeldFrames
) -> None:
    """It joins behind the others, while a reading for them is on its way."""
    async with running(hub):
        first = Console(hub, 0)
        await settle()
        late = await _with_a_reading_on_its_way(hub, frames)
        await tell(hub, frames)
        frames.hold = True
        await tell(hub, frames)
        frames.release(0)
        await settle()
        assert late.ids == []
        frames.hold = False
        frames.release(0)
        await settle()
        assert (first.ids, late.ids) == ([1, 2], [1, 2])
        assert not late.ended
        for console in (first, late):
            await console.leave()


async def test_one_that_joins_is_told_at_once_what_came_meanwhile(
    hub: Hub, frames: HeldFrames
) -> None:
    async with running(hub):
        late = await _with_a_reading_on_its_way(hub, frames)
        await tell(hub, frames)
        frames.release()
        await settle()
        assert late.ids == [1]
        await late.leave()


async def test_a_reader_that_names_no_number_begins_with_what_comes_next(
    hub: Hub, frames: HeldFrames
) -> None:
    frames.tell(5)
    async with running(hub):
        console = Console(hub)
        await settle()
        await tell(hub, frames, 2)
        assert (console.ids, console.events) == ([6, 7], ["heartbeat", "t", "t"])
        await console.leave()


class TestWhatIsGone:
    """Where frames are missing a reader is told to read the board anew, and goes on from there."""

    CASES = (
        ("newer than the newest", 9, 0, True),
        ("far newer", 10**17, 0, True),
        ("the newest", 5, 0, False),
        ("the newest, all removed", 5, 6, False),
        ("the last one removed", 3, 4, False),
        ("before the oldest kept", 2, 4, True),
        ("nothing", 0, 4, True),
        ("nothing, all kept", 0, 0, False),
    )

    @pytest.mark.parametrize(("name", "after", "kept_from", "gone"), CASES)
    async def test_a_number_that_cannot_be_resumed_from(  # noqa: PLR0917  # the case's columns
        self, hub: Hub, frames: HeldFrames, name: str, after: int, kept_from: int, gone: bool
    ) -> None:
        del name
        frames.tell(5)
        frames.remove(kept_from)
        async with running(hub):
            console = Console(hub, after)
            await settle()
            assert ("resync" in console.events) is gone
            assert console.ids == ([5] if gone else list(range(after + 1, 6)))
            await tell(hub, frames)
            assert console.ids[-1] == 6
            await console.leave()

    async def test_frames_removed_while_a_reader_comes_are_noticed(
        self, hub: Hub, frames: HeldFrames
    ) -> None:
        frames.tell(5)
        frames.hold = True
        async with running(hub):
            console = Console(hub, 1)
            await settle()
            frames.remove(4)
            frames.hold = False
            frames.release()
            await settle()
            assert (console.ids, console.events) == ([5], ["heartbeat", "resync"])
            await console.leave()

    async def test_frames_removed_before_they_were_told_are_noticed(
        self, hub: Hub, frames: HeldFrames
    ) -> None:
        async with running(hub):
            console = Console(hub, 0)
            await settle()
            frames.tell(5)
            frames.remove(4)
            hub.wake()
            await settle()
            assert (console.ended, console.ids) == (True, [])
            again = Console(hub, console.after)
            await settle()
            assert again.events == ["heartbeat", "resync"]
            await again.leave()


class TestTheSlow:
    """A reader that does not keep up is cut off and comes back; it loses nothing."""

    async def test_it_is_cut_and_resumes_with_no_gap(self, hub: Hub, frames: HeldFrames) -> None:
        reader = await hub.enter(CHANNEL, 0)
        chunks = hub.follow(reader)
        got: list[bytes] = []
        async with running(hub):
            taking = asyncio.ensure_future(_take(chunks, got))
            await tell(hub, frames, 3)
            taking.cancel()
            await asyncio.wait([taking])
            for _ in range(3):
                await tell(hub, frames, PAGE)
            assert reader.ended
            rest = [chunk async for chunk in stuck(reader)]
            assert rest == []
            console = Console(hub, _ids(got)[-1])
            await settle(200)
            assert _ids(got) + console.ids == list(range(1, 3 * PAGE + 4))
            await console.leave()

    async def test_a_page_at_once_cuts_nobody_who_reads(self, hub: Hub, frames: HeldFrames) -> None:
        async with running(hub):
            console = Console(hub, 0)
            await settle()
            frames.tell(5 * QUEUE)
            hub.wake()
            await settle(200)
            assert not console.ended
            assert console.ids == list(range(1, 5 * QUEUE + 1))
            await console.leave()

    async def test_a_slow_reader_holds_up_nobody(self, hub: Hub, frames: HeldFrames) -> None:
        slow = await hub.enter(CHANNEL, 0)
        slow.joined = True
        async with running(hub):
            console = Console(hub, 0)
            await settle()
            await tell(hub, frames, QUEUE + 1)
            await settle()
            assert slow.ended
            assert len(console.ids) == QUEUE + 1
            await console.leave()


class TestRoom:
    """As many as there is room for, and no more."""

    async def test_a_channel_has_room_for_so_many(
        self, hub: Hub, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(stream, "PER_CHANNEL", 2)
        first = await hub.enter(CHANNEL, None)
        await hub.enter(CHANNEL, None)
        with pytest.raises(TooManyReadersError):
            await hub.enter(CHANNEL, None)
        await hub.enter("center:east", None)
        hub.leave(first)
        hub.leave(first)
        await hub.enter(CHANNEL, None)
        with pytest.raises(TooManyReadersError):
            await hub.enter(CHANNEL, None)

    async def test_those_who_come_at_once_are_counted_as_they_come(
        self, hub: Hub, frames: HeldFrames, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(stream, "IN_ALL", 3)
        frames.hold = True
        coming = [asyncio.ensure_future(hub.enter(f"c{number}", 0)) for number in range(5)]
        await settle()
        while frames.held:
            frames.release()
        done = await asyncio.gather(*coming, return_exceptions=True)
        assert sum(isinstance(entry, TooManyReadersError) for entry in done) == 2

    async def test_one_whose_reading_failed_takes_no_room(
        self, hub: Hub, frames: HeldFrames, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(stream, "IN_ALL", 1)
        frames.hold = True
        coming = asyncio.ensure_future(hub.enter(CHANNEL, 0))
        await settle()
        frames.held.pop().set_exception(ConnectionError())
        with pytest.raises(ConnectionError):
            await coming
        frames.hold = False
        await hub.enter(CHANNEL, 0)


class TestTheEnd:
    """When the process stops every stream ends at once, and nobody new is let in."""

    async def test_every_stream_ends(self, hub: Hub, frames: HeldFrames) -> None:
        async with running(hub):
            consoles = [Console(hub, 0) for _ in range(3)]
            await settle()
            await tell(hub, frames, 2)
            await hub.end()
            await settle()
            assert [(console.ended, console.ids) for console in consoles] == [(True, [1, 2])] * 3
        with pytest.raises(TooManyReadersError):
            await hub.enter(CHANNEL, 0)

    async def test_so_does_one_that_is_still_catching_up(
        self, hub: Hub, frames: HeldFrames
    ) -> None:
        frames.tell(3 * PAGE)
        console = await _with_a_reading_on_its_way(hub, frames)
        await hub.end()
        before = frames.reads
        frames.release()
        await settle()
        assert (console.ended, frames.reads) == (True, before)

    async def test_so_does_one_that_is_just_coming(self, hub: Hub, frames: HeldFrames) -> None:
        frames.hold = True
        console = Console(hub, 0)
        await settle()
        await hub.end()
        frames.hold = False
        frames.release()
        await settle()
        assert console.ended


class TestSharing:
    """Who watches the same channel shares its readings."""

    async def test_two_hundred_readers_share_one_reading(
        self, hub: Hub, frames: HeldFrames
    ) -> None:
        async with running(hub):
            consoles = [Console(hub, 0) for _ in range(200)]
            await settle()
            before = frames.reads
            await tell(hub, frames, 3)
            assert frames.reads == before + 1
            assert {tuple(console.ids) for console in consoles} == {(1, 2, 3)}
            for console in consoles:
                await console.leave()

    async def test_many_channels_share_one_reading(self, hub: Hub, frames: HeldFrames) -> None:
        async with running(hub):
            consoles = [Console(hub, 0, channel=f"c{number}") for number in range(20)]
            await settle()
            before = frames.reads
            for number in range(20):
                frames.tell(number, f"c{number}")
            hub.wake()
            await settle()
            assert frames.reads == before + 1
            assert [len(console.ids) for console in consoles] == list(range(20))
            for console in consoles:
                await console.leave()

    async def test_nothing_is_read_for_nobody(self, hub: Hub, frames: HeldFrames) -> None:
        async with running(hub):
            console = Console(hub, 0)
            await settle()
            await console.leave()
            before = frames.reads
            await tell(hub, frames)
            assert frames.reads == before


class TestBeating:
    """Heartbeats carry the server's time, and are when a right is looked at again."""

    async def test_a_heartbeat_tells_the_time_and_has_no_number(self, hub: Hub) -> None:
        console = Console(hub, 0)
        await settle()
        beating = asyncio.ensure_future(hub.beat())
        await settle(4)
        beating.cancel()
        assert console.ids == []
        assert set(console.events) == {"heartbeat"}
        assert len(console.events) >= 2
        data = json.loads(hub.heartbeat().decode().split("data: ")[1])
        assert data == {"now": "2026-03-02T12:00:00Z", "real": "2026-03-02T12:00:00Z"}
        await console.leave()

    async def test_who_may_no_longer_read_is_cut_off(self, hub: Hub) -> None:
        may = [True]
        reader = await hub.enter(CHANNEL, 0, still=lambda _: may[0])
        other = await hub.enter(CHANNEL, 0)
        may[0] = False
        beating = asyncio.ensure_future(hub.beat())
        await settle(3)
        beating.cancel()
        assert (reader.ended, other.ended) == (True, False)

    async def test_a_stream_is_not_kept_open_for_ever(self, frames: HeldFrames) -> None:
        clock = FakeClock()
        hub = Hub(frames, clock)
        async with running(hub):
            console = Console(hub, 0)
            await settle()
            clock.advance(stream.LONGEST_SECONDS)
            await tell(hub, frames)
            assert (console.ended, console.ids) == (True, [1])


class TestOverHttp:
    """A stream as a browser reads it."""

    PATH = f"/v1/centers/{WEST}/stream"

    async def test_it_goes_on_after_the_last_event_id(self, dispatcher: Dispatcher) -> None:
        await dispatcher.open()
        await dispatcher.done("operator", "acknowledge")
        headers = {"last-event-id": "2"}
        async with _client(dispatcher).stream(
            "GET", f"{self.PATH}?after=0", headers=headers
        ) as got:
            text = await got.text_until("acknowledged")
        assert (got.status, got.headers["content-type"]) == (
            200,
            "text/event-stream; charset=utf-8",
        )
        assert (got.headers["cache-control"], got.headers["x-accel-buffering"]) == (
            "no-store",
            "no",
        )
        assert text.startswith("retry: 1000\n\nevent: heartbeat\ndata: {")
        frames = [line for line in text.splitlines() if line.startswith(("id", "event: incident"))]
        assert frames == ["id: 3", "event: incident.acknowledged.v1"]
        data = json.loads(text.rpartition("data: ")[2])
        assert data["incident"]["state"] == "acknowledged"
        assert (data["event"]["version"], data["event"]["via"]) == (3, "console")

    async def test_it_begins_where_the_board_ends(self, dispatcher: Dispatcher) -> None:
        await dispatcher.open()
        board = (await dispatcher.client("operator").get(f"/v1/centers/{WEST}/board")).json()
        await dispatcher.done("operator", "receipt")
        path = f"{self.PATH}?after={board['sequence']}"
        async with _client(dispatcher).stream("GET", path) as got:
            assert "id: 2" in await got.text_until("pushed")

    async def test_who_hangs_up_takes_no_room(self, dispatcher: Dispatcher) -> None:
        async with _client(dispatcher).stream("GET", self.PATH) as got:
            await got.text_until("heartbeat")
            assert dispatcher.hub._count() == 1
        assert dispatcher.hub._count() == 0

    async def test_who_finds_no_room_is_told_when_to_come_back(
        self, dispatcher: Dispatcher, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(stream, "PER_CHANNEL", 0)
        answer = await dispatcher.client("operator").get(self.PATH)
        assert (answer.status, answer.json()["type"]) == (429, "/problems/too-many-streams")
        assert answer.headers["retry-after"] == "5"

    @pytest.mark.parametrize("change", ["gone", "expired", "another holder", "another secret"])
    async def test_it_ends_with_the_right_of_the_key_that_opened_it(
        self, dispatcher: Dispatcher, change: str
    ) -> None:
        async with _client(dispatcher).stream("GET", self.PATH) as got:
            await got.text_until("heartbeat")
            dispatcher.atlas.now = _with_key_changed(change)
            dispatcher.clock.advance(60)
            beating = asyncio.ensure_future(dispatcher.hub.beat())
            while await got.part():
                pass
            beating.cancel()
        assert dispatcher.hub._count() == 0

    async def test_it_goes_on_while_the_key_is_good(self, dispatcher: Dispatcher) -> None:
        async with _client(dispatcher).stream("GET", self.PATH) as got:
            await got.text_until("heartbeat")
            dispatcher.atlas.now = lookup_of(document())
            beating = asyncio.ensure_future(dispatcher.hub.beat())
            await got.text_until("heartbeat")
            beating.cancel()


async def test_readings_that_fail_are_made_up_for(hub: Hub, frames: HeldFrames) -> None:
    async with running(hub):
        console = Console(hub, 0)
        await settle()
        frames.fault = ConnectionError()
        await tell(hub, frames)
        assert console.ids == []
        await tell(hub, frames)
        assert console.ids == [1, 2]
        await console.leave()


def _client(dispatcher: Dispatcher) -> Client:
    return Client(dispatcher.app, headers={"authorization": f"Bearer {KEYS['operator']}"})


def _with_key_changed(change: str) -> Lookup:
    """The directory with the operator's key changed."""
    whole = document()
    (key,) = [entry for entry in whole["keys"] if entry["id"] == "operator"]
    match change:
        case "gone":
            whole["keys"].remove(key)
        case "expired":
            key["expires_at"] = "2026-03-02T04:01:00Z"
        case "another holder":
            key["organisation"] = "south-center"
        case _:
            key["sha256"] = "f" * 64
    return lookup_of(whole)


async def _with_a_reading_on_its_way(hub: Hub, frames: HeldFrames) -> Console:
    """A console that has asked for what it lacks and waits for the answer."""
    frames.hold = True
    console = Console(hub, 0)
    await settle()
    frames.release()
    await settle()
    assert len(frames.held) == 1
    frames.hold = False
    return console


async def _take(chunks: AsyncIterator[bytes], got: list[bytes]) -> None:
    async for chunk in chunks:
        got += [chunk]


async def stuck(reader: Reader) -> AsyncIterator[bytes]:
    """What is still on the way to a reader that was cut off."""
    while (chunk := reader.queue.get_nowait()) is not None:
        yield chunk


def _ids(chunks: Sequence[bytes]) -> list[int]:
    lines = [line for chunk in chunks for line in chunk.decode().splitlines()]
    return [int(line.removeprefix("id: ")) for line in lines if line.startswith("id: ")]
