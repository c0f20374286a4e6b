"""Stations' feeds in Postgres."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from typing_extensions import override

from services.notifier.handlers.callbacks.desk import Feed, Imported, Place, Receipt, Told
from services.runtime import queries
from services.runtime.postgres import Database

_QUERIES = queries.load(Path(__file__).with_name("feed.sql"))


class PostgresFeed(Feed):
    """Reads in the order of numbers; numbers are given in it, so none comes in between later."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @override
    async def place(self, station: str) -> Place | None:
        async with self._database.statements() as connection:
            row = await connection.fetchrow(_QUERIES["find_place"], station)
        return None if row is None else Place(**dict(row))

    @override
    async def confirm(self, station: str, after: int, *, now: datetime) -> None:
        async with self._database.transaction() as connection:
            before = await connection.fetchval(_QUERIES["move_cursor"], station, after)
            if before is not None:
                await connection.execute(_QUERIES["confirm_callbacks"], station, before, after, now)

    @override
    async def read(self, station: str, *, after: int, limit: int) -> Sequence[Told]:
        async with self._database.statements() as connection:
            rows = await connection.fetch(_QUERIES["read_feed"], station, after, limit)
        return [Told(**dict(row)) for row in rows]

    @override
    async def take_receipts(
        self, station: str, batch: str, receipts: Sequence[Receipt], *, now: datetime
    ) -> Imported:
        came = {each.id: each.imported_at for each in reversed(receipts)}
        async with self._database.transaction() as connection:
            await connection.execute(_QUERIES["note_batch"], station, batch, now, len(came))
            rows = await connection.fetch(_QUERIES["find_known"], station, list(came))
            new = {row["id"]: row["produced_at"] for row in rows if row["imported_at"] is None}
            moments = [came[id_] for id_ in new]
            await connection.execute(_QUERIES["note_receipts"], station, list(new), moments, now)
            await connection.execute(_QUERIES["move_cursor_on"], station)
        known = {row["id"] for row in rows}
        return Imported(
            new=len(new),
            repeated=len(known) - len(new),
            unknown=tuple(id_ for id_ in came if id_ not in known),
            delays=tuple((came[id_] - made).total_seconds() for id_, made in new.items()),
        )
