"""Hand-overs in Postgres, each step in one transaction with the incident it moves."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID
from zlib import crc32

import asyncpg
from typing_extensions import override

from incident.alert import IncidentId
from incident.lifecycle import Incident
from incident.shift import Handover
from services.dispatcher.adapters.store import PostgresStore, PostgresWork
from services.dispatcher.handlers.handing import MOST, Handing, Handovers, Kept
from services.dispatcher.ports import Change
from services.runtime import codec, queries
from services.runtime.postgres import Database

_QUERIES = queries.load(Path(__file__).with_name("handing.sql"))
_LOCK = crc32(b"dispatcher hand-overs") - 2**31


class PostgresHanding(Handing):
    """One transaction."""

    def __init__(self, connection: asyncpg.Connection, work: PostgresWork, center: str) -> None:
        self._connection = connection
        self._work = work
        self._center = center

    @override
    async def find(self, id_: UUID | None) -> Kept | None:
        row = await self._connection.fetchrow(_QUERIES["find_handover"], self._center, id_)
        return None if row is None else _kept(row)

    @override
    async def list_live(self) -> list[IncidentId]:
        rows = await self._connection.fetch(_QUERIES["list_open"], self._center, MOST)
        return [IncidentId(row["id"]) for row in rows]

    @override
    async def lock(self, ids: Sequence[IncidentId]) -> dict[IncidentId, Incident]:
        return await self._work.lock(ids)

    @override
    async def read(self, ids: Sequence[IncidentId]) -> dict[IncidentId, Incident]:
        return await self._work.find(ids) if ids else {}

    @override
    async def put(self, kept: Kept) -> None:
        handover = kept.handover
        await self._connection.execute(
            _QUERIES["put_handover"],
            handover.id,
            handover.center,
            handover.prepared_at,
            handover.state.value,
            kept.sealed,
            codec.text(handover),
            kept.shown,
            kept.hash,
        )

    @override
    async def save(self, change: Change) -> None:
        await self._work.save([change])


class PostgresHandovers(Handovers):
    """The table of hand-overs."""

    def __init__(
        self,
        database: Database,
        store: PostgresStore,
        *,
        wake: Callable[[Sequence[Change]], None],
    ) -> None:
        """Take the parts; `wake` is told what was changed after a commit."""
        self._database = database
        self._store = store
        self._wake = wake

    @override
    @asynccontextmanager
    async def work(self, center: str) -> AsyncIterator[Handing]:
        async with self._database.transaction() as connection:
            await connection.execute(_QUERIES["lock_handovers"], _LOCK, center)
            work = self._store.on(connection)
            yield PostgresHanding(connection, work, center)
        self._wake(work.changes)

    @override
    async def list_ended(self, center: str, *, after: UUID | None, limit: int) -> list[Kept]:
        async with self._database.statements() as connection:
            rows = await connection.fetch(_QUERIES["list_handovers"], center, after, limit)
        return [_kept(row) for row in rows]


def _kept(row: Mapping[str, Any]) -> Kept:
    return Kept(
        handover=codec.decode(row["document"], Handover),
        sealed=row["sealed"],
        shown=row["shown"],
        hash=row["hash"],
    )
