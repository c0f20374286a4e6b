"""Names of partitions, and aiokafka's records turned into ours."""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from aiokafka import ConsumerRecord, TopicPartition

from services.runtime.records import Received

_EPOCH = datetime.fromtimestamp(0, UTC)


class Place(NamedTuple):
    """One partition of one topic."""

    topic: str
    partition: int


def partition(place: Place) -> TopicPartition:
    """Turn our name of a partition into aiokafka's."""
    return TopicPartition(place.topic, place.partition)


def received(record: ConsumerRecord) -> Received:
    """Turn a record of aiokafka into ours."""
    return Received(
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        key=(record.key or b"").decode(errors="replace"),
        value=record.value or b"",
        headers={name: (value or b"").decode(errors="replace") for name, value in record.headers},
        timestamp=_EPOCH + timedelta(milliseconds=max(record.timestamp, 0)),
    )
