"""Kafka frozen, killed and away: everybody answers in time, and nothing is lost."""

import asyncio
import socket
from contextlib import AsyncExitStack

import pytest

from services.cli.stack.process import Process
from services.runtime.producer import Producer, Unavailable
from services.runtime.records import Record
from services.runtime.relay import Relay
from services.runtime.topics import KafkaAwayError, Topic, ensure_topics
from tests.integration.runtime.kafka.site import CLOCK, SCHEMA, Site, open_site, running, until
from tests.integration.runtime.kafka.test_tail import Follower


async def test_a_frozen_broker_is_unavailable_in_time_and_good_again_after(
    broker: Process, site_dsn: str
) -> None:
    async with open_site(broker.address, site_dsn) as site:
        await site.producer.send(site.record(0))
        broker.pause()
        try:
            began = CLOCK.monotonic()
            outcomes = await asyncio.gather(
                *(site.producer.send(site.record(number)) for number in range(1, 400)),
                return_exceptions=True,
            )
            assert CLOCK.monotonic() - began < 3.5
            assert {type(outcome) for outcome in outcomes} == {Unavailable}
        finally:
            broker.resume()
        await site.send(range(1000, 1010))
        found = await site.read_topic(site.topic, 11)
        assert {int(record.value) for record in found} >= {0, *range(1000, 1010)}


async def test_stopping_does_not_wait_for_a_frozen_broker_and_leaves_nothing_behind(
    broker: Process, site_dsn: str
) -> None:
    async with open_site(broker.address, site_dsn) as site:
        await site.send(range(20))
        before = asyncio.all_tasks()
        producer = Producer(broker.address, clock=CLOCK, client_id="leaving", timeout=0.5)
        await producer.start()
        consumer, follower = site.consumer(), Follower(site)
        async with AsyncExitStack() as parts:
            await parts.enter_async_context(running(consumer.run))
            await parts.enter_async_context(running(follower.tail.run))
            await until(follower.is_following)
            await until(lambda: _all_applied(site, 20))
            broker.pause()
            sends = (producer.send(site.record(number)) for number in range(20, 25))
            await asyncio.gather(*sends, return_exceptions=True)
            began = CLOCK.monotonic()
            await producer.stop()
        assert CLOCK.monotonic() - began < 4.0
        assert asyncio.all_tasks() <= before
        broker.resume()


async def test_kafka_being_away_at_the_start_stops_nobody() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        nobody = f"127.0.0.1:{taken.getsockname()[1]}"
    producer = Producer(nobody, clock=CLOCK, client_id="early", timeout=0.5)
    began = CLOCK.monotonic()
    await producer.start()
    assert not producer.connected
    with pytest.raises(Unavailable):
        await producer.send(Record(topic="t", key="k", value=b"v"))
    await producer.stop()
    assert CLOCK.monotonic() - began < 2.5
    with pytest.raises(Unavailable):
        await producer.send(Record(topic="t", key="k", value=b"v"))
    with pytest.raises(KafkaAwayError):
        await ensure_topics(nobody, [Topic(name="t")], clock=CLOCK, patience=0.3)


async def test_a_killed_broker_delays_everything_and_loses_nothing(
    broker: Process, site_dsn: str
) -> None:
    async with open_site(broker.address, site_dsn) as site:
        relay = Relay(database=site.database, producer=site.producer, clock=CLOCK, schema=SCHEMA)
        consumer, follower = site.consumer(), Follower(site)
        async with running(relay.run, consumer.run, follower.tail.run):
            await until(follower.is_following)
            await site.put([site.record(number) for number in range(100)])

            await until(lambda: _all_applied(site, 100))
            await asyncio.to_thread(broker.kill)
            await site.put([site.record(number) for number in range(100, 200)])
            await until(lambda: _is(not consumer.settled))
            early = Producer(broker.address, clock=CLOCK, client_id="early", timeout=0.2)
            await early.start()
            await asyncio.to_thread(broker.restart)
            await until(lambda: _all_applied(site, 200), within=30)
            await until(lambda: follower.has_seen(200), within=15)

            await until(lambda: _is(consumer.settled))
            await until(lambda: _is(early.connected))
            await early.stop()
            assert await site.count("outbox") == 0
            assert consumer.healthy
        assert await site.count("dead_letter") == 0


async def _all_applied(site: Site, count: int) -> bool:
    """What was sent without an answer is sent again: it may be there twice, never not at all."""
    return set(await site.effects()) == set(range(count))


async def _is(holds: bool) -> bool:
    return holds
