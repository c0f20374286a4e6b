"""Which records travel together: a lane for each partition, and batches along it."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import MessageSizeTooLargeError
from aiokafka.partitioner import DefaultPartitioner

from services.runtime.link import BATCH_BYTES
from services.runtime.records import Record

LARGE_BYTES = BATCH_BYTES // 2
"""A record this large goes by itself: whether Kafka takes it is its own affair."""

_RECORD_BYTES = 120  # what Kafka adds to a record, and a first share of what it adds to a batch

_choose = DefaultPartitioner()


def lanes_of(
    records: Sequence[Record], places: Sequence[int], partitions: tuple[int, ...]
) -> dict[int, list[int]]:
    """Give the places of the records of each partition of one topic, in their order.

    Args:
        records: What to send.
        places: Where in it the records of the topic stand.
        partitions: The topic's partitions, ascending.
    """
    lanes: dict[int, list[int]] = {}
    for place in places:
        chosen = records[place].partition
        if chosen is None:
            chosen = _partition_of(records[place].key, partitions)
        lanes.setdefault(chosen, []).append(place)
    return lanes


@lru_cache(maxsize=4096)  # an incident is spoken of a dozen times, and the hash is long in Python
def _partition_of(key: str, partitions: tuple[int, ...]) -> int:
    found: int = _choose(key.encode(), partitions, partitions)
    return found


def count_fitting(records: Sequence[Record]) -> int:
    """Say how many of the first records make up one batch: at least one; a large one is alone."""
    size = 0
    for count, record in enumerate(records):
        size += _most_bytes(record)
        if count and (size > BATCH_BYTES or len(record.value) >= LARGE_BYTES):
            return count
        if len(record.value) >= LARGE_BYTES:
            return 1
    return len(records)


def _most_bytes(record: Record) -> int:
    """The most bytes that a record may take: a character of text takes four of them at most."""
    told = sum(map(len, record.headers.keys())) + sum(map(len, record.headers.values()))
    return len(record.value) + 4 * (len(record.key) + told) + _RECORD_BYTES


def build(kafka: AIOKafkaProducer, records: Sequence[Record]) -> Any:  # noqa: ANN401  # aiokafka has no types
    """Make a batch of records that fit.

    Raises:
        MessageSizeTooLargeError: They do not.
    """
    batch = kafka.create_batch()
    for record in records:
        taken = batch.append(
            timestamp=None,
            key=record.key.encode(),
            value=record.value,
            headers=encode_headers(record.headers),
        )
        if taken is None:
            raise MessageSizeTooLargeError
    batch.close()
    return batch


def encode_headers(headers: Mapping[str, str]) -> list[tuple[str, bytes]]:
    """Turn headers into what aiokafka takes."""
    return [(name, value.encode()) for name, value in headers.items()]
