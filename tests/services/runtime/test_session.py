"""One membership of a group, with Kafka and Postgres played by fakes."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, cast

import pytest
from aiokafka import TopicPartition
from prometheus_client import REGISTRY
from typing_extensions import override

from services.runtime.clock import SystemClock
from services.runtime.consumer.cursors import Cursors
from services.runtime.consumer.delivery import Delivery, Start
from services.runtime.consumer.faults import FencedError
from services.runtime.consumer.places import Place
from services.runtime.consumer.session import Session, SilentError
from services.runtime.postgres import Database
from services.runtime.producer import Producer
from services.runtime.records import Received
from tests.fakes.clock import FakeClock
from tests.fakes.kafka import FakeKafkaConsumer

P0, P1 = TopicPartition("t", 0), TopicPartition("t", 1)


class FakeDelivery(Delivery):
    """Keeps positions and effects in memory, and fails when told to."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__(
            group="group",
            schema="pier",
            database=cast("Database", None),
            producer=cast("Producer", None),
            clock=clock,
            apply=cast("Any", None),
            rescue=None,
            committed=lambda: None,
            cursors=Cursors(),
        )
        self.stored: dict[Place, int] = {}
        self.values: list[bytes] = []
        self.fault: Exception | None = None
        self.gate: asyncio.Event | None = None

    @override
    async def stand(self, places: Sequence[Place], *, start: Start) -> dict[Place, int]:
        if self.fault is not None:
            raise self.fault
        missing = [place for place in places if place not in self.stored]
        self.stored |= await start(missing)
        return {place: self.stored[place] for place in places}

    @override
    async def deliver(self, records: Sequence[Received], *, ours: Callable[[], bool]) -> None:
        for record in records:
            if self.gate is not None:
                await self.gate.wait()
            if not ours():
                raise FencedError("the assignment has changed")
            if self.fault is not None:
                raise self.fault
            steps = self.cursors.steps([record])
            assert self.stored[steps[0].place] == steps[0].expected
            self.stored[steps[0].place] = steps[0].next_offset
            self.values.append(record.value)
            self.cursors.advance(steps, [record])


class Member:
    """A session with all that it stands on."""

    def __init__(self, clock: FakeClock | None = None, *, linger: float = 0.0) -> None:
        self.clock = clock or FakeClock()
        self.delivery = FakeDelivery(self.clock)
        self.session = Session(
            self._make,
            delivery=self.delivery,
            clock=self.clock,
            batch=3,
            silent_after=30.0,
            linger=linger,
        )

    def _make(self, listener: Any) -> Any:  # noqa: ANN401  # aiokafka has no types
        self.kafka = FakeKafkaConsumer(listener)
        return self.kafka

    async def steps(self, count: int) -> None:
        for _ in range(count):
            await self.session.step()


def figure(name: str, **labels: str) -> float | None:
    return REGISTRY.get_sample_value(name, {"group": "group", **labels})


@pytest.fixture
async def member() -> Member:
    made = Member()
    await made.kafka.assign(P0, P1)
    return made


async def test_it_applies_what_comes_from_the_stored_positions_on(member: Member) -> None:
    member.delivery.stored = {Place(*P0): 2}
    member.kafka.hold(P0, [b"0", b"1", b"2", b"3"])
    member.kafka.hold(P1, [b"10"])
    await member.steps(3)
    assert sorted(member.delivery.values) == [b"10", b"2", b"3"]
    assert member.delivery.stored == {Place(*P0): 4, Place(*P1): 1}


async def test_while_a_fault_passes_it_pauses_and_goes_on_polling(member: Member) -> None:
    await member.steps(1)
    member.kafka.hold(P0, [b"0", b"1"])
    member.delivery.fault = OSError("Postgres is away")
    await member.steps(1)
    polls = member.kafka.polls
    await member.steps(5)
    assert member.kafka.polls == polls + 5
    assert member.kafka.paused() == {P0, P1}
    member.delivery.fault = None
    member.clock.advance(0.2)
    await member.steps(2)
    assert member.delivery.values == [b"0", b"1"]
    assert member.kafka.paused() == set()


async def test_it_tries_again_ever_more_slowly_up_to_two_seconds(member: Member) -> None:
    await member.steps(1)
    member.kafka.hold(P0, [b"0"])
    member.delivery.fault = OSError("Postgres is away")
    pauses = []
    for _ in range(7):
        await member.steps(1)
        until = member.session._stalled_until
        assert until is not None
        pauses.append(round(until - member.clock.monotonic(), 3))
        member.clock.advance(pauses[-1] + 0.001)
    assert pauses == [0.1, 0.2, 0.4, 0.8, 1.6, 2.0, 2.0]


async def test_waiting_is_shown_until_the_fault_has_passed(member: Member) -> None:
    await member.steps(2)
    member.kafka.hold(P0, [b"0"])
    member.delivery.fault = OSError("Postgres is away")
    await member.steps(1)
    assert figure("d115_consumer_stalled") == 1
    member.delivery.fault = None
    member.delivery.stored[Place(*P0)] = 1  # the commit had stood, only its answer was lost
    member.clock.advance(2)
    await member.steps(1)
    member.kafka.answers += 1
    member.clock.advance(2)
    await member.steps(2)
    assert figure("d115_consumer_stalled") == 0


async def test_lag_is_told_while_the_partition_is_ours(member: Member) -> None:
    member.kafka.hold(P0, [b"0", b"1", b"2", b"3", b"4"])
    place = {"topic": "t", "partition": "0"}
    await member.steps(1)
    assert figure("d115_consumer_lag_records", **place) == 2
    assert (figure("d115_consumer_lag_seconds", **place) or 0) > 0
    await member.kafka.assign(P1)
    assert figure("d115_consumer_lag_records", **place) is None


async def test_a_rebalance_drops_the_rest_of_the_batch(member: Member) -> None:
    await member.steps(1)
    member.delivery.gate = asyncio.Event()
    member.kafka.hold(P0, [b"0", b"1", b"2"])
    stepping = asyncio.create_task(member.session.step())
    await SystemClock().sleep(0.01)
    rebalancing = asyncio.create_task(member.kafka.assign(P1))
    await SystemClock().sleep(0.01)
    assert not rebalancing.done()  # it waits for the record in hand
    member.delivery.gate.set()
    await asyncio.gather(stepping, rebalancing)
    assert member.delivery.values == []
    assert set(member.delivery.cursors) == {Place(*P1)}


async def test_another_members_work_is_not_repeated(member: Member) -> None:
    await member.steps(1)
    member.kafka.hold(P0, [b"0", b"1", b"2"])
    member.delivery.fault = FencedError("moved on")
    await member.steps(1)
    member.delivery.fault = None
    member.delivery.stored[Place(*P0)] = 2
    await member.steps(2)
    assert member.delivery.values == [b"2"]
    assert member.kafka.paused() == set()


async def test_too_long_a_silence_ends_the_session(member: Member) -> None:
    await member.steps(2)
    member.kafka.silent = True
    member.clock.advance(29)
    await member.steps(1)
    member.clock.advance(2)
    with pytest.raises(SilentError):
        await member.steps(1)


async def test_being_told_to_wait_is_no_silence(member: Member) -> None:
    await member.steps(2)
    member.kafka.hold(P0, [b"0"])
    member.delivery.fault = OSError("Postgres is away")
    for _ in range(100):
        member.clock.advance(1)
        await member.steps(2)
    assert member.session.alive_at == member.clock.monotonic()


async def test_one_partition_alone_falling_silent_is_noticed(member: Member) -> None:
    await member.steps(2)
    answers = {P0: 100, P1: 100}
    member.kafka.last_poll_timestamp = answers.get  # type: ignore[method-assign,assignment]  # one alone
    await member.steps(1)
    for _ in range(30):
        member.clock.advance(1)
        answers[P0] += 1
        await member.steps(1)
    member.clock.advance(1)
    answers[P0] += 1
    with pytest.raises(SilentError):
        await member.steps(1)


async def test_a_topic_made_anew_is_read_from_its_start(member: Member) -> None:
    member.delivery.stored = {Place(*P0): 900}
    await member.steps(1)
    member.kafka.hold(P0, [b"0", b"1"])
    member.kafka.positions[P0] = 0  # as aiokafka does when an offset is out of range
    await member.steps(1)
    assert member.delivery.values == [b"0", b"1"]
    assert member.delivery.stored[Place(*P0)] == 2


async def test_leaving_stops_the_client_and_forgets_the_partitions(member: Member) -> None:
    await member.steps(2)
    await member.session.leave()
    assert member.kafka.stopped
    assert set(member.delivery.cursors) == set()


class Meanwhile(FakeClock):
    """A clock whose sleeps have something happen."""

    def __init__(self) -> None:
        super().__init__()
        self.happens: Callable[[], Awaitable[None]] | None = None

    @override
    async def sleep(self, seconds: float) -> None:
        happens, self.happens = self.happens, None
        if happens is not None:
            await happens()
        await super().sleep(seconds)


async def test_a_batch_that_lingers_takes_along_what_comes_meanwhile() -> None:
    clock = Meanwhile()
    member = Member(clock, linger=0.03)
    await member.kafka.assign(P0, P1)
    member.kafka.hold(P0, [b"0"])
    await member.session.step()
    member.kafka.hold(P0, [b"1"])

    async def come() -> None:
        member.kafka.hold(P0, [b"2"])
        member.kafka.hold(P1, [b"10"])

    clock.happens = come
    await member.session.step()
    assert clock.sleeps[-1] == 0.03
    assert sorted(member.delivery.values) == [b"0", b"1", b"10", b"2"]
    assert member.delivery.stored == {Place(*P0): 3, Place(*P1): 1}


async def test_a_full_batch_does_not_linger() -> None:
    member = Member(linger=0.03)
    await member.kafka.assign(P0)
    member.kafka.hold(P0, [b"0", b"1", b"2", b"3"])
    await member.session.step()
    assert member.delivery.values == [b"0", b"1", b"2"]
    assert not member.clock.sleeps


async def test_what_lingered_while_the_partitions_moved_on_is_left_to_who_has_them() -> None:
    clock = Meanwhile()
    member = Member(clock, linger=0.03)
    await member.kafka.assign(P0)
    member.kafka.hold(P0, [b"0"])

    async def move() -> None:
        await member.kafka.assign(P0)

    clock.happens = move
    await member.session.step()
    assert member.delivery.values == []
    await member.steps(2)
    assert member.delivery.values == [b"0"]
