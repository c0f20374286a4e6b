"""Takes the hourly digest of all heads in one statement and tells it through the outbox."""

from datetime import datetime
from pathlib import Path
from zlib import crc32

import asyncpg
from typing_extensions import override

from incident.chain import GENESIS
from incident.messages import HEADS_DIGEST, HeadsDigest
from services.notifier.adapters.postgres import SCHEMA
from services.notifier.adapters.timing_log import SOURCE
from services.notifier.ports import Digest, Digests
from services.runtime import codec, envelope, outbox
from services.runtime.ids import new_id
from services.runtime.postgres import Database
from services.runtime.queries import load
from services.runtime.records import Record

LOG = "timing"
DIGEST_SECONDS = 60.0
"""Real seconds the hash over all heads may take; a million of them take about one."""

_LOCK = crc32(b"notifier digests")
_QUERIES = load(Path(__file__).with_name("reports.sql"))


class PostgresDigests(Digests):
    """Digests in the notifier's schema."""

    def __init__(self, database: Database, *, topic: str) -> None:
        self._database = database
        self._topic = topic

    @override
    async def last(self) -> Digest | None:
        async with self._database.transaction() as connection:
            return await _last(connection)

    @override
    async def take(self, *, at: datetime, real: datetime) -> Digest | None:
        async with self._database.transaction() as connection:
            if not await connection.fetchval(_QUERIES["lock_digests"], _LOCK):
                return None
            last = await _last(connection)
            if last is not None and last.taken_at >= at:
                return None
            await connection.execute(f"set local statement_timeout = '{DIGEST_SECONDS:.0f}s'")
            row = await connection.fetchrow(
                _QUERIES["digest_heads"], at, timeout=DIGEST_SECONDS + 1
            )
            digest = Digest(
                sequence=1 if last is None else last.sequence + 1,
                taken_at=at,
                count=row["count"],
                digest=row["digest"],
                previous=GENESIS if last is None else last.digest,
            )
            if not await _keep(connection, digest):
                return None
            await outbox.put(connection, SCHEMA, [self._record(digest)], real=real)
        return digest

    def _record(self, digest: Digest) -> Record:
        told = HeadsDigest(
            log=LOG,
            sequence=digest.sequence,
            taken_at=digest.taken_at,
            count=digest.count,
            digest=digest.digest,
            previous=digest.previous,
        )
        about = envelope.Envelope(
            id=str(new_id()), source=SOURCE, type=HEADS_DIGEST, time=digest.taken_at
        )
        return Record(
            topic=self._topic,
            key=LOG,
            value=codec.encode(told),
            headers=envelope.build(about),
        )


async def _last(connection: asyncpg.Connection) -> Digest | None:
    row = await connection.fetchrow(_QUERIES["last_digest"])
    return None if row is None else Digest(**row)


async def _keep(connection: asyncpg.Connection, digest: Digest) -> bool:
    kept = await connection.fetchval(
        _QUERIES["insert_digest"],
        digest.sequence,
        digest.taken_at,
        digest.count,
        digest.digest,
        digest.previous,
    )
    return kept is not None
