"""One database of the dispatcher, and the parts that stand on it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
from typing_extensions import override

from incident.lifecycle import Incident
from services.dispatcher.adapters.atlas import DirectoryAtlas
from services.dispatcher.adapters.deliveries import PostgresDeliveries
from services.dispatcher.adapters.directory import PostgresRegistry
from services.dispatcher.adapters.store import PostgresStore
from services.dispatcher.adapters.webhook import WebhookPost
from services.dispatcher.deliveries import Deliveries
from services.dispatcher.handlers.directory import Applied, Known, Proposal, apply_directory
from services.dispatcher.payloads.delivery import write_alert
from services.dispatcher.ports import Delivery
from services.runtime.auth import Principal, Role
from services.runtime.clock import Clock, SystemClock
from services.runtime.directory import DirectoryCopy
from services.runtime.outgoing.addresses import Allowed
from services.runtime.outgoing.guard import Guard
from services.runtime.outgoing.signing import Secrets
from services.runtime.postgres import Database
from tests.integration.dispatcher.desk.endpoint import SECRET
from tests.services.dispatcher.sending import connected_document, open_one

CLOCK = SystemClock()
ADMIN = Principal(key_id="root", role=Role.ADMIN, organisation="park")


class AheadClock(SystemClock):
    """The system's clock, ahead by what a test says: so that nobody waits."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    @override
    def real(self) -> datetime:
        return super().real() + self.ahead

    @override
    def monotonic(self) -> float:
        return super().monotonic() + self.ahead.total_seconds()


@dataclass(kw_only=True)
class Site:
    """The parts of one process on one database; others may stand beside it."""

    dsn: str
    database: Database
    copy: DirectoryCopy
    atlas: DirectoryAtlas
    store: PostgresStore
    registry: PostgresRegistry
    clock: AheadClock = field(default_factory=AheadClock)
    woken: list[object] = field(default_factory=list)

    async def apply(self, document: dict[str, Any]) -> Applied:
        """Put a document in force."""
        known = Known(
            kinds=self.atlas.kinds.keys(), profiles=self.atlas.profiles.keys(), now=CLOCK.real()
        )
        proposal = Proposal(caller=ADMIN, document=document)
        return await apply_directory(proposal, registry=self.registry, known=known)

    async def connect(self, **urls: str) -> None:
        """Put a directory in force whose centers have their systems at these addresses."""
        await self.apply(connected_document(**urls))

    async def queue(self, *, number: int = 1, center: str = "east-center") -> Incident:
        """Open an incident of a center and queue its delivery, as the ladder does."""
        code = next(code for code in self.atlas.lookup.centers.values() if code.code == center)
        incident = await open_one(self.store, self.atlas.lookup, number=number, center=code.code)
        delivery = Delivery(incident=incident.id, center=center, round=1)
        async with self.store.work() as work:
            await work.queue_deliveries([delivery])
        return incident

    def deliveries(self, *, clock: Clock | None = None) -> Deliveries:
        """A loop that may reach this machine."""
        return deliveries_on(
            self.database,
            store=self.store,
            atlas=self.atlas,
            clock=clock or self.clock,
            wake=lambda: self.woken.append("delivery"),
        )

    async def fetch(self, query: str, *values: object) -> list[asyncpg.Record]:
        connection = await asyncpg.connect(self.dsn)
        try:
            return list(await connection.fetch(query, *values))
        finally:
            await connection.close()

    async def rows(self) -> list[dict[str, Any]]:
        """The deliveries, in the order of their incidents."""
        query = (
            "select state, outcome, attempts, next_at from dispatcher.delivery order by incident"
        )
        return [dict(row) for row in await self.fetch(query)]

    async def states(self) -> list[tuple[str, str | None]]:
        return [(row["state"], row["outcome"]) for row in await self.rows()]

    async def find(self, id_: UUID) -> str:
        """The state of an incident."""
        (row,) = await self.fetch("select state from dispatcher.incident where id = $1", id_)
        state: str = row["state"]
        return state


def deliveries_on(
    database: Database,
    *,
    store: PostgresStore,
    atlas: DirectoryAtlas,
    clock: Clock,
    wake: Callable[[], None],
) -> Deliveries:
    """A delivery loop on a database, that may reach this machine and knows one secret."""
    return Deliveries(
        store=PostgresDeliveries(database, store=store, wake=wake),
        post=WebhookPost(
            secrets=Secrets.from_setting(f"hook:{SECRET}"),
            guard=Guard(Allowed.from_setting("127.0.0.0/8")),
            clock=clock,
        ),
        atlas=atlas,
        write=write_alert,
        clock=clock,
    )


@asynccontextmanager
async def open_site(dsn: str) -> AsyncIterator[Site]:
    """Connect and wire the parts."""
    database = await Database.connect(
        dsn, role="d115_dispatcher", application="desk", size=6, clock=CLOCK
    )
    copy = DirectoryCopy(database=database, schema="dispatcher", clock=CLOCK)
    atlas = DirectoryAtlas(copy)
    woken = list[object]()
    store = PostgresStore(database, CLOCK, topic="incidents.v1", atlas=atlas, wake=lambda _: None)
    registry = PostgresRegistry(
        database, topic="directory.v1", copy=copy, wake=lambda: woken.append("directory")
    )
    await copy.refresh()
    try:
        yield Site(
            dsn=dsn,
            database=database,
            copy=copy,
            atlas=atlas,
            store=store,
            registry=registry,
            woken=woken,
        )
    finally:
        await database.close()


@asynccontextmanager
async def running(*parts: Callable[[], Awaitable[None]]) -> AsyncIterator[None]:
    """Run loops beside a test, and cancel them at its end."""
    tasks = [asyncio.ensure_future(part()) for part in parts]
    try:
        yield
        for task in tasks:
            assert not task.done() or task.exception() is None
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


async def until(holds: Callable[[], Awaitable[object]], *, within: float = 20.0) -> None:
    """Return once something holds; fails the test if it does not in time."""
    async with asyncio.timeout(within):
        while not await holds():
            await CLOCK.sleep(0.02)
