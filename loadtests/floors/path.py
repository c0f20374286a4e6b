"""The bare path behind the bare route: consume, one batched transaction, server-sent events.

`GET /<center>` is a center's stream. One row an alert is written; nothing is decided or read.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

import asyncpg
from aiokafka import AIOKafkaConsumer, ConsumerRecord
from starlette.types import ASGIApp, Receive, Scope, Send

from loadtests.floors.serving import serve

BATCH = 200
TABLES = """
create schema if not exists floor;
create table if not exists floor.alert (id uuid primary key, center text not null, body text);
create table if not exists floor.position (partition int primary key, next_offset bigint not null);
"""
_INSERT = """
insert into floor.alert (id, center, body)
select * from unnest($1::uuid[], $2::text[], $3::text[])
"""
_MOVE = """
insert into floor.position (partition, next_offset)
select * from unnest($1::int[], $2::bigint[])
on conflict (partition) do update set next_offset = excluded.next_offset
"""


class Path:
    """The app, and what it feeds from."""

    def __init__(self, consumer: AIOKafkaConsumer, pool: asyncpg.Pool) -> None:
        self._consumer = consumer
        self._pool = pool
        self._readers: dict[str, set[asyncio.Queue[bytes]]] = defaultdict(set)
        self._sequence = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Stream a center's alerts, as ASGI asks, until its reader leaves."""
        center = scope["path"].removeprefix("/")
        queue: asyncio.Queue[bytes] = asyncio.Queue(400)
        self._readers[center].add(queue)
        headers = [(b"content-type", b"text/event-stream")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        beat = b"event: heartbeat\ndata: {}\n\n"
        await send({"type": "http.response.body", "body": beat, "more_body": True})
        writing = asyncio.create_task(_write(queue, send))
        try:
            while (await receive())["type"] != "http.disconnect":
                pass
        finally:
            writing.cancel()
            self._readers[center].discard(queue)

    async def run(self) -> None:
        """Apply batches and tell who listens, until cancelled."""
        while True:
            told = await self._consumer.getmany(timeout_ms=500, max_records=BATCH)
            records = [record for part in told.values() for record in part]
            if records:
                await self._apply(records)

    async def _apply(self, records: Sequence[ConsumerRecord]) -> None:
        rows = [
            (record.key.decode(), record.headers[-1][1].decode(), record.value.decode())
            for record in records
        ]
        ends = {record.partition: record.offset + 1 for record in records}
        async with self._pool.acquire() as connection, connection.transaction():
            await connection.execute(_INSERT, *map(list, zip(*rows, strict=True)))
            await connection.execute(_MOVE, list(ends), list(ends.values()))
        for id_, center, body in rows:
            self._sequence += 1
            frame = (
                f"id: {self._sequence}\nevent: incident.opened.v1\n"
                f'data: {{"incident":{{"id":"{id_}"}},"alert":{body}}}\n\n'
            ).encode()
            for queue in self._readers[center]:
                queue.put_nowait(frame)


async def _write(queue: "asyncio.Queue[bytes]", send: Send) -> None:
    while True:
        body = await queue.get()
        await send({"type": "http.response.body", "body": body, "more_body": True})


@asynccontextmanager
async def _open(environment: Mapping[str, str]) -> AsyncIterator[ASGIApp]:
    consumer = AIOKafkaConsumer(
        environment["FLOOR_TOPIC"],
        bootstrap_servers=environment["D115_KAFKA"],
        group_id=environment["FLOOR_TOPIC"],
        enable_auto_commit=False,
        auto_offset_reset="earliest",
    )
    async with asyncpg.create_pool(
        environment["D115_POSTGRES"], min_size=2, max_size=2, server_settings={"jit": "off"}
    ) as pool:
        await pool.execute(TABLES)
        await consumer.start()
        path = Path(consumer, pool)
        running = asyncio.create_task(path.run())
        try:
            yield path
        finally:
            running.cancel()
            await consumer.stop()


if __name__ == "__main__":
    serve(_open)
