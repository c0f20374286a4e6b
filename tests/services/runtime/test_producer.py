"""A producer answers in its time, whatever aiokafka's does."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiokafka import errors

from services.runtime import link
from services.runtime.clock import SystemClock
from services.runtime.producer import Producer, RefusedError, Unavailable
from services.runtime.records import Record
from tests.fakes.kafka import FakeKafkaProducer

BREAKING = [
    errors.OutOfOrderSequenceNumber(),
    errors.ProducerFenced(),
    errors.UnknownProducerId(),
    errors.ProducerClosed(),
    errors.KafkaError("Unexpected error during batch delivery"),
]


class Kafka(FakeKafkaProducer):
    """The fake of one test."""


@pytest.fixture
async def producer(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Producer]:
    Kafka.made = []
    Kafka.plan = staticmethod(lambda _kafka, _topic: None)
    Kafka.starts = staticmethod(lambda: None)
    monkeypatch.setattr(link, "AIOKafkaProducer", Kafka)
    made = Producer("kafka:9092", clock=SystemClock(), client_id="test", timeout=0.6, in_flight=4)
    yield made
    await made.stop()
    assert all(kafka.stopped for kafka in Kafka.made)


def record(key: str = "k", value: bytes = b"v") -> Record:
    return Record(topic="t", key=key, value=value)


def fails_first_made(fault: Exception) -> None:
    Kafka.plan = staticmethod(lambda kafka, _topic: fault if kafka is Kafka.made[0] else None)


@pytest.mark.parametrize("fault", BREAKING, ids=lambda fault: type(fault).__name__)
async def test_a_broken_producer_is_replaced_and_the_record_sent(
    producer: Producer, fault: Exception
) -> None:
    await producer.start()
    fails_first_made(fault)
    await asyncio.gather(*(producer.send(record(value=str(n).encode())) for n in range(12)))
    assert len(Kafka.made) == 2
    assert sorted(map(int, Kafka.made[1].took)) == list(range(12))
    assert producer.connected


async def test_a_passing_fault_replaces_nothing(producer: Producer) -> None:
    await producer.start()
    faults: list[Exception] = [errors.NotEnoughReplicasError(), errors.KafkaTimeoutError()]
    Kafka.plan = staticmethod(lambda _kafka, _topic: faults.pop() if faults else None)
    await producer.send(record())
    assert len(Kafka.made) == 1


async def test_a_refused_record_is_told_apart(producer: Producer) -> None:
    await producer.start()
    Kafka.plan = staticmethod(lambda _kafka, _topic: errors.MessageSizeTooLargeError())
    with pytest.raises(RefusedError, match="MessageSizeTooLargeError"):
        await producer.send(record())
    assert len(Kafka.made) == 1


async def test_it_connects_once_kafka_comes(producer: Producer) -> None:
    faults: list[Exception] = [errors.KafkaConnectionError(), OSError()]
    Kafka.starts = staticmethod(lambda: faults.pop() if faults else None)
    await producer.start()
    await producer.send(record())
    assert [len(kafka.took) for kafka in Kafka.made] == [0, 0, 1]


async def test_kafka_away_is_unavailable_in_time(producer: Producer) -> None:
    Kafka.starts = staticmethod(errors.KafkaConnectionError)
    clock = SystemClock()
    began = clock.monotonic()
    await producer.start()
    with pytest.raises(Unavailable):
        await producer.send(record())
    assert clock.monotonic() - began < 1.6
    assert not producer.connected


async def test_what_cannot_work_at_all_fails_the_start(
    producer: Producer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(**_settings: object) -> None:
        raise RuntimeError("Compression library for lz4 not found")

    monkeypatch.setattr(link, "AIOKafkaProducer", refuse)
    with pytest.raises(RuntimeError, match="lz4"):
        await producer.start()


async def test_too_many_waiting_are_turned_away_at_once(producer: Producer) -> None:
    Kafka.starts = staticmethod(errors.KafkaConnectionError)
    await producer.start()
    waiting = [asyncio.create_task(producer.send(record())) for _ in range(20)]
    await SystemClock().sleep(0)
    with pytest.raises(Unavailable, match="too many"):
        await producer.send(record())
    outcomes = await asyncio.gather(*waiting, return_exceptions=True)
    assert {type(outcome) for outcome in outcomes} == {Unavailable}


async def test_a_keys_next_record_waits_for_its_last_and_falls_with_it(producer: Producer) -> None:
    await producer.start()
    Kafka.plan = staticmethod(
        lambda kafka, _topic: errors.MessageSizeTooLargeError() if len(kafka.took) == 2 else None
    )
    outcomes = await producer.send_all([record(value=str(n).encode()) for n in range(5)])
    assert Kafka.made[0].took == [b"0", b"1"]
    assert [type(outcome) for outcome in outcomes] == [
        type(None),
        type(None),
        RefusedError,
        Unavailable,
        Unavailable,
    ]


async def test_different_keys_go_side_by_side(producer: Producer) -> None:
    await producer.start()
    most = 0
    flying = 0

    async def fly(_kafka: FakeKafkaProducer, *_more: object, **_settings: object) -> None:
        nonlocal most, flying
        flying += 1
        most = max(most, flying)
        await SystemClock().sleep(0.005)
        flying -= 1

    Kafka.made[0].send_and_wait = fly.__get__(Kafka.made[0])  # type: ignore[method-assign]  # counts
    outcomes = await producer.send_all([record(key=str(n)) for n in range(20)])
    assert outcomes == [None] * 20
    assert most == 4


async def test_after_its_time_no_further_record_is_begun(producer: Producer) -> None:
    await producer.start()
    outcomes = await producer.send_all([record(), record()], within=-1.0)
    assert {type(outcome) for outcome in outcomes} == {Unavailable}
    assert Kafka.made[0].took == []


async def test_a_stopped_producer_is_unavailable(producer: Producer) -> None:
    await producer.start()
    await producer.stop()
    with pytest.raises(Unavailable, match="stopped"):
        await producer.send(record())
