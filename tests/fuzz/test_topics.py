"""Bad records on the real topics of a running instance: each is taken off, and the next one counts.

All that was sent is taken off every topic, with a dead letter where it was no good; what comes
after it is applied; and nothing that came made the consumers' own code fail.
"""

import re
from collections import Counter
from collections.abc import Callable, Mapping

import aiohttp
import asyncpg
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from incident import messages
from services.cli.client import open_session
from services.cli.stack.stack import Stack
from services.runtime.auth import Role
from services.runtime.clock import SystemClock
from services.runtime.records import dead_letter_topic
from tests.fuzz.campaign import FACTOR, LONGEST_SECONDS, chance, times
from tests.fuzz.mutations import dump, spoil_bytes, spoil_headers, spoil_value
from tests.fuzz.park import CENTER, STATION, Park, open_incident
from tests.fuzz.records import TYPES, Good, about, changed, good, headers_of

CLOCK = SystemClock()
DEAD_ALERTS = dead_letter_topic(messages.ALERTS)
OF_ALERTS = tuple(
    good(type_)
    for type_ in (messages.ALERT_RECEIVED, messages.ALERT_UPDATED, messages.ALERT_CANCELLED)
)
SENT: Mapping[str, tuple[Good, ...]] = {
    messages.ALERTS: OF_ALERTS,
    DEAD_ALERTS: OF_ALERTS,
    messages.TIMING: (good(messages.STEP_DUE), good(messages.NOTIFIER_HEARTBEAT)),
    messages.INCIDENTS: (changed(), good(messages.DISPATCHER_HEARTBEAT)),
    messages.DIRECTORY: (good(messages.DIRECTORY_PUBLISHED, version=0),),
}
READERS = {
    messages.ALERTS: ("dispatcher", "notifier"),
    DEAD_ALERTS: ("notifier",),
    messages.TIMING: ("dispatcher",),
    messages.INCIDENTS: ("notifier",),
    messages.DIRECTORY: ("notifier",),
}
CRASHED = re.compile(
    r'^(?:d115_consumer_faults_total{.*fault="unexpected"|d115_consumer_rebuilds_total{).*$',
    re.MULTILINE,
)
PATIENCE = 60.0 * FACTOR
Measured = Callable[[str], None]

pytestmark = [pytest.mark.timeout(LONGEST_SECONDS + PATIENCE), pytest.mark.xdist_group("park")]


async def test_bad_records_are_taken_off_every_topic_and_a_good_one_counts(
    park: Park, stack: Stack, measured: Measured
) -> None:
    kafka, prefix = stack.kafka.address, park.instance.topic_prefix
    sent = Counter[str]()
    async with AIOKafkaProducer(bootstrap_servers=kafka) as producer:
        for topic in SENT:
            sent[topic] = await _send_bad(producer, prefix, topic)
    await _taken_off(park, kafka)
    async with open_session() as session:
        await open_incident(
            park.instance.client_of(session, Role.STATION, STATION),
            park.instance.client_of(session, Role.OPERATOR, CENTER),
        )
    dead = await _dead_letters(park.instance.dsn)
    assert dead
    assert all("\n" not in reason and len(reason) <= 500 for _, reason in dead)
    for service in ("intake", "dispatcher", "notifier"):
        figures = await _figures(park, service)
        assert not CRASHED.findall(figures)
        await park.instance.services[service].wait_ready(10)
    measured(f"sent {dict(sent)}; dead letters {len(dead)}")


async def _send_bad(producer: AIOKafkaProducer, prefix: str, topic: str) -> int:
    some, tried = chance("topics", topic), times(60)
    none = b"none" if topic == messages.DIRECTORY else None  # Kafka takes none where it compacts
    for _ in range(tried):
        message = some.choice(SENT[topic])
        value, headers = about(message.value, some.randrange(10**6, 2 * 10**6)), None
        match some.randrange(3):
            case 0:
                body = spoil_bytes(dump(value), some)
            case 1 if topic != messages.DIRECTORY:  # a newer one would be believed
                body = dump(spoil_value(value, some))
            case _:
                body = dump(value)
                headers = spoil_headers(headers_of(message.type), TYPES, some)
        usual = [(name, text.encode()) for name, text in headers_of(message.type).items()]
        await producer.send_and_wait(
            prefix + topic,
            body,
            key=some.choice((b"", b"\xff\xfe", b"k" * 1000, b"heartbeat", b"\0", none)),
            headers=usual if headers is None else headers,
        )
    return tried


async def _taken_off(park: Park, kafka: str) -> None:
    """Wait until every reader stands at the end of every topic."""
    places = [
        TopicPartition(park.instance.topic_prefix + topic, number)
        for topic in SENT
        for number in range(1 if topic in {messages.DIRECTORY, DEAD_ALERTS} else 6)
    ]
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka)
    await consumer.start()
    try:
        ends = await consumer.end_offsets(places)
    finally:
        await consumer.stop()
    deadline = CLOCK.monotonic() + PATIENCE
    while behind := await _behind(park, ends):
        assert CLOCK.monotonic() < deadline, f"stuck, or too slow: {behind}"
        await CLOCK.sleep(0.1)


async def _behind(park: Park, ends: Mapping[TopicPartition, int]) -> list[str]:
    found = list[str]()
    connection = await asyncpg.connect(park.instance.dsn)
    try:
        for schema in ("dispatcher", "notifier"):
            rows = await connection.fetch(
                f"select topic, partition, next_offset from {schema}.consumer_position"  # noqa: S608  # our own names
            )
            stands = {(row["topic"], row["partition"]): row["next_offset"] for row in rows}
            for place, end in ends.items():
                plain = place.topic.removeprefix(park.instance.topic_prefix)
                stand = stands.get(tuple(place), 0)
                if schema in READERS[plain] and stand < end:
                    found.append(f"{schema}: {plain}/{place.partition} at {stand} of {end}")
    finally:
        await connection.close()
    return found


async def _dead_letters(dsn: str) -> list[tuple[str, str]]:
    connection = await asyncpg.connect(dsn)
    try:
        return [
            (schema, row["reason"])
            for schema in ("dispatcher", "notifier")
            for row in await connection.fetch(f"select reason from {schema}.dead_letter")  # noqa: S608  # our own names
        ]
    finally:
        await connection.close()


async def _figures(park: Park, service: str) -> str:
    url = f"{park.instance.services[service].ops_url}/metrics"
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        return await answer.text()
