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
        raise RuntimeError("Compression library for zstd not found")

    monkeypatch.setattr(link, "AIOKafkaProducer", refuse)
    with pytest.raises(RuntimeError, match="zstd"):
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


async def test_many_records_go_in_a_batch_for_each_partition(producer: Producer) -> None:
    await producer.start()
    records = [record(key=str(number % 8), value=str(number).encode()) for number in range(80)]
    assert await producer.send_all(records) == [None] * 80
    assert len(Kafka.made[0].batches) == 3
    for key in range(8):
        took = [int(value) for value in Kafka.made[0].took if int(value) % 8 == key]
        assert took == list(range(key, 80, 8))


async def test_what_does_not_fit_goes_once_the_batch_before_it_is_acknowledged(
    producer: Producer,
) -> None:
    await producer.start()
    records = [record(value=bytes([number]) * 60_000) for number in range(10)]
    assert await producer.send_all(records) == [None] * 10
    assert [[value[0] for value in batch] for batch in Kafka.made[0].batches] == [
        [0, 1, 2, 3],
        [4, 5, 6, 7],
        [8, 9],
    ]


async def test_a_large_record_goes_by_itself_in_its_turn(producer: Producer) -> None:
    await producer.start()
    records = [record(value=value) for value in (b"a", b"b", b"x" * 200_000, b"c", b"d")]
    assert await producer.send_all(records) == [None] * 5
    assert [value[:1] for value in Kafka.made[0].took] == [b"a", b"b", b"x", b"c", b"d"]
    assert Kafka.made[0].batches == [[b"a", b"b"], [b"c", b"d"]]


async def test_a_batch_that_broke_its_producer_goes_again_with_the_next_one(
    producer: Producer,
) -> None:
    await producer.start()
    fails_first_made(errors.OutOfOrderSequenceNumber())
    assert await producer.send_all([record(value=b"a"), record(value=b"b")]) == [None, None]
    assert [kafka.took for kafka in Kafka.made] == [[], [b"a", b"b"]]


async def test_a_batch_is_refused_for_one_record_which_is_found(producer: Producer) -> None:
    await producer.start()

    def refuse(kafka: FakeKafkaProducer, _topic: str) -> Exception | None:
        """Refuses the batch, and then the second record."""
        tries.append(kafka)
        return errors.MessageSizeTooLargeError() if len(tries) in {1, 3} else None

    tries: list[FakeKafkaProducer] = []
    Kafka.plan = staticmethod(refuse)
    records = [Record(topic="t", key=key, value=b"v", partition=0) for key in "abcbd"]
    outcomes = await producer.send_all(records)
    assert [type(outcome) for outcome in outcomes] == [
        type(None),
        RefusedError,
        type(None),
        Unavailable,  # it comes after the refused one
        type(None),
    ]


async def test_after_a_failure_the_rest_of_its_partition_waits(producer: Producer) -> None:
    await producer.start()
    Kafka.plan = staticmethod(
        lambda kafka, _topic: errors.NotEnoughReplicasError() if kafka.batches else None
    )
    records = [record(value=bytes([number]) * 60_000) for number in range(10)]
    outcomes = await producer.send_all(records)
    assert [type(outcome) for outcome in outcomes] == [type(None)] * 4 + [Unavailable] * 6
    assert len(Kafka.made[0].took) == 4


async def test_a_topic_that_is_not_there_holds_up_no_other(producer: Producer) -> None:
    await producer.start()
    astray = Record(topic="nowhere", key="k", value=b"v")
    outcomes = await producer.send_all([record(), astray, record()])
    assert [type(outcome) for outcome in outcomes] == [type(None), Unavailable, type(None)]


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
