"""The loop that delivers: bounded, fair between centers, and untroubled by what fails."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from incident.lifecycle import State
from services.dispatcher.deliveries import Deliveries
from services.dispatcher.handlers.deliveries import LEASE
from services.dispatcher.handlers.outcomes import DeliveryState, Parcel
from services.dispatcher.payloads.delivery import write_alert
from services.runtime.outgoing.circuits import LONGEST_REST, THRESHOLD, Circuits
from services.runtime.outgoing.outcomes import Fault, Tried
from tests.fakes.clock import NOON, FakeClock
from tests.fakes.deliveries import FakeDeliveries, FakePost
from tests.fakes.dispatcher import FakeAtlas, FakeStore
from tests.services.dispatcher.sending import EAST, PARK, WEST, connected, open_one

LOOKUP = connected(
    east="https://east.example/", west="https://west.example/", park="https://park.example/"
)


class World:
    """A loop with everything it touches."""

    def __init__(self, post: FakePost | None = None, *, slots: int = 16) -> None:
        atlas = FakeAtlas(LOOKUP)
        self.clock = FakeClock()
        self.store = FakeStore(atlas)
        self.rows = FakeDeliveries(self.store)
        self.post = post or FakePost()
        self.loop = Deliveries(
            store=self.rows,
            post=self.post,
            atlas=atlas,
            write=write_alert,
            clock=self.clock,
            slots=slots,
        )

    async def queue(self, *centers: str) -> None:
        for center in centers:
            number = len(self.rows.rows) + 1
            code = next(code for code in (EAST, WEST, PARK) if code == center)
            incident = await open_one(self.store, LOOKUP, number=number, center=code)
            self.rows.queue(incident, at=NOON)

    def states(self) -> list[str]:
        return [row.state for row in self.rows.rows]

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self.loop.run())
        try:
            yield
            assert not task.done()
        finally:
            task.cancel()
            await asyncio.wait([task])


async def give_way() -> None:
    """Let every other task have a turn."""
    await FakeClock().sleep(0)


async def until(holds: Callable[[], bool]) -> None:
    """Give way until something holds, which nothing here needs time for."""
    async with asyncio.timeout(10):
        while not holds():
            await give_way()


async def test_what_is_queued_is_delivered_and_pushes_its_incidents() -> None:
    world = World()
    await world.queue(EAST, WEST, EAST)

    async with world.running():
        await until(lambda: world.states() == ["delivered"] * 3)

    incidents = world.store.tables.incidents.values()
    assert [incident.state for incident in incidents] == [State.PUSHED] * 3


async def test_a_system_that_hangs_delays_nobody_else_and_takes_two_slots_at_most() -> None:
    world = World(slots=3)
    world.post.hanging.add(EAST)
    await world.queue(EAST, EAST, EAST, EAST, WEST, WEST, WEST, PARK)

    async with world.running():
        await until(lambda: world.states().count("delivered") == 4)
        assert [parcel.center for parcel in world.post.sent].count(EAST) == 2

    assert world.states() == ["queued"] * 4 + ["delivered"] * 4


async def test_no_more_is_under_way_than_there_are_slots() -> None:
    world = World(slots=3)
    world.post.hanging |= {EAST, WEST, PARK}
    await world.queue(EAST, EAST, WEST, WEST, PARK, PARK)

    async with world.running():
        await until(lambda: len(world.post.sent) == 3)
        for _ in range(100):
            await give_way()
        assert len(world.post.sent) == 3


async def test_a_loop_that_is_ended_leaves_what_was_under_way_to_be_sent_again() -> None:
    world = World()
    world.post.hanging.add(EAST)
    await world.queue(EAST)
    async with world.running():
        await until(lambda: len(world.post.sent) == 1)
    world.post.hanging.clear()
    world.clock.advance(LEASE.total_seconds())

    async with world.running():
        await until(lambda: world.states() == ["delivered"])

    first, second = world.post.sent
    assert (first.id, first.body) == (second.id, second.body)
    assert (first.attempt, second.attempt) == (1, 2)


async def test_a_receipt_the_database_would_not_take_is_settled_again() -> None:
    world = World()
    world.rows.failing = 2
    await world.queue(EAST)

    async with world.running():
        await until(lambda: world.states() == ["delivered"])

    assert len(world.post.sent) == 1
    (incident,) = world.store.tables.incidents.values()
    assert incident.state is State.PUSHED


async def test_a_receipt_that_cannot_be_settled_is_asked_for_again_later() -> None:
    world = World()
    world.rows.failing = 3
    await world.queue(EAST)

    async with world.running():
        await until(lambda: world.rows.failing == 0)
        assert world.states() == ["queued"]
        world.clock.advance(LEASE.total_seconds())
        world.loop.wake()
        await until(lambda: world.states() == ["delivered"])

    assert len({parcel.id for parcel in world.post.sent}) == 1


async def test_a_fault_of_our_own_in_one_delivery_leaves_the_others_alone() -> None:
    def answer(parcel: Parcel) -> Tried:
        if parcel.center == EAST:
            raise RuntimeError
        return Tried(status=200)

    world = World(FakePost(answer))
    await world.queue(EAST, WEST)

    async with world.running():
        await until(lambda: world.states() == ["queued", "delivered"])
        await until(lambda: world.rows.rows[0].outcome == Fault.INTERNAL)


async def test_a_directory_that_is_not_there_yet_only_makes_it_wait() -> None:
    world = World()
    await world.queue(EAST)
    atlas = FakeAtlas(None)
    loop = Deliveries(
        store=world.rows, post=world.post, atlas=atlas, write=write_alert, clock=world.clock
    )
    task = asyncio.create_task(loop.run())

    await until(lambda: len(world.clock.sleeps) > 2)
    assert world.rows.rows[0].due.attempts == 0
    atlas.now = LOOKUP
    await until(lambda: world.states() == ["delivered"])

    task.cancel()
    await asyncio.wait([task])


async def test_a_system_that_keeps_failing_gets_one_attempt_at_a_time_with_rests_between() -> None:
    world = World(FakePost(lambda _: Tried(status=500)))
    await world.queue(*[EAST] * (THRESHOLD + 3))

    async with world.running():
        await until(lambda: len(world.post.sent) >= THRESHOLD)
        for _ in range(100):
            await give_way()
        tried = len(world.post.sent)
        world.clock.advance(LONGEST_REST)
        world.loop.wake()
        await until(lambda: len(world.post.sent) > tried)

    assert tried <= THRESHOLD + 1


@pytest.mark.parametrize("rest", [None, 7.0, 10**6])
def test_a_failing_system_rests_longer_each_time_and_half_a_minute_at_most(
    rest: float | None,
) -> None:
    circuits = Circuits()
    rests = []
    now = 0.0
    for _ in range(40):
        assert circuits.busy(now) == []
        circuits.begin("east")
        circuits.end("east", worked=False, now=now, rest=rest)
        begun = now
        while circuits.busy(now):
            now += 0.5
        rests.append(now - begun)

    assert rests == sorted(rests)
    assert rests[0] == {None: 0, 7.0: 7, 10**6: LONGEST_REST}[rest]
    assert rests[THRESHOLD - 1] >= 2
    assert rests[-1] == LONGEST_REST


def test_one_success_makes_a_failing_system_whole() -> None:
    circuits = Circuits()
    for _ in range(THRESHOLD + 2):
        circuits.begin("east")
        circuits.end("east", worked=False, now=0)
    assert (circuits.busy(0), circuits.failing) == (["east"], 1)
    circuits.begin("east")
    assert circuits.busy(LONGEST_REST) == ["east"], "one attempt at a time"

    circuits.end("east", worked=True, now=LONGEST_REST)

    assert (circuits.busy(LONGEST_REST), circuits.failing) == ([], 0)


def test_two_attempts_at_a_time_are_enough_for_one_system() -> None:
    circuits = Circuits()
    circuits.begin("east")
    assert circuits.busy(0) == []
    circuits.begin("east")
    assert circuits.busy(0) == ["east"]
    circuits.end("east", worked=True, now=0)
    assert circuits.busy(0) == []


def test_every_state_of_a_delivery_is_one_the_database_knows() -> None:
    assert {state.value for state in DeliveryState} == {"queued", "delivered", "ended", "failed"}
