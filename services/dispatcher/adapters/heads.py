"""Heads and digests, read without locks."""

from collections.abc import Sequence
from pathlib import Path

from typing_extensions import override

from incident.alert import IncidentId
from incident.chain import Head
from services.dispatcher.handlers.heads import Ledger
from services.dispatcher.handlers.housekeeping import Digest
from services.runtime import queries
from services.runtime.postgres import Database

_QUERIES = queries.load(Path(__file__).with_name("heads.sql"))


class PostgresLedger(Ledger):
    """Reads of the dispatcher's schema."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @override
    async def list_heads(self, *, after: IncidentId | None, limit: int) -> Sequence[Head]:
        async with self._database.transaction() as connection:
            rows = await connection.fetch(_QUERIES["list_current_heads"], after, limit)
        return [Head(incident=row["id"], version=row["version"], hash=row["head"]) for row in rows]

    @override
    async def list_digests(self, *, after: int, limit: int) -> Sequence[Digest]:
        async with self._database.transaction() as connection:
            rows = await connection.fetch(_QUERIES["list_digests"], after, limit)
        return [Digest(**dict(row)) for row in rows]
