"""Reads and writes an instance's topics behind its back, as a faulty Kafka client would."""

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.structs import ConsumerRecord

from services.cli.instance.instance import Instance
from services.dispatcher.wiring import PARTITIONS


async def read_topic(instance: Instance, topic: str, bootstrap: str) -> list[ConsumerRecord]:
    """Give every record that a topic holds now."""
    # From the start: a reset to the latest, as is usual, may outrun `seek_to_beginning`.
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap, enable_auto_commit=False, auto_offset_reset="earliest"
    )
    await consumer.start()
    try:
        name = instance.topic_prefix + topic
        partitions = [TopicPartition(name, number) for number in range(PARTITIONS)]
        consumer.assign(partitions)
        ends = await consumer.end_offsets(partitions)
        await consumer.seek_to_beginning(*partitions)
        records: list[ConsumerRecord] = []
        while [each for each, end in ends.items() if await consumer.position(each) < end]:
            polled = await consumer.getmany(timeout_ms=500)
            records += [record for batch in polled.values() for record in batch]
        return records
    finally:
        await consumer.stop()


async def republish(
    instance: Instance, topic: str, records: list[ConsumerRecord], bootstrap: str
) -> None:
    """Send records once more, in the order given."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all")
    await producer.start()
    try:
        for record in records:
            await producer.send(
                instance.topic_prefix + topic,
                value=record.value,
                key=record.key,
                headers=list(record.headers),
                partition=record.partition,
            )
    finally:
        await producer.stop()


async def send_poison(instance: Instance, topic: str, bootstrap: str) -> None:
    """Send what no consumer can read: no envelope, and no JSON under a known type."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all")
    await producer.start()
    try:
        name = instance.topic_prefix + topic
        await producer.send_and_wait(name, value=b"\x00\xff not json", key=b"poison")
        headers = [
            ("ce_specversion", b"1.0"),
            ("ce_id", b"poison"),
            ("ce_source", b"/test"),
            ("ce_type", _known_type(topic)),
            ("ce_time", b"2026-03-02T04:00:00Z"),
            ("content-type", b"application/json"),
        ]
        await producer.send_and_wait(name, value=b'{"alert": 1', key=b"poison", headers=headers)
    finally:
        await producer.stop()


def _known_type(topic: str) -> bytes:
    return {
        "alerts.v1": b"alert.received.v1",
        "incidents.v1": b"incident.opened.v1",
        "timing.v1": b"step.due.v1",
    }[topic]
