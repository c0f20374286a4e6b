"""Incidents read without locks."""

from collections.abc import Sequence
from datetime import datetime

from typing_extensions import override

from incident.alert import IncidentId, TeamId
from incident.lifecycle import Incident
from services.dispatcher.adapters.documents import read_incidents
from services.dispatcher.adapters.store import QUERIES
from services.dispatcher.adapters.telling import SCHEMA
from services.dispatcher.handlers.reading import After, Board, Filter, Logged, Reads, Scope, Sealed
from services.dispatcher.payloads.views import center_channel
from services.runtime.auth import Principal
from services.runtime.ids import new_id
from services.runtime.postgres import Database
from services.runtime.profiles import Shelf


class PostgresReads(Reads):
    """Reads of the dispatcher's tables."""

    def __init__(self, database: Database, shelf: Shelf | None = None) -> None:
        self._database = database
        self._shelf = shelf or Shelf(SCHEMA)

    @override
    async def find(self, id_: IncidentId) -> Incident | None:
        async with self._database.statements() as connection:
            rows = await connection.fetch(QUERIES["find_incidents"], [id_])
            found = await read_incidents(connection, self._shelf, rows)
        return found[0] if found else None

    @override
    async def list_incidents(
        self, wanted: Filter, scope: Scope, *, after: After | None, limit: int
    ) -> list[Incident]:
        async with self._database.statements() as connection:
            rows = await connection.fetch(
                QUERIES["list_incidents"],
                wanted.state,
                wanted.live,
                wanted.center,
                wanted.kind,
                wanted.severity,
                wanted.status,
                wanted.since,
                wanted.until,
                None if after is None else after.received_at,
                None if after is None else after.id,
                scope.station,
                scope.center,
                scope.team,
                scope.lent_since,
                limit,
            )
            return await read_incidents(connection, self._shelf, rows)

    @override
    async def list_events(self, id_: IncidentId, *, after: int, limit: int) -> list[Logged]:
        async with self._database.statements() as connection:
            rows = await connection.fetch(QUERIES["list_events"], id_, after, limit)
        return [
            Logged(
                version=row["version"],
                id=str(row["id"]),
                text=row["canonical"],
                previous=row["previous"],
                hash=row["hash"],
            )
            for row in rows
        ]

    @override
    async def read_board(self, center: str, teams: Sequence[TeamId]) -> Board:
        async with self._database.transaction() as connection:
            # One snapshot, so that the sequence says exactly which frames the board has in it.
            await connection.execute("set transaction isolation level repeatable read")
            sequence = await connection.fetchval(QUERIES["read_sequence"], center_channel(center))
            rows = await connection.fetch(QUERIES["list_live"], center)
            engaged = await connection.fetch(QUERIES["find_engaged"], list(teams))
            incidents = await read_incidents(connection, self._shelf, rows)
        return Board(
            sequence=sequence or 0,
            incidents=incidents,
            engaged={TeamId(row["team"]): IncidentId(row["incident"]) for row in engaged},
        )

    @override
    async def find_engaged(self, teams: Sequence[TeamId]) -> dict[TeamId, IncidentId]:
        async with self._database.statements() as connection:
            rows = await connection.fetch(QUERIES["find_engaged"], list(teams))
        return {TeamId(row["team"]): IncidentId(row["incident"]) for row in rows}

    @override
    async def reveal(self, id_: IncidentId, caller: Principal, *, now: datetime) -> list[Sealed]:
        async with self._database.transaction() as connection:
            await connection.execute(
                QUERIES["insert_reveal"],
                new_id(),
                id_,
                caller.key_id,
                caller.role.value,
                caller.organisation,
                caller.person,
                now,
            )
            rows = await connection.fetch(QUERIES["list_personal"], id_)
        return [Sealed(version=row["version"], sealed=row["sealed"]) for row in rows]
