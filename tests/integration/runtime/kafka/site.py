"""A topic, a database and what a test asks about them."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import asyncpg
from aiokafka import AIOKafkaConsumer

from services.runtime import outbox
from services.runtime.clock import SystemClock
from services.runtime.consumer import Apply, Consumer, Rescue
from services.runtime.consumer.places import received
from services.runtime.postgres import Database
from services.runtime.producer import Producer
from services.runtime.records import Received, Record
from services.runtime.topics import Topic, dead_letters, ensure_topics

CLOCK = SystemClock()
PARTITIONS = 6
SCHEMA = "pier"
TABLES = """
create schema pier;
create table pier.outbox (
    position bigint generated always as identity primary key,
    shard smallint not null, topic text not null, key text not null, partition int,
    headers jsonb not null, value text not null, recorded_at timestamptz not null
);
create table pier.consumer_position (
    consumer_group text, topic text, partition int, next_offset bigint not null,
    primary key (consumer_group, topic, partition)
);
create table pier.dead_letter (
    topic text, partition int, "offset" bigint, key text not null, headers jsonb not null,
    value bytea not null, reason text not null, recorded_at timestamptz not null,
    primary key (topic, partition, "offset")
);
create table pier.effect (key text not null, value text not null, source text not null);
create table pier.rescued (key text not null, reason text not null);
"""


async def write_effects(connection: asyncpg.Connection, records: Sequence[Received]) -> None:
    """Count each application: nothing here hides one that came twice."""
    await connection.execute(
        "insert into pier.effect select * from unnest($1::text[], $2::text[], $3::text[])",
        [record.key for record in records],
        [record.value.decode() for record in records],
        [f"{record.partition}:{record.offset}" for record in records],
    )


async def open_database(dsn: str, *, size: int = 4) -> Database:
    role = urlsplit(dsn).username or "postgres"
    return await Database.connect(dsn, role=role, application="pier", size=size, clock=CLOCK)


@dataclass(kw_only=True)
class Site:
    """One test's own topic, group and database."""

    kafka: str
    dsn: str
    database: Database
    producer: Producer
    topic: str
    group: str = field(default_factory=lambda: f"group-{secrets.token_hex(4)}")

    def consumer(
        self,
        apply: Apply = write_effects,
        *,
        rescue: Rescue | None = None,
        member: str | None = None,
        database: Database | None = None,
        committed: Callable[[], None] = lambda: None,
    ) -> Consumer:
        return Consumer(
            bootstrap=self.kafka,
            group=self.group,
            topics=[self.topic],
            database=database or self.database,
            producer=self.producer,
            apply=apply,
            clock=CLOCK,
            schema=SCHEMA,
            member=member,
            batch=50,
            rescue=rescue,
            committed=committed,
        )

    def record(self, number: int, **changes: object) -> Record:
        values: dict[str, object] = {"topic": self.topic, "key": f"key-{number}"}
        return Record(**{"value": str(number).encode(), **values, **changes})  # type: ignore[arg-type]  # checked by the class

    async def send(self, numbers: Sequence[int]) -> None:
        outcomes = await self.producer.send_all([self.record(number) for number in numbers])
        assert not any(outcomes), outcomes

    async def put(self, records: Sequence[Record]) -> None:
        async with self.database.transaction() as connection:
            await outbox.put(connection, SCHEMA, records, real=CLOCK.real())

    async def fetch(self, query: str, *values: object) -> list[asyncpg.Record]:
        connection = await asyncpg.connect(self.dsn)
        try:
            return list(await connection.fetch(query, *values))
        finally:
            await connection.close()

    async def effects(self) -> list[int]:
        rows = await self.fetch("select value from pier.effect")
        return sorted(int(row["value"]) for row in rows)

    async def count(self, table: str) -> int:
        rows = await self.fetch(f"select count(*) as n from pier.{table}")  # noqa: S608  # our own names
        return int(rows[0]["n"])

    async def read_topic(self, topic: str, count: int) -> list[Received]:
        """Read a topic from its start until it gave so many records."""
        kafka = AIOKafkaConsumer(topic, bootstrap_servers=self.kafka, auto_offset_reset="earliest")
        await kafka.start()
        try:
            async with asyncio.timeout(20):
                found: list[Received] = []
                while len(found) < count:
                    for records in (await kafka.getmany(timeout_ms=100)).values():
                        found += map(received, records)
                return found
        finally:
            await kafka.stop()


@asynccontextmanager
async def open_site(kafka: str, dsn: str) -> AsyncIterator[Site]:
    """Make a topic with its dead letters, a producer and a pool."""
    topic = Topic(name=f"topic-{secrets.token_hex(4)}", partitions=PARTITIONS)
    await ensure_topics(kafka, [topic, dead_letters(topic)], clock=CLOCK)
    producer = Producer(kafka, clock=CLOCK, client_id="pier")
    database = await open_database(dsn)
    await producer.start()
    try:
        yield Site(kafka=kafka, dsn=dsn, database=database, producer=producer, topic=topic.name)
    finally:
        await producer.stop()
        await database.close()


@asynccontextmanager
async def running(*parts: Callable[[], Awaitable[None]]) -> AsyncIterator[None]:
    """Run consumers, relays and tails beside a test, and cancel them at its end."""
    tasks = [asyncio.ensure_future(part()) for part in parts]
    try:
        yield
        for task in tasks:
            assert not task.done() or task.exception() is None
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


async def until(holds: Callable[[], Awaitable[object]], *, within: float = 15.0) -> None:
    """Return once something holds; fails the test if it does not in time."""
    async with asyncio.timeout(within):
        while not await holds():
            await CLOCK.sleep(0.02)
