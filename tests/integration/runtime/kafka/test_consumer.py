"""A consumer applies every record, and each once."""

import asyncio
import signal
from collections.abc import Sequence
from urllib.parse import urlsplit

import asyncpg
import pytest
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import GroupCoordinatorNotAvailableError

from loadtests.chaos.proxy import open_proxy
from services.runtime.consumer import Consumer
from services.runtime.records import PermanentError, Received
from tests.integration.runtime.kafka.child import run_child
from tests.integration.runtime.kafka.site import (
    CLOCK,
    PARTITIONS,
    Site,
    open_database,
    running,
    until,
    write_effects,
)


async def test_nothing_is_lost_or_doubled_while_members_join_and_leave(site: Site) -> None:
    total = 3000
    members = [site.consumer() for _ in range(3)]
    tasks = [asyncio.create_task(members[0].run())]
    feeding = asyncio.create_task(_feed(site, total))
    await until(lambda: _at_least(site, 300))
    tasks.append(asyncio.create_task(members[1].run()))
    await until(lambda: _has_partitions(members[1]))
    tasks.append(asyncio.create_task(members[2].run()))
    await until(lambda: _has_partitions(members[2]))
    tasks[0].cancel()  # in the middle of whatever it does
    await asyncio.wait([tasks[0]])
    await until(lambda: _at_least(site, total * 2 // 3))
    members[1].stop()
    await feeding
    await until(lambda: _at_least(site, total))
    members[2].stop()
    await asyncio.wait(tasks)
    assert await site.effects() == list(range(total))
    assert await site.count("dead_letter") == 0


async def test_what_another_member_has_applied_is_not_applied_again(site: Site) -> None:
    """As after a freeze: the position has moved on while this member believed itself the owner."""
    async with running(site.consumer().run):
        await _send_to_first_partition(site, range(5))
        await until(lambda: _at_least(site, 5))
        await site.fetch(
            "update pier.consumer_position set next_offset = 8 where partition = 0 returning 1"
        )
        await _send_to_first_partition(site, range(5, 10))  # offsets 5, 6, 7 are the other's
        await until(lambda: _at_least(site, 7))
    assert await site.effects() == [0, 1, 2, 3, 4, 8, 9]


async def test_the_stored_position_wins_over_the_committed_offset(site: Site) -> None:
    consumer = site.consumer()
    async with running(consumer.run):
        await _send_to_first_partition(site, range(4))
        await until(lambda: _at_least(site, 4))
    await site.fetch(
        "update pier.consumer_position set next_offset = 2 where partition = 0 returning 1"
    )
    async with running(site.consumer().run):
        await until(lambda: _at_least(site, 6))
    assert await site.effects() == [0, 1, 2, 2, 3, 3]


async def test_a_record_that_cannot_be_applied_stands_alone(site: Site) -> None:
    async def apply(connection: asyncpg.Connection, records: Sequence[Received]) -> None:
        await write_effects(connection, records)
        for record in records:
            if record.value in {b"13", b"77"}:
                raise PermanentError("the kind is not known")

    async def rescue(connection: asyncpg.Connection, record: Received, reason: str) -> bool:
        await connection.execute("insert into pier.rescued values ($1, $2)", record.key, reason)
        if record.value == b"77":
            raise ValueError("rescuing fails as well")
        return True

    await site.send(range(100))
    async with running(site.consumer(apply, rescue=rescue).run):
        await until(lambda: _at_least(site, 98))
    assert await site.effects() == [n for n in range(100) if n not in {13, 77}]
    letters = await site.fetch("select key, value, reason from pier.dead_letter order by key")
    reason = "PermanentError: the kind is not known"
    assert [tuple(letter) for letter in letters] == [
        ("key-13", b"13", reason),
        ("key-77", b"77", reason),
    ]
    assert [tuple(r) for r in await site.fetch("select * from pier.rescued")] == [
        ("key-13", reason)
    ]
    sent = await site.read_topic(f"{site.topic}.dead-letter", 2)
    assert {record.value for record in sent} == {b"13", b"77"}
    assert {record.headers["dead-letter-topic"] for record in sent} == {site.topic}
    assert all(record.headers["dead-letter-offset"].isdigit() for record in sent)


async def test_what_a_constraint_refuses_is_told_by_its_name_only(site: Site) -> None:
    await site.fetch("alter table pier.effect add constraint short check (length(value) < 3)")
    await site.send([1, 2, 333, 4])
    async with running(site.consumer().run):
        await until(lambda: _at_least(site, 3))
        await until(lambda: _count(site, "dead_letter", 1))
    letters = await site.fetch("select reason from pier.dead_letter")
    assert letters[0]["reason"] == "CheckViolationError 23514 short effect"


async def test_an_unexpected_fault_is_tried_three_times(site: Site) -> None:
    alone = 0

    async def apply(connection: asyncpg.Connection, records: Sequence[Received]) -> None:
        nonlocal alone
        if any(record.value == b"3" for record in records):
            alone += len(records) == 1
            raise KeyError("a fault of ours")
        await write_effects(connection, records)

    await site.send(range(6))
    async with running(site.consumer(apply).run):
        await until(lambda: _count(site, "dead_letter", 1))
        await until(lambda: _at_least(site, 5))
    assert alone == 3
    assert await site.effects() == [0, 1, 2, 4, 5]


async def test_postgres_going_away_delays_records_and_loses_none(site: Site) -> None:
    async with open_proxy(urlsplit(site.dsn).netloc.rpartition("@")[2]) as proxy:
        database = await open_database(proxy.dsn(site.dsn))
        consumer = site.consumer(database=database)
        async with running(consumer.run):
            await site.send(range(50))
            await until(lambda: _at_least(site, 50))
            partitions = consumer.assigned_partitions
            proxy.refuse()
            await site.send(range(50, 100))
            await CLOCK.sleep(1.0)  # a time in which it must do nothing wrong
            assert not consumer.settled
            assert consumer.healthy
            proxy.heal()
            await until(lambda: _at_least(site, 100))
            await until(lambda: _settled(consumer))
            assert consumer.assigned_partitions == partitions
        await database.close()
    assert await site.effects() == list(range(100))
    assert await site.count("dead_letter") == 0


async def test_a_terminated_backend_is_a_passing_fault(site: Site) -> None:
    terminated = 0

    async def apply(connection: asyncpg.Connection, records: Sequence[Received]) -> None:
        nonlocal terminated
        await write_effects(connection, records)
        if terminated < 4:
            terminated += 1
            await site.fetch("select pg_terminate_backend($1)", connection.get_server_pid())

    async with running(site.consumer(apply).run):
        await _feed(site, 600)
        await until(lambda: _at_least(site, 600))
    assert terminated == 4
    assert await site.effects() == list(range(600))
    assert await site.count("dead_letter") == 0


async def test_it_is_settled_once_all_is_applied_that_the_topic_held(site: Site) -> None:
    may_apply = asyncio.Event()

    async def apply(connection: asyncpg.Connection, records: Sequence[Received]) -> None:
        await may_apply.wait()
        await write_effects(connection, records)

    await site.send(range(30))
    consumer = site.consumer(apply)
    async with running(consumer.run):
        await until(lambda: _has_partitions(consumer))
        await CLOCK.sleep(0.7)  # longer than Kafka takes to answer
        assert not consumer.settled
        may_apply.set()
        await until(lambda: _settled(consumer))
        assert len(consumer.settled_partitions) == PARTITIONS
        assert await site.effects() == list(range(30))
    assert not consumer.settled


async def test_whoever_waits_for_commits_is_told_and_can_break_nothing(site: Site) -> None:
    told = 0

    def committed() -> None:
        nonlocal told
        told += 1
        raise RuntimeError("the relay's own fault")

    await site.send(range(40))
    async with running(site.consumer(committed=committed).run):
        await until(lambda: _at_least(site, 40))
    assert 1 <= told <= 6
    assert await site.effects() == list(range(40))


async def test_offsets_are_committed_for_lag_tools(site: Site) -> None:
    consumer = site.consumer()
    await site.send(range(20))

    async def committed() -> int:
        kafka = AIOKafkaAdminClient(bootstrap_servers=site.kafka)
        await kafka.start()
        try:
            offsets = await kafka.list_consumer_group_offsets(site.group)
        except GroupCoordinatorNotAvailableError:  # a new Kafka makes the topic of offsets just now
            return 0
        finally:
            await kafka.close()
        return sum(offset.offset for offset in offsets.values())

    async def all_committed() -> bool:
        return await committed() == 20

    async with running(consumer.run):
        await until(all_committed)


@pytest.mark.parametrize("point", ["before-commit:3", "after-commit:3", "before-offset-commit"])
async def test_a_kill_loses_and_doubles_nothing(site: Site, point: str) -> None:
    await site.send(range(400))
    killed = await run_child("consume", site, failpoint=point)
    assert killed == -signal.SIGKILL
    async with running(site.consumer(member="static").run):
        await until(lambda: _at_least(site, 400))
    assert await site.effects() == list(range(400))


async def _feed(site: Site, total: int) -> None:
    for start in range(0, total, 20):
        await site.send(range(start, start + 20))
        await CLOCK.sleep(0.02)


async def _send_to_first_partition(site: Site, numbers: range) -> None:
    outcomes = await site.producer.send_all(
        [site.record(number, key="same", partition=0) for number in numbers]
    )
    assert not any(outcomes)


async def _at_least(site: Site, number: int) -> bool:
    return await site.count("effect") >= number


async def _count(site: Site, table: str, number: int) -> bool:
    return await site.count(table) == number


async def _has_partitions(consumer: Consumer) -> bool:
    return bool(consumer.assigned_partitions)


async def _settled(consumer: Consumer) -> bool:
    return consumer.settled
