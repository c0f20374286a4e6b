"""What travels through Kafka: a record to send, a record received, and what makes one poison."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

DEAD_LETTER = ".dead-letter"


class PermanentError(Exception):
    """A record can never be applied, however often it is tried.

    Raised by whoever decodes or applies it. The text becomes the dead letter's reason and reaches
    logs: it names fields and rules, never what a person wrote.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One record to send.

    Attributes:
        topic: Where to.
        key: Records of one key keep their order; the key picks the partition.
        value: The body.
        headers: Kafka headers, text only.
        partition: A partition instead of the one the key picks.
    """

    topic: str
    key: str
    value: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    partition: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """One record as it was read.

    Attributes:
        topic: Where from.
        partition: Which of the topic's partitions.
        offset: Its place in the partition, counted from 0.
        key: The key, empty where the record has none.
        value: The body, empty where the record has none.
        headers: Kafka headers as text; bytes that are no UTF-8 come out as U+FFFD.
        timestamp: When it was sent, or stored where the topic says so; aware UTC.
    """

    topic: str
    partition: int
    offset: int
    key: str
    value: bytes
    headers: Mapping[str, str]
    timestamp: datetime

    @property
    def place(self) -> tuple[str, int, int]:
        """Topic, partition and offset: unique in one Kafka."""
        return self.topic, self.partition, self.offset


def dead_letter_topic(topic: str) -> str:
    """Return the topic that takes what can never be applied."""
    return topic + DEAD_LETTER
