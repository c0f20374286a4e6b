"""Frames in Postgres."""

from collections.abc import Sequence

from typing_extensions import override

from services.dispatcher.adapters.store import QUERIES
from services.dispatcher.ports import Bounds, Frames, Told
from services.runtime.postgres import Database


class PostgresFrames(Frames):
    """Reads what channels were told."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @override
    async def read(self, cursors: dict[str, int], *, limit: int) -> Sequence[Told]:
        async with self._database.statements() as connection:
            rows = await connection.fetch(
                QUERIES["read_frames"], list(cursors), list(cursors.values()), limit
            )
        return [
            Told(
                channel=row["channel"],
                sequence=row["sequence"],
                type=row["type"],
                data=row["data"],
            )
            for row in rows
        ]

    @override
    async def bounds(self, channel: str) -> Bounds:
        async with self._database.statements() as connection:
            row = await connection.fetchrow(QUERIES["read_bounds"], channel)
        return Bounds(newest=row["newest"], oldest=row["oldest"])
