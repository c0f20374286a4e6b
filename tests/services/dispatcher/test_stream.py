"""A stream tells each frame once, in order, with no gap, whatever comes between."""

from hypothesis import given, settings
from hypothesis import strategies as st

from services.dispatcher.stream import (
    Hub,
)
from tests.fakes.clock import FakeClock
from tests.services.dispatcher.consoles import (
    CHANNEL,
    Console,
    HeldFrames,
    running,
    settle,
    tell,
    with_a_reading_on_its_way,
)

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
        late = await with_a_reading_on_its_way(hub, frames)
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
        late = await with_a_reading_on_its_way(hub, frames)
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

    async def test_only_the_channels_that_are_named_are_read(
        self, hub: Hub, frames: HeldFrames
    ) -> None:
        async with running(hub):
            consoles = [Console(hub, 0, channel=name) for name in ("c1", "c2", "c3")]
            await settle()
            frames.asked.clear()
            for name in ("c1", "c2", "c3"):
                frames.tell(1, name)
            hub.wake(["c2", "nobody's"])
            await settle()
            assert frames.asked == [{"c2"}]
            assert [console.ids for console in consoles] == [[], [1], []]
            hub.wake()
            await settle()
            assert [console.ids for console in consoles] == [[1], [1], [1]]
            for console in consoles:
                await console.leave()

    async def test_a_channel_named_while_another_is_read_is_read_next(
        self, hub: Hub, frames: HeldFrames
    ) -> None:
        async with running(hub):
            consoles = [Console(hub, 0, channel=name) for name in ("c1", "c2")]
            await settle()
            frames.hold = True
            frames.tell(1, "c1")
            hub.wake(["c1"])
            await settle()
            frames.tell(1, "c2")
            hub.wake(["c2"])
            frames.hold = False
            frames.release()
            await settle()
            assert [console.ids for console in consoles] == [[1], [1]]
            for console in consoles:
                await console.leave()

    async def test_what_nobody_watches_is_not_read(self, hub: Hub, frames: HeldFrames) -> None:
        async with running(hub):
            console = Console(hub, 0)
            await settle()
            before = frames.reads
            frames.tell(1, "another's")
            hub.wake(["another's"])
            await settle()
            assert frames.reads == before
            await console.leave()

    async def test_nothing_is_read_for_nobody(self, hub: Hub, frames: HeldFrames) -> None:
        async with running(hub):
            console = Console(hub, 0)
            await settle()
            await console.leave()
            before = frames.reads
            await tell(hub, frames)
            assert frames.reads == before


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


async def test_a_channel_whose_reading_failed_is_read_with_whatever_is_read_next(
    hub: Hub, frames: HeldFrames
) -> None:
    async with running(hub):
        consoles = [Console(hub, 0, channel=name) for name in ("c1", "c2")]
        await settle()
        frames.fault = ConnectionError()
        frames.tell(1, "c1")
        hub.wake(["c1"])
        await settle()
        frames.tell(1, "c2")
        hub.wake(["c2"])
        await settle()
        assert [console.ids for console in consoles] == [[1], [1]]
        for console in consoles:
            await console.leave()
