"""Reads and writes an instance's topics behind its back, as a faulty Kafka client would."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.structs import ConsumerRecord

from incident import messages

TOPICS = (messages.ALERTS, messages.INCIDENTS, messages.TIMING, messages.DIRECTORY)
"""Those that services read."""

KNOWN = {
    messages.ALERTS: messages.ALERT_RECEIVED,
    messages.INCIDENTS: "incident.opened.v1",
    messages.TIMING: messages.STEP_DUE,
    messages.DIRECTORY: messages.DIRECTORY_PUBLISHED,
}
"""A type on each topic that its readers decode."""

_POLL_MILLISECONDS = 500
_REQUEST_MILLISECONDS = 10_000
_PER_PARTITION = 2000

Header = tuple[str, bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One record to put on a topic."""

    value: bytes
    key: bytes | None = b"chaos"
    headers: Sequence[Header] = ()
    partition: int | None = None


def copy_of(record: ConsumerRecord) -> Letter:
    """Return the same once more."""
    return Letter(
        value=record.value,
        key=record.key,
        headers=tuple(record.headers),
        partition=record.partition,
    )


async def read_topic(
    bootstrap: str, name: str, *, newest: int = _PER_PARTITION
) -> list[ConsumerRecord]:
    """Give the newest records of each partition that a topic holds now, partition by partition."""
    # From the start: a reset to the latest, as is usual, may outrun the seeking.
    consumer = AIOKafkaConsumer(
        name,
        bootstrap_servers=bootstrap,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        request_timeout_ms=_REQUEST_MILLISECONDS,
    )
    await consumer.start()
    try:
        partitions = sorted(consumer.assignment())
        begins = await consumer.beginning_offsets(partitions)
        ends = await consumer.end_offsets(partitions)
        for each in partitions:
            consumer.seek(each, max(begins[each], ends[each] - newest))
        records: list[ConsumerRecord] = []
        while [each for each in partitions if await consumer.position(each) < ends[each]]:
            polled = await consumer.getmany(timeout_ms=_POLL_MILLISECONDS)
            records += [record for batch in polled.values() for record in batch]
        return records
    finally:
        await consumer.stop()


async def send(bootstrap: str, name: str, letters: Iterable[Letter]) -> int:
    """Put letters on a topic in the order given, and return how many once all are there."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all")
    await producer.start()
    try:
        sent = [
            await producer.send(
                name,
                value=letter.value,
                key=letter.key,
                headers=list(letter.headers),
                partition=letter.partition,
            )
            for letter in letters
        ]
        await producer.flush()
        return len(sent)
    finally:
        await producer.stop()


def enveloped(kind: str, value: bytes, *, key: bytes = b"chaos") -> Letter:
    """Return a letter in an envelope that says its type."""
    headers = (
        ("ce_specversion", b"1.0"),
        ("ce_id", b"chaos"),
        ("ce_source", b"/chaos"),
        ("ce_type", kind.encode()),
        ("ce_time", b"2026-03-02T04:00:00Z"),
        ("content-type", b"application/json"),
    )
    return Letter(value=value, key=key, headers=headers)


def poison(topic: str) -> list[Letter]:
    """Return what no reader of a topic can read: no envelope, and no JSON under a known type."""
    return [
        Letter(value=b"\x00\xff not json", key=b"poison"),
        enveloped(KNOWN[topic], b'{"alert": 1', key=b"poison"),
        enveloped(KNOWN[topic], b"[" * 100_000, key=b"poison"),
    ]


def retyped(record: ConsumerRecord, kind: str, value: bytes) -> Letter:
    """Return a record's copy under another type and with another body."""
    headers = [(name, told) for name, told in record.headers if name != "ce_type"]
    return Letter(value=value, key=record.key, headers=(*headers, ("ce_type", kind.encode())))
