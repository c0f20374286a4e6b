"""Streams are bounded: by room, by pace, by the right to read, by time."""

import asyncio
import json

import pytest

from services.dispatcher import stream
from services.dispatcher.stream import (
    PAGE,
    QUEUE,
    Hub,
    TooManyReadersError,
)
from tests.fakes.clock import FakeClock
from tests.services.dispatcher.consoles import (
    CHANNEL,
    Console,
    HeldFrames,
    ids_of,
    running,
    settle,
    stuck,
    take,
    tell,
    with_a_reading_on_its_way,
)


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
            taking = asyncio.ensure_future(take(chunks, got))
            await tell(hub, frames, 3)
            taking.cancel()
            await asyncio.wait([taking])
            for _ in range(3):
                await tell(hub, frames, PAGE)
            assert reader.ended
            rest = [chunk async for chunk in stuck(reader)]
            assert rest == []
            console = Console(hub, ids_of(got)[-1])
            await settle(200)
            assert ids_of(got) + console.ids == list(range(1, 3 * PAGE + 4))
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
        frames.hold = False
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
        console = await with_a_reading_on_its_way(hub, frames)
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


class TestTheReturning:
    """After a restart all come back at once, and acts need the same connections."""

    async def test_few_read_at_once_what_they_lack(self, hub: Hub, frames: HeldFrames) -> None:
        frames.tell(2 * stream.STEP)
        frames.hold = True
        consoles = [Console(hub, 0) for _ in range(9)]
        most = 0
        while not all(reader and reader.joined for reader in (each.reader for each in consoles)):
            await settle()
            most = max(most, len(frames.held))
            if frames.held:
                frames.release()
        await settle()
        assert most == stream.CATCHING
        assert all(each.ids == list(range(1, 2 * stream.STEP + 1)) for each in consoles)
        for each in consoles:
            await each.leave()

    async def test_one_whose_reading_fails_ends_and_comes_back(
        self, hub: Hub, frames: HeldFrames
    ) -> None:
        frames.tell(3)
        frames.fault = ConnectionError()
        async with running(hub):
            console = Console(hub, 0)
            await settle()
            assert (console.ended, console.ids) == (True, [])
            again = Console(hub, console.after)
            await settle()
            assert again.ids == [1, 2, 3]
            await again.leave()
