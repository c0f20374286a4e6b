"""Topics are made where they are not there."""

import secrets

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from services.runtime.topics import Topic, dead_letters, ensure_topics
from tests.integration.runtime.kafka.site import CLOCK


async def test_only_what_is_missing_is_created(kafka: str) -> None:
    name = f"topic-{secrets.token_hex(4)}"
    alerts = Topic(name=name, partitions=6)
    assert await ensure_topics(kafka, [alerts], clock=CLOCK) == [name]
    made = await ensure_topics(kafka, [alerts, dead_letters(alerts)], clock=CLOCK)
    assert made == [f"{name}.dead-letter"]
    assert await ensure_topics(kafka, [alerts], clock=CLOCK) == []
    assert await _partitions(kafka, name) == 6


async def test_a_topic_keeps_the_partitions_it_has(kafka: str) -> None:
    name = f"topic-{secrets.token_hex(4)}"
    await ensure_topics(kafka, [Topic(name=name, partitions=2)], clock=CLOCK)
    assert await ensure_topics(kafka, [Topic(name=name, partitions=3)], clock=CLOCK) == []
    assert await _partitions(kafka, name) == 2


async def test_a_compacted_topic_keeps_the_newest_of_each_key(kafka: str) -> None:
    name = f"topic-{secrets.token_hex(4)}"
    topic = Topic(name=name, compacted=True, settings={"segment.ms": "60000"})
    await ensure_topics(kafka, [topic], clock=CLOCK)
    settings = await _settings(kafka, name)
    assert (settings["cleanup.policy"], settings["segment.ms"]) == ("compact", "60000")


async def _partitions(kafka: str, name: str) -> int:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    try:
        (found,) = await admin.describe_topics([name])
    finally:
        await admin.close()
    return len(found["partitions"])


async def _settings(kafka: str, name: str) -> dict[str, str]:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    try:
        (answer,) = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, name)])
    finally:
        await admin.close()
    return {entry[0]: entry[1] for entry in answer.resources[0][4]}
