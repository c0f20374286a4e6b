"""The rows that openings left, the outbox's among them, to be inserted barely."""

import json
from collections.abc import Sequence
from uuid import UUID

import asyncpg
from aiokafka import AIOKafkaConsumer, ConsumerRecord

from incident.messages import INCIDENTS
from loadtests.floors import rows
from loadtests.floors.rows import Row, Rows, Taken
from loadtests.site import Site
from services.runtime.outbox import shard_of

TABLES = {
    "incident": "t.id",
    "event": "case when t.version = 1 then t.incident end",
    "personal": "case when t.version = 1 then t.incident end",
    "frame": "case when t.type = 'incident.opened.v1'"
    " then (t.data::jsonb #>> '{incident,id}')::uuid end",
}
"""What an opening writes, in that order, and which incident a row is of; then the outbox."""

BATCH = 200
"""As many as the dispatcher's consumer takes at once."""

_QUIET_MILLISECONDS = 1000


async def measure(site: Site, *, count: int) -> tuple[float, dict[str, int]]:
    """Insert the rows of so many openings again; gives openings a second, and the rows by table."""
    connection = await site.connect()
    try:
        things = [
            row["id"]
            for row in await connection.fetch(
                "select id from dispatcher.incident order by version, id limit $1", count
            )
        ]
        taken = Taken(schema="dispatcher", tables=await _tables(site, connection, things))
        rate = await rows.measure(connection, taken, things, batch=BATCH, clock=site.clock)
    finally:
        await connection.close()
    return rate, taken.counts()


async def _tables(
    site: Site, connection: asyncpg.Connection, things: Sequence[UUID]
) -> dict[str, Rows]:
    found = {
        name: await rows.read(connection, f"dispatcher.{name}", of=of, things=things)
        for name, of in TABLES.items()
    }
    return found | {"outbox": await _outbox(site, things)}


async def _outbox(site: Site, things: Sequence[UUID]) -> Rows:
    """Make the outbox's rows from what was published of them: they are gone once that is done."""
    keys = {str(id_).encode(): id_ for id_ in things}
    consumer = AIOKafkaConsumer(
        site.topic(INCIDENTS),
        bootstrap_servers=site.stack.kafka.address,
        auto_offset_reset="earliest",
    )
    await consumer.start()
    told: dict[UUID, ConsumerRecord] = {}
    try:
        while len(told) < len(things):
            got = await consumer.getmany(timeout_ms=_QUIET_MILLISECONDS)
            if not got:
                break
            for record in (record for part in got.values() for record in part):
                id_ = keys.get(record.key)
                if id_ is not None:
                    told.setdefault(id_, record)
    finally:
        await consumer.stop()
    now = site.clock.real()
    return rows.grouped(
        (id_, _row(position, record, now)) for position, (id_, record) in enumerate(told.items(), 1)
    )


def _row(position: int, record: ConsumerRecord, now: object) -> Row:
    """Return a row of the outbox as it was, in the order of its columns."""
    key = record.key.decode()
    headers = json.dumps({name: value.decode() for name, value in record.headers})
    return (
        position,
        shard_of(key),
        record.topic,
        key,
        None,
        headers,
        record.value.decode(),
        now,
    )
