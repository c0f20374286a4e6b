"""What is kept for a time, in Postgres."""

from datetime import datetime
from pathlib import Path

from typing_extensions import override

from incident.alert import IncidentId
from services.dispatcher.adapters.store import QUERIES
from services.dispatcher.handlers.housekeeping import Attic, Stray, Waiting
from services.runtime import queries
from services.runtime.postgres import Database

_QUERIES = queries.load(Path(__file__).with_name("housekeeping.sql"))


class PostgresAttic(Attic):
    """Removes old rows, each batch in a transaction of its own."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @override
    async def purge_frames(self, before: datetime, *, limit: int) -> int:
        return await self._purge(QUERIES["purge_frames"], before, limit)

    @override
    async def purge_answers(self, before: datetime, *, limit: int) -> int:
        return await self._purge(_QUERIES["purge_answers"], before, limit)

    @override
    async def take_strays(self, before: datetime, *, limit: int) -> list[Stray]:
        async with self._database.transaction() as connection:
            rows = await connection.fetch(_QUERIES["take_strays"], before, limit)
        return [Stray(**dict(row) | {"incident": IncidentId(row["incident"])}) for row in rows]

    @override
    async def count_early(self) -> Waiting:
        async with self._database.transaction() as connection:
            row = await connection.fetchrow(_QUERIES["count_early"])
        return Waiting(count=row["count"], oldest=row["oldest"])

    async def _purge(self, statement: str, before: datetime, limit: int) -> int:
        async with self._database.transaction() as connection:
            done: str = await connection.execute(statement, before, limit)
        return int(done.rpartition(" ")[2])  # "DELETE 12"
