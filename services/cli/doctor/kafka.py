"""Kafka: whether it answers, its topics' settings, dead letters, and the clocks of who writes."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError

from services.cli.doctor.findings import Finding, fail, fine, unseen, warn
from services.cli.letters import count_letters
from services.cli.servers import Servers
from services.runtime.logs import describe
from services.runtime.topics import Topic, every_topic

SECONDS = 10.0
_SAFE_COPIES = 3
_RETENTION = "retention.ms"
_CLEANUP = "cleanup.policy"


async def look_at_kafka(servers: Servers) -> AsyncIterator[Finding]:
    """Look at the brokers, at each topic of the instance, and at its dead letters."""
    if servers.kafka is None:
        yield unseen("kafka", "nobody said where it is", do="set D115_KAFKA, or give --kafka")
        return
    admin = AIOKafkaAdminClient(bootstrap_servers=servers.kafka, request_timeout_ms=5_000)
    try:
        async with asyncio.timeout(SECONDS):
            await admin.start()
            found = [each async for each in _findings(admin, servers)]
    except (KafkaError, OSError) as error:
        do = "start Kafka; while it is away intake keeps alerts in Postgres"
        yield fail("kafka", f"{servers.kafka} does not answer: {describe(error)}", do=do)
        return
    finally:
        await admin.close()
    for each in found:
        yield each


async def _findings(admin: AIOKafkaAdminClient, servers: Servers) -> AsyncIterator[Finding]:
    brokers = (await admin.describe_cluster())["brokers"]
    yield _brokers(len(brokers))
    wanted = every_topic(servers.prefix)
    there = set(await admin.list_topics())
    missing = [topic.name for topic in wanted if topic.name not in there]
    if missing:
        do = "start the services: they make them; is the prefix right (--prefix)?"
        yield fail("kafka.topics", f"missing: {', '.join(missing)}", do=do)
    present = [topic for topic in wanted if topic.name in there]
    if not present:
        return
    for finding in await _settings(admin, present):
        yield finding
    count = await count_letters(servers.kafka or "", [topic.name for topic in present])
    yield _letters(count)


def _brokers(count: int) -> Finding:
    if count < _SAFE_COPIES:
        do = "fine on one machine; in production run three, so that losing one loses nothing"
        return warn("kafka", f"answers; {count} broker", do=do)
    return fine("kafka", f"answers; {count} brokers")


async def _settings(admin: AIOKafkaAdminClient, topics: Sequence[Topic]) -> list[Finding]:
    names = [topic.name for topic in topics]
    described = {found["topic"]: found for found in await admin.describe_topics(names)}
    asked = [ConfigResource(ConfigResourceType.TOPIC, name) for name in names]
    configs = dict[str, dict[str, str]]()
    for answer in await admin.describe_configs(asked):
        for _, _, _, name, entries in answer.resources:
            configs[name] = {entry[0]: entry[1] for entry in entries}
    faults = [
        fault
        for topic in topics
        for fault in faults_of(topic, described[topic.name], configs.get(topic.name, {}))
    ]
    if faults:
        do = "set it with kafka-configs.sh; a number of partitions is never changed: make it anew"
        return [fail("kafka.topics", fault, do=do) for fault in faults]
    return [fine("kafka.topics", f"{len(topics)} topics, partitions and settings as they should")]


def faults_of(topic: Topic, described: Mapping[str, Any], settings: Mapping[str, str]) -> list[str]:
    """Say what of a topic is not as the services would have made it."""
    parts = described["partitions"]
    faults = []
    if len(parts) != topic.partitions:
        faults.append(f"{topic.name} has {len(parts)} partitions, not {topic.partitions}")
    leaderless = sum(part["leader"] < 0 for part in parts)
    if leaderless:
        faults.append(f"{topic.name} has {leaderless} partitions without a leader")
    behind = sum(len(part["isr"]) < len(part["replicas"]) for part in parts)
    if behind:
        faults.append(f"{topic.name} has {behind} partitions with copies that lag behind")
    policy = "compact" if topic.compacted else "delete"
    if settings.get(_CLEANUP, policy) != policy:
        faults.append(f"{topic.name}: {_CLEANUP} is {settings[_CLEANUP]}, not {policy}")
    for name, value in topic.settings.items():
        if settings.get(name, value) != value:
            faults.append(f"{topic.name}: {name} is {settings[name]}, not {value}")
    return faults


def _letters(count: Mapping[str, int]) -> Finding:
    said = ", ".join(f"{topic}: {number}" for topic, number in count.items() if number)
    if said:
        do = "`d115 dead-letters list` says why; mend the cause, then `d115 dead-letters replay`"
        return warn("kafka.dead-letters", said, do=do)
    return fine("kafka.dead-letters", "none")
