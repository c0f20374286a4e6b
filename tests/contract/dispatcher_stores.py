"""The two stores of the dispatcher, in memory and in Postgres, with what a test asks both of."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Protocol

import asyncpg
from typing_extensions import override

from incident.alert import IncidentId
from incident.messages import IncidentChanged
from services.dispatcher.adapters.frames import PostgresFrames
from services.dispatcher.adapters.handing import PostgresHandovers
from services.dispatcher.adapters.presence import PostgresDesks
from services.dispatcher.adapters.reads import PostgresReads
from services.dispatcher.adapters.shifts import PostgresShifts
from services.dispatcher.adapters.store import PostgresStore
from services.dispatcher.adapters.tasks import PostgresTasks
from services.dispatcher.handlers.handing import Handovers
from services.dispatcher.handlers.presence import Desks
from services.dispatcher.handlers.reading import Reads
from services.dispatcher.handlers.shifts import Shifts, Streams
from services.dispatcher.handlers.tasks import Tasks
from services.dispatcher.ports import Atlas, Change, Frames, Store
from services.runtime import codec
from services.runtime.clock import SystemClock
from services.runtime.migrations import migrate
from services.runtime.postgres import Database
from tests.fakes.dispatcher import FakeStore
from tests.fakes.dispatcher_reads import FakeDesks, FakeReads, FakeTasks, StoreFrames
from tests.fakes.shifts import FakeHandovers, FakeShifts

SQL = Path(__file__).parents[2] / "schemas" / "sql" / "dispatcher"
CLOCK = SystemClock()


class Kept(Protocol):
    """A store with its reads, its frames, and what is looked at from outside."""

    store: Store
    reads: Reads
    frames: Frames
    tasks: Tasks
    desks: Desks
    shifts: Shifts
    streams: Streams
    handovers: Handovers

    async def said(self) -> list[tuple[IncidentId, int]]:
        """The incident and the version of each message on its way out, in order."""
        ...

    async def deliveries(self) -> list[tuple[IncidentId, str, int]]:
        """The incident, the center and the round of each delivery queued."""
        ...

    async def reveals(self) -> list[tuple[IncidentId, str]]:
        """Who saw the personal data of which incident."""
        ...


class InMemory(Kept):
    """The fake."""

    def __init__(self, atlas: Atlas) -> None:
        self.fake = FakeStore(atlas)
        self.store = self.fake
        self.reads = FakeReads(self.fake)
        self.frames = StoreFrames(self.fake)
        self.tasks = FakeTasks(self.fake)
        self.desks = FakeDesks(self.fake)
        self.shifts = self.streams = FakeShifts(self.fake)
        self.handovers = FakeHandovers(self.fake)

    @override
    async def said(self) -> list[tuple[IncidentId, int]]:
        return [(incident.id, incident.version) for incident in self.fake.tables.said]

    @override
    async def deliveries(self) -> list[tuple[IncidentId, str, int]]:
        queued = self.fake.tables.deliveries.values()
        return [(entry.incident, entry.center, entry.round) for entry in queued]

    @override
    async def reveals(self) -> list[tuple[IncidentId, str]]:
        return [(id_, caller) for id_, caller, _ in self.fake.tables.reveals]


class InPostgres(Kept):
    """The real one.

    Attributes:
        woken: The changes that were told of after each commit.
    """

    def __init__(self, database: Database, atlas: Atlas) -> None:
        self.database = database
        self.woken: list[list[Change]] = []
        self.store = PostgresStore(
            database,
            CLOCK,
            topic="incidents.v1",
            atlas=atlas,
            wake=lambda changes: self.woken.append(list(changes)),
        )
        self.reads = PostgresReads(database)
        self.frames = PostgresFrames(database)
        self.tasks = PostgresTasks(database)
        self.desks = PostgresDesks(database, CLOCK, topic="incidents.v1", wake=lambda: None)
        self.shifts = self.streams = PostgresShifts(
            database, CLOCK, atlas=atlas, topic="incidents.v1", wake=lambda: None
        )
        self.handovers = PostgresHandovers(database, self.store, wake=lambda _: None)

    @override
    async def said(self) -> list[tuple[IncidentId, int]]:
        rows = await self.fetch("select value from dispatcher.outbox order by position")
        told = [codec.decode(row["value"], IncidentChanged).incident for row in rows]
        return [(incident.id, incident.version) for incident in told]

    @override
    async def deliveries(self) -> list[tuple[IncidentId, str, int]]:
        rows = await self.fetch("select incident, center, round from dispatcher.delivery")
        return [tuple(row) for row in rows]

    @override
    async def reveals(self) -> list[tuple[IncidentId, str]]:
        rows = await self.fetch("select incident, caller from dispatcher.reveal")
        return [tuple(row) for row in rows]

    async def fetch(self, query: str) -> list[asyncpg.Record]:
        """Rows of a query of ours."""
        async with self.database.transaction() as connection:
            return list(await connection.fetch(query))


async def make_tables(dsn: str) -> None:
    """Bring a database to the dispatcher's shape."""
    await migrate(dsn, [SQL], clock=CLOCK)


@asynccontextmanager
async def open_postgres(dsn: str, atlas: Atlas) -> AsyncIterator[InPostgres]:
    """Connect to a migrated database as the dispatcher does."""
    database = await Database.connect(
        dsn, role="d115_dispatcher", application="contract", size=3, clock=CLOCK
    )
    try:
        yield InPostgres(database, atlas)
    finally:
        await database.close()
