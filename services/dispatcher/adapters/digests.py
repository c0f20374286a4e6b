"""Takes the digest of the heads of all incidents and tells it through the outbox."""

from datetime import datetime
from pathlib import Path
from zlib import crc32

import asyncpg
from typing_extensions import override

from incident.chain import GENESIS, Head
from incident.messages import HEADS_DIGEST, HeadsDigest
from services.dispatcher.adapters.telling import SCHEMA, SOURCE
from services.dispatcher.handlers.housekeeping import Digest, Digests, HeadsHash
from services.runtime import codec, envelope, outbox, queries
from services.runtime.postgres import Database
from services.runtime.records import Record

LOG = "incidents"
PAGE = 1000

_LOCK = crc32(b"dispatcher digests")
_QUERIES = queries.load(Path(__file__).with_name("housekeeping.sql"))


class PostgresDigests(Digests):
    """Digests in the dispatcher's schema."""

    def __init__(self, database: Database, *, topic: str) -> None:
        self._database = database
        self._topic = topic

    @override
    async def last(self) -> Digest | None:
        async with self._database.transaction() as connection:
            return await _last(connection)

    @override
    async def take(self, at: datetime, *, real: datetime) -> Digest | None:
        async with self._database.transaction() as connection:
            if not await connection.fetchval(_QUERIES["lock_digests"], _LOCK):
                return None
            last = await _last(connection)
            if last is not None and last.taken_at >= at:
                return None
            heads = await _hash_heads(connection, at)
            digest = Digest(
                sequence=1 if last is None else last.sequence + 1,
                taken_at=at,
                count=heads.count,
                digest=heads.digest(),
                previous=GENESIS if last is None else last.digest,
            )
            if not await _keep(connection, digest):
                return None
            await outbox.put(connection, SCHEMA, [_record(digest, self._topic)], real=real)
        return digest


async def _hash_heads(connection: asyncpg.Connection, at: datetime) -> HeadsHash:
    """Read the heads page by page: what was recorded before `at` changes no more."""
    heads, after, full = HeadsHash(), None, True
    while full:
        rows = await connection.fetch(_QUERIES["list_heads"], at, after, PAGE)
        page = [Head(incident=row["id"], version=row["version"], hash=row["hash"]) for row in rows]
        heads.add(page)
        full = len(page) == PAGE
        after = page[-1].incident if full else None
    return heads


async def _last(connection: asyncpg.Connection) -> Digest | None:
    row = await connection.fetchrow(_QUERIES["last_digest"])
    return None if row is None else Digest(**dict(row))


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


def _record(digest: Digest, topic: str) -> Record:
    told = HeadsDigest(
        log=LOG,
        sequence=digest.sequence,
        taken_at=digest.taken_at,
        count=digest.count,
        digest=digest.digest,
        previous=digest.previous,
    )
    about = envelope.Envelope(
        id=f"heads/{LOG}/{digest.sequence}",
        source=SOURCE,
        type=HEADS_DIGEST,
        time=digest.taken_at,
    )
    return Record(topic=topic, key=LOG, value=codec.encode(told), headers=envelope.build(about))
