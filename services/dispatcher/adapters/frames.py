"""Frames in Postgres."""

from collections.abc import Sequence
from uuid import UUID

from typing_extensions import override

from incident.alert import IncidentId
from services.dispatcher.adapters.documents import read_incidents
from services.dispatcher.adapters.store import QUERIES
from services.dispatcher.adapters.telling import SCHEMA
from services.dispatcher.payloads.views import incident_channel, logged_frame
from services.dispatcher.ports import Bounds, Frames, Told
from services.runtime.postgres import Database
from services.runtime.profiles import Shelf


class PostgresFrames(Frames):
    """Reads what channels were told."""

    def __init__(self, database: Database, shelf: Shelf | None = None) -> None:
        self._database = database
        self._shelf = shelf or Shelf(SCHEMA)

    @override
    async def read(self, cursors: dict[str, int], *, limit: int) -> Sequence[Told]:
        incidents = {name: after for name, after in cursors.items() if _id(name) is not None}
        channels = {name: after for name, after in cursors.items() if name not in incidents}
        told = list[Told]()
        if incidents:
            told += await self._read_events(incidents, limit)
        if channels:
            told += await self._read_frames(channels, limit)
        return told

    async def _read_frames(self, cursors: dict[str, int], limit: int) -> list[Told]:
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

    async def _read_events(self, cursors: dict[str, int], limit: int) -> list[Told]:
        """Read an incident's channel: its events, each under its version as the number."""
        ids = [_id(name) for name in cursors]
        async with self._database.statements() as connection:
            rows = await connection.fetch(
                QUERIES["read_events_of"], ids, list(cursors.values()), limit
            )
            states = await connection.fetch(QUERIES["find_incidents"], ids)
            found = await read_incidents(connection, self._shelf, states)
        incidents = {incident.id: incident for incident in found}
        return [
            Told(
                channel=incident_channel(row["incident"]),
                sequence=row["version"],
                type=row["type"],
                data=logged_frame(row["canonical"], incidents[row["incident"]]),
            )
            for row in rows
        ]

    @override
    async def bounds(self, channel: str) -> Bounds:
        id_ = _id(channel)
        if id_ is not None:
            async with self._database.statements() as connection:
                version = await connection.fetchval(QUERIES["read_version"], id_)
            return Bounds(newest=version or 0, oldest=None if version is None else 1)
        async with self._database.statements() as connection:
            row = await connection.fetchrow(QUERIES["read_bounds"], channel)
        return Bounds(newest=row["newest"], oldest=row["oldest"])


def _id(channel: str) -> IncidentId | None:
    """The incident whose own channel it is, if it is one's."""
    kind, _, name = channel.partition(":")
    return IncidentId(UUID(name)) if kind == "incident" else None
