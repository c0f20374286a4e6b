"""What a service says to Kafka, written in the transaction of what it did.

A table of the service's schema::

    create table outbox (
        position    bigint generated always as identity primary key,
        shard       smallint not null,
        topic       text not null,
        key         text not null,
        partition   int,
        headers     jsonb not null,
        value       text not null,
        recorded_at timestamptz not null  -- real time, for the age of the oldest row
    );
"""

import zlib
from collections.abc import Sequence
from datetime import datetime

import asyncpg
import msgspec

from services.runtime.records import Record
from services.runtime.statements import statement

SHARDS = 4
"""Into how many shards the keys fall; relays of one schema share them."""


def shard_of(key: str) -> int:
    """Return the shard of a key: all rows of one key are relayed by one relay."""
    return zlib.crc32(key.encode()) % SHARDS


async def put(
    connection: asyncpg.Connection, schema: str, records: Sequence[Record], *, real: datetime
) -> None:
    """Put records into the outbox of a schema, inside the caller's transaction.

    Rows of one key go out in the order they were put. Across transactions that holds only if
    whoever puts them holds a lock on what the key names, as on the row of an incident.

    Args:
        connection: Of the running transaction.
        schema: Whose outbox.
        records: What to say, values being UTF-8 text.
        real: The real time now.
    """
    await connection.execute(
        statement("insert_outbox_rows", schema),
        [shard_of(record.key) for record in records],
        [record.topic for record in records],
        [record.key for record in records],
        [record.partition for record in records],
        [msgspec.json.encode(record.headers).decode() for record in records],
        [record.value.decode() for record in records],
        real,
    )
