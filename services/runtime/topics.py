"""Makes the topics a service needs, where they are not there yet."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, NoError, TopicAlreadyExistsError, for_code

from incident import messages
from services.runtime.clock import Clock
from services.runtime.records import dead_letter_topic

PARTITIONS = 6
"""Of each topic whose records are keyed by an incident."""

_REPLICAS = 3  # two of them must have a record before it counts as sent
_ATTEMPT_SECONDS = 15.0
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 2.0

_log = structlog.get_logger(__name__)


class KafkaAwayError(Exception):
    """Kafka did not answer, or the topics were not ready, within the time allowed at start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """A topic to have.

    Attributes:
        name: Its name.
        partitions: How many; never changed once it is there, since keys would move.
        compacted: Whether only the newest record of each key is kept, for ever.
        settings: Further settings by Kafka's own names, such as `retention.ms`.
    """

    name: str
    partitions: int = 1
    compacted: bool = False
    settings: Mapping[str, str] = field(default_factory=dict)


def dead_letters(topic: Topic) -> Topic:
    """Return the topic that takes what cannot be applied of another one; it is kept for ever."""
    return Topic(name=dead_letter_topic(topic.name), settings={"retention.ms": "-1"})


def every_topic(prefix: str) -> list[Topic]:
    """Return the topics of an instance, each with its dead letters where something applies it.

    Whoever starts first makes them all, so that no service waits for another.

    Args:
        prefix: What the names of the instance's topics begin with.
    """
    applied = [
        *(
            Topic(name=prefix + name, partitions=PARTITIONS)
            for name in (messages.ALERTS, messages.INCIDENTS, messages.TIMING)
        ),
        Topic(name=prefix + messages.DIRECTORY, compacted=True),
    ]
    digests = Topic(name=prefix + messages.DIGESTS, settings={"retention.ms": "-1"})
    return [*applied, digests, *map(dead_letters, applied)]


async def ensure_topics(
    bootstrap: str, topics: Sequence[Topic], *, clock: Clock, patience: float = 60.0
) -> list[str]:
    """Create the topics that are not there, and wait until all can be written to.

    With three brokers or more each is kept three times and at least two copies acknowledge; with
    fewer it has as many copies as there are brokers.

    Args:
        bootstrap: Kafka's address.
        topics: What to have.
        clock: What to wait with.
        patience: Real seconds to go on trying.

    Returns:
        The names of those it created.

    Raises:
        KafkaAwayError: It did not work in time.
        KafkaError: Kafka refused, such as for want of rights.
    """
    deadline = clock.monotonic() + patience
    created: list[str] = []
    pause = _FIRST_PAUSE
    while True:
        try:
            async with asyncio.timeout(_ATTEMPT_SECONDS):
                if await _ensure(bootstrap, topics, created):
                    return created
            fault = "not every partition has a leader yet"
        except (KafkaError, OSError, TimeoutError) as error:
            if isinstance(error, KafkaError) and not error.retriable:
                raise
            fault = repr(error)
        if clock.monotonic() + pause > deadline:
            raise KafkaAwayError(f"no topics within {patience:g} s: {fault}")
        _log.info("topics_awaited", fault=fault)
        await clock.sleep(pause)
        pause = min(pause * 2, _LONGEST_PAUSE)


async def _ensure(bootstrap: str, topics: Sequence[Topic], created: list[str]) -> bool:
    """Create what is missing; say whether all topics can be written to."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=5_000)
    try:
        await admin.start()
        there = set(await admin.list_topics())
        missing = [topic for topic in topics if topic.name not in there]
        if missing:
            brokers = len((await admin.describe_cluster())["brokers"])
            created += await _create(admin, missing, min(brokers, _REPLICAS))
        described = await admin.describe_topics([topic.name for topic in topics])
    finally:
        await admin.close()
    for topic in topics:
        _compare(topic, described)
    return all(
        not found["error_code"] and all(part["leader"] >= 0 for part in found["partitions"])
        for found in described
    )


async def _create(
    admin: AIOKafkaAdminClient, topics: Sequence[Topic], replicas: int
) -> Sequence[str]:
    answer = await admin.create_topics([_new_topic(topic, replicas) for topic in topics])
    created = []
    for name, code, *_ in answer.topic_errors:
        fault = for_code(code)
        if fault is NoError:
            created.append(name)
        elif fault is not TopicAlreadyExistsError:  # another service was faster
            raise fault(f"topic {name}")
    return created


def _new_topic(topic: Topic, replicas: int) -> NewTopic:
    settings = dict(topic.settings)
    if replicas >= _REPLICAS:
        settings["min.insync.replicas"] = "2"
    if topic.compacted:
        settings["cleanup.policy"] = "compact"
    return NewTopic(topic.name, topic.partitions, replicas, topic_configs=settings)


def _compare(topic: Topic, described: Sequence[Mapping[str, Any]]) -> None:
    """Tell when a topic that was there before has another number of partitions than asked for."""
    counts = {found["topic"]: len(found["partitions"]) for found in described}
    found = counts.get(topic.name, 0)
    if found not in (0, topic.partitions):
        _log.warning("topic_differs", topic=topic.name, asked=topic.partitions, found=found)
