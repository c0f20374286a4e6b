"""Supervisions and follow-up calls in Postgres: kept level with the incidents by the database."""

from pathlib import Path

from typing_extensions import override

from services.dispatcher.handlers.tasks import Place, Share, Supervised, Tasks, ToCall
from services.runtime import queries
from services.runtime.postgres import Database

_QUERIES = queries.load(Path(__file__).with_name("tasks.sql"))


class PostgresTasks(Tasks):
    """Reads of the tables of tasks."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @override
    async def list_supervisions(
        self,
        share: Share,
        *,
        is_open: bool | None,
        organisation: str | None,
        after: Place | None,
        limit: int,
    ) -> list[Supervised]:
        async with self._database.statements() as connection:
            rows = await connection.fetch(
                _QUERIES["list_supervisions"],
                is_open,
                organisation,
                share.station,
                share.center,
                None if after is None else after.due,
                None if after is None else after.incident,
                None if after is None else after.number,
                limit,
            )
        return [Supervised(**dict(row)) for row in rows]

    @override
    async def list_calls(self, share: Share, *, after: Place | None, limit: int) -> list[ToCall]:
        async with self._database.statements() as connection:
            rows = await connection.fetch(
                _QUERIES["list_calls"],
                share.station,
                share.center,
                None if after is None else after.due,
                None if after is None else after.incident,
                limit,
            )
        return [ToCall(**dict(row)) for row in rows]
