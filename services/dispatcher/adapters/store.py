"""Incidents in Postgres: one transaction of locks, decisions and set-based writes."""

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from uuid import UUID, uuid5

import asyncpg
from typing_extensions import override

from incident.alert import IncidentId, TeamId
from incident.lifecycle import Incident
from incident.presence import Presence, is_away
from incident.shift import Console
from services.dispatcher.adapters.consoles_on_shift import find_console
from services.dispatcher.adapters.documents import read_incidents
from services.dispatcher.adapters.saving import Seen, save_changes
from services.dispatcher.adapters.telling import SCHEMA, Telling
from services.dispatcher.ports import (
    Answered,
    Asked,
    Atlas,
    Change,
    Delivery,
    Early,
    StaleError,
    Store,
    Work,
)
from services.runtime import queries
from services.runtime.clock import Clock
from services.runtime.postgres import Database
from services.runtime.profiles import Shelf

QUERIES = queries.load(Path(__file__).with_name("queries.sql"))

_PRESENCE = ("operator", "away", "since", "until")


Wake = Callable[[Sequence[Change]], None]
"""Told after a commit, so that the relay and the streams need not wait for their next look."""


class PostgresWork(Work):
    """One transaction on the dispatcher's tables."""

    def __init__(
        self,
        connection: asyncpg.Connection,
        clock: Clock,
        *,
        topic: str,
        atlas: Atlas,
        shelf: Shelf,
    ) -> None:
        self._connection = connection
        self._clock = clock
        self._topic = topic
        self._atlas = atlas
        self._shelf = shelf
        self._heads: dict[IncidentId, str] = {}
        self._absent: set[IncidentId] = set()
        self.changes: list[Change] = []

    @override
    async def lock(self, ids: Iterable[IncidentId]) -> dict[IncidentId, Incident]:
        # What was not there a moment ago is opened here; should another have been faster, that is
        # found when it is inserted.
        wanted = list(set(ids) - self._absent)
        if not wanted:
            return {}
        rows = await self._connection.fetch(QUERIES["lock_incidents"], wanted)
        incidents = await self._read(rows)
        self._heads.update(zip(incidents, (row["head"] for row in rows), strict=True))
        return incidents

    @override
    async def find(self, ids: Iterable[IncidentId]) -> dict[IncidentId, Incident]:
        wanted = list(ids)
        found = await self._read(await self._connection.fetch(QUERIES["find_incidents"], wanted))
        self._absent.update(id_ for id_ in wanted if id_ not in found)
        return found

    @override
    async def find_away(self, *, now: datetime) -> frozenset[str]:
        said: dict[str, list[Presence]] = {}
        for row in await self._connection.fetch(QUERIES["list_presences"], now):
            center, *entry = row
            said.setdefault(center, []).append(Presence(**dict(zip(_PRESENCE, entry, strict=True))))
        return frozenset(center for center, found in said.items() if is_away(found, now=now))

    @override
    async def find_console(self, center: str, desk: UUID, *, now: datetime) -> Console | None:
        real = self._clock.real()
        return await find_console(self._connection, center, desk, now=now, real=real)

    @override
    async def find_engaged(self, teams: Iterable[TeamId]) -> dict[TeamId, IncidentId]:
        rows = await self._connection.fetch(QUERIES["find_engaged"], list(teams))
        return {TeamId(row["team"]): IncidentId(row["incident"]) for row in rows}

    @override
    async def lock_teams(self, teams: Iterable[TeamId]) -> dict[TeamId, IncidentId]:
        wanted = sorted(set(teams))
        if not wanted:
            return {}
        rows = await self._connection.fetch(QUERIES["lock_teams"], wanted)
        return {TeamId(row["team"]): IncidentId(row["incident"]) for row in rows}

    async def _read(self, rows: Sequence[Mapping[str, str]]) -> dict[IncidentId, Incident]:
        incidents = await read_incidents(self._connection, self._shelf, rows)
        return {incident.id: incident for incident in incidents}

    @override
    async def save(self, changes: Sequence[Change]) -> None:
        if changes:
            await self._save(changes)
        self.changes.extend(changes)

    @override
    async def settle(self, asked: Asked, answered: Answered, changes: Sequence[Change]) -> bool:
        if not await self._save(changes, answer=(asked, answered)):
            return False
        self.changes.extend(changes)
        return True

    async def _save(
        self,
        changes: Sequence[Change],
        *,
        seen: Seen | None = None,
        answer: tuple[Asked, Answered] | None = None,
    ) -> bool:
        opened = [entry.incident for entry in changes if entry.incident.id not in self._heads]
        await self._shelf.keep(self._connection, [incident.profile for incident in opened])
        return await save_changes(
            self._connection,
            changes,
            heads=self._heads,
            queries=QUERIES,
            telling=Telling(
                topic=self._topic,
                real=self._clock.real(),
                is_center=self._atlas.lookup.centers.__contains__,
            ),
            seen=seen,
            answer=answer,
        )

    @override
    async def recall(self, caller: str, command: str, key: str) -> Answered | None:
        row = await self._connection.fetchrow(QUERIES["read_answer"], caller, command, key)
        return None if row is None else Answered(digest=row["digest"], body=row["body"])

    @override
    async def remember(self, caller: str, command: str, key: str, answered: Answered) -> bool:
        kept = await self._connection.fetchval(
            QUERIES["insert_answer"],
            caller,
            command,
            key,
            answered.digest,
            answered.body,
            self._clock.real(),
        )
        return kept is not None

    @override
    async def keep_early(self, early: Sequence[Early], *, now: datetime) -> None:
        if not early:
            return
        await self._connection.execute(
            QUERIES["insert_early"],
            [entry.incident for entry in early],
            [entry.id for entry in early],
            [entry.type for entry in early],
            [entry.value for entry in early],
            now,
        )

    @override
    async def take_early(self, ids: Iterable[IncidentId]) -> list[Early]:
        wanted = list(ids)
        if not wanted:
            return []
        rows = await self._connection.fetch(QUERIES["take_early"], wanted)
        return [
            Early(
                incident=IncidentId(row["incident"]),
                id=row["id"],
                type=row["type"],
                value=row["value"],
            )
            for row in sorted(rows, key=lambda row: (row["recorded_at"], row["id"]))
        ]

    @override
    async def queue_deliveries(self, deliveries: Sequence[Delivery]) -> None:
        if not deliveries:
            return
        await self._connection.execute(
            QUERIES["insert_deliveries"],
            [uuid5(entry.incident, f"delivery/{entry.round}") for entry in deliveries],
            [entry.incident for entry in deliveries],
            [entry.center for entry in deliveries],
            [entry.round for entry in deliveries],
            self._clock.real(),
        )


class PostgresGlance(PostgresWork):
    """Looks without locks, and saves in one statement if what it saw still stands."""

    def __init__(
        self,
        connection: asyncpg.Connection,
        clock: Clock,
        *,
        topic: str,
        atlas: Atlas,
        shelf: Shelf,
    ) -> None:
        super().__init__(connection, clock, topic=topic, atlas=atlas, shelf=shelf)
        self._seen = Seen()

    @override
    async def take(
        self, ids: Iterable[IncidentId], asked: Asked, *, teams: Iterable[TeamId] = ()
    ) -> tuple[dict[IncidentId, Incident], Answered | None]:
        (id_,) = ids
        wanted = sorted(set(teams))
        row = await self._connection.fetchrow(
            QUERIES["look_at"], id_, asked.caller, asked.command, asked.key, wanted or None
        )
        if row is None:
            return {}, None
        engaged = dict(zip(row["engaged_teams"] or (), row["engaged_incidents"] or (), strict=True))
        self._seen.engaged.update({team: engaged.get(team) for team in wanted})
        self._seen.versions[id_] = row["version"]
        self._heads[id_] = row["head"]
        answered = row["digest"] and Answered(digest=row["digest"], body=row["body"])
        return await self._read([row]), answered

    @override
    async def lock_teams(self, teams: Iterable[TeamId]) -> dict[TeamId, IncidentId]:
        seen = self._seen.engaged
        return {team: where for team in teams if (where := seen[team]) is not None}

    @override
    async def settle(self, asked: Asked, answered: Answered, changes: Sequence[Change]) -> bool:
        if not await self._save(changes, seen=self._seen, answer=(asked, answered)):
            raise StaleError
        self.changes.extend(changes)
        return True


class PostgresStore(Store):
    """Hands out transactions and tells of what they changed once it is committed."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        topic: str,
        atlas: Atlas,
        wake: Wake,
        shelf: Shelf | None = None,
    ) -> None:
        self._shelf = shelf or Shelf(SCHEMA)
        self._database = database
        self._clock = clock
        self._topic = topic
        self._atlas = atlas
        self._wake = wake

    @override
    @asynccontextmanager
    async def work(self) -> AsyncIterator[Work]:
        async with self._database.transaction() as connection:
            work = self.on(connection)
            yield work
        self._wake(work.changes)

    @override
    @asynccontextmanager
    async def glance(self) -> AsyncIterator[Work]:
        async with self._database.statements() as connection:
            work = PostgresGlance(
                connection, self._clock, topic=self._topic, atlas=self._atlas, shelf=self._shelf
            )
            yield work
        self._wake(work.changes)

    def on(self, connection: asyncpg.Connection) -> PostgresWork:
        """Work inside a transaction that somebody else began."""
        return PostgresWork(
            connection, self._clock, topic=self._topic, atlas=self._atlas, shelf=self._shelf
        )
