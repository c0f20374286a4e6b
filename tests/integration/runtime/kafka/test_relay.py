"""The relay carries the outbox to Kafka: all of it, in order within a key."""

import signal
from collections.abc import Sequence
from datetime import timedelta

import asyncpg
from prometheus_client import REGISTRY

from services.runtime import outbox
from services.runtime.outbox import SHARDS
from services.runtime.records import Received, Record
from services.runtime.relay import ROWS, Relay, Round
from tests.integration.runtime.kafka.child import run_child
from tests.integration.runtime.kafka.site import CLOCK, SCHEMA, Site, running, until

KEYS = 40


async def test_two_relays_side_by_side_keep_each_keys_order(site: Site) -> None:
    relays = [_relay(site), _relay(site)]
    async with running(*(relay.run for relay in relays)):
        for start in range(0, 1200, 60):
            await site.put([_row(site, number) for number in range(start, start + 60)])
            relays[start // 60 % 2].wake()
            await CLOCK.sleep(0.01)
        await until(lambda: _is_empty(site))
    found = await site.read_topic(site.topic, 1200)
    assert sorted(int(record.value) for record in found) == list(range(1200))
    assert _in_order_within_keys(found)


async def test_a_row_carries_its_headers_its_partition_and_its_text(site: Site) -> None:
    await site.put(
        [
            Record(
                topic=site.topic,
                key="事件",
                value='{"kind":"警情"}'.encode(),
                headers={"ce_id": "7", "ce_source": "/部门"},
                partition=4,
            )
        ]
    )
    async with running(_relay(site).run):
        (found,) = await site.read_topic(site.topic, 1)
    assert (found.key, found.partition, found.value.decode()) == ("事件", 4, '{"kind":"警情"}')
    assert found.headers == {"ce_id": "7", "ce_source": "/部门"}


async def test_a_row_that_becomes_visible_late_is_carried_all_the_same(site: Site) -> None:
    """The first transaction takes the lower position and commits after the second."""
    relay = _relay(site)
    async with running(relay.run):
        async with site.database.transaction() as late:
            await _insert(site, late, 1)
            await site.put([_row(site, 2)])
            relay.wake()
            (second,) = await site.read_topic(site.topic, 1)
            assert second.value == b"2"
        relay.wake()
        found = await site.read_topic(site.topic, 2)
        await until(lambda: _is_empty(site))
    assert {record.value for record in found} == {b"1", b"2"}


async def test_killed_between_publishing_and_deleting_it_says_the_same_again(site: Site) -> None:
    await site.put([_row(site, number) for number in range(120)])
    killed = await run_child("relay", site, failpoint="between-publish-and-delete")
    assert killed == -signal.SIGKILL
    assert await site.count("outbox") == 120
    async with running(_relay(site).run):
        await until(lambda: _is_empty(site))
    found = await site.read_topic(site.topic, 240)
    assert {int(record.value) for record in found} == set(range(120))
    first = list({record.value: record for record in reversed(found)}.values())[::-1]
    assert _in_order_within_keys(first)
    repeats = [record.headers["ce_id"] for record in found]
    assert all(repeats.count(event) == 2 for event in repeats)


async def test_a_row_kafka_refuses_holds_up_its_own_key_only(site: Site) -> None:
    """Even where that key alone fills more than the rows of a round."""
    huge = Record(topic=site.topic, key="huge", value=b"x" * 1_200_000)
    after = [site.record(0, key="huge")] * 600
    await site.put([huge, *after, *(_row(site, number) for number in range(1, 101))])
    async with running(_relay(site).run):
        await until(lambda: _has_left(site, 601))
        found = await site.read_topic(site.topic, 100)
    assert sorted(int(record.value) for record in found) == list(range(1, 101))


async def test_a_waking_does_not_wait_for_the_poll(site: Site) -> None:
    relay = _relay(site)
    async with running(relay.run):
        await until(lambda: _is_empty(site))
        spans = []
        for number in range(5):
            began = CLOCK.monotonic()
            await site.put([_row(site, number)])
            relay.wake()
            await until(lambda: _is_empty(site))
            spans.append(CLOCK.monotonic() - began)
    assert min(spans) < 0.1  # the poll is 0.2 s away; a busy machine may delay some


async def test_a_round_that_carried_all_it_read_does_not_look_again(site: Site) -> None:
    relay = _relay(site)
    await site.put([_row(site, number) for number in range(5)])
    assert await relay._attempt() is Round.IDLE
    assert await site.count("outbox") == 0
    assert await relay._attempt() is Round.IDLE


async def test_more_rows_than_a_round_takes_are_read_at_once(site: Site) -> None:
    relay = _relay(site)
    await site.put([_row(site, number) for number in range(ROWS + 1)])
    assert await relay._attempt() is Round.MORE
    assert await relay._attempt() is Round.IDLE
    assert await site.count("outbox") == 0


async def test_shards_that_another_relay_has_are_looked_at_again_soon(site: Site) -> None:
    relay = _relay(site)
    await site.put([_row(site, 1)])
    async with site.database.transaction() as connection:
        assert len(await relay._lock(connection)) == SHARDS
        assert await relay._attempt() is Round.SHARED
        assert await site.count("outbox") == 1
    assert await relay._attempt() is Round.IDLE
    assert await site.count("outbox") == 0


async def test_what_waits_is_counted_and_its_age_is_told(site: Site) -> None:
    async with site.database.transaction() as connection:
        minute_ago = CLOCK.real() - timedelta(seconds=60)
        rows = [_row(site, number) for number in range(5)]
        await outbox.put(connection, SCHEMA, rows, real=minute_ago)
    await _relay(site)._measure()
    assert REGISTRY.get_sample_value("d115_outbox_rows", {"schema": SCHEMA}) == 5
    age = REGISTRY.get_sample_value("d115_outbox_oldest_seconds", {"schema": SCHEMA})
    assert age is not None
    assert 60 <= age < 90


def _relay(site: Site) -> Relay:
    return Relay(database=site.database, producer=site.producer, clock=CLOCK, schema=SCHEMA)


def _row(site: Site, number: int) -> Record:
    return site.record(number, key=f"key-{number % KEYS}", headers={"ce_id": f"event-{number}"})


async def _insert(site: Site, connection: asyncpg.Connection, number: int) -> None:
    await outbox.put(connection, SCHEMA, [_row(site, number)], real=CLOCK.real())


def _in_order_within_keys(found: Sequence[Received]) -> bool:
    by_key: dict[str, list[int]] = {}
    for record in found:
        by_key.setdefault(record.key, []).append(int(record.value))
    return all(numbers == sorted(numbers) for numbers in by_key.values())


async def _is_empty(site: Site) -> bool:
    return await site.count("outbox") == 0


async def _has_left(site: Site, rows: int) -> bool:
    return await site.count("outbox") == rows
