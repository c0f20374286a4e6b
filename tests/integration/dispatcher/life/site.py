"""One database of the dispatcher in this process, as one of its replicas works on it."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TypeVar

import asyncpg

from incident import chain
from incident.alert import IncidentId
from incident.commands import Command, Context
from incident.directory import to_document
from incident.lifecycle import Incident
from incident.messages import AlertReceived, IncidentChanged, StepDue
from incident.moments import Actor, ActorKind, Via
from incident.replay import replay
from services.dispatcher.adapters.atlas import DirectoryAtlas
from services.dispatcher.adapters.store import PostgresStore
from services.dispatcher.handlers.alerts import Incoming, apply_alerts
from services.dispatcher.handlers.commands import Answer, Request, execute
from services.dispatcher.handlers.steps import take_steps
from services.dispatcher.ports import Change, Early
from services.runtime import codec, eventlog
from services.runtime.auth import Principal, Role
from services.runtime.clock import SystemClock
from services.runtime.directory import DirectoryCopy
from services.runtime.migrations import migrate
from services.runtime.postgres import Database
from tests.builders import at
from tests.services.dispatcher.park import HOLDERS, document, incident_id, lookup_of

SQL = Path(__file__).parents[4] / "schemas" / "sql" / "dispatcher"
CLOCK = SystemClock()
T = TypeVar("T")


def principal(holder: str) -> Principal:
    """A holder of the small park's keys, as authenticated."""
    role, organisation, team = HOLDERS[holder]
    return Principal(key_id=holder, role=Role(role), organisation=organisation, team=team)


@dataclass(kw_only=True)
class Site:
    """A replica's parts.

    Attributes:
        woken: The changes told of after each commit.
    """

    database: Database
    atlas: DirectoryAtlas
    store: PostgresStore
    woken: list[Sequence[Change]]
    keys: "count[int]"

    async def open(self, *messages: AlertReceived, now: float = 0) -> None:
        """Open incidents in one transaction."""
        incoming = [
            Incoming(
                message=message,
                early=Early(incident=message.alert.id, id="", type="", value=""),
            )
            for message in messages
        ]
        async with self.store.work() as work:
            await apply_alerts(incoming, work=work, atlas=self.atlas, decode=_no_early, now=at(now))

    def request(
        self,
        holder: str,
        number: int,
        verb: str,
        command: Command,
        *,
        key: str | None = None,
        now: float = 10,
    ) -> Request:
        """A command of a holder to the numbered incident, under a new key."""
        who = principal(holder)
        actor = Actor(
            kind=ActorKind.PERSON,
            id=who.key_id,
            role=who.role.value,
            organisation=lookup_of(document()).centers[who.organisation].code,
        )
        return Request(
            caller=who,
            incident=incident_id(number),
            verb=verb,
            command=command,
            context=Context(now=at(now), actor=actor, via=Via.CONSOLE),
            key=key or f"key-{next(self.keys)}",
            digest=f"{verb} {number} {command}",
        )

    async def execute(self, request: Request) -> Answer:
        """Carry out a command."""
        return await execute(request, store=self.store, atlas=self.atlas)

    async def do(self, holder: str, number: int, verb: str, command: Command) -> Answer:
        """Carry out a command under a new key."""
        return await self.execute(self.request(holder, number, verb, command))

    async def due(self, number: int, step: str, *, now: float) -> None:
        """Take a step that is due."""
        told = StepDue(incident=incident_id(number), step=step, due_at=at(now), fired_at=at(now))
        async with self.store.work() as work:
            await take_steps([told], work=work, atlas=self.atlas, now=at(now))

    async def fetch(self, query: str, *values: object) -> list[asyncpg.Record]:
        """Rows of a query of ours."""
        async with self.database.transaction() as connection:
            return list(await connection.fetch(query, *values))

    async def incidents(self) -> dict[IncidentId, Incident]:
        """Every incident as stored."""
        rows = await self.fetch("select document from dispatcher.incident")
        found = [codec.decode(row["document"], Incident) for row in rows]
        return {incident.id: incident for incident in found}

    async def check_whole(self) -> None:
        """Fail unless chains, states, assignments, channels and the outbox tell the same."""
        incidents = await self.incidents()
        await self._check_chains(incidents)
        await self._check_channels()
        rows = await self.fetch("select incident, team from dispatcher.assignment where live")
        live = {
            (entry.id, assignment.team)
            for entry in incidents.values()
            for assignment in entry.live_assignments
        }
        assert {(row["incident"], row["team"]) for row in rows} == live

    async def _check_chains(self, incidents: dict[IncidentId, Incident]) -> None:
        heads = dict(
            tuple(row) for row in await self.fetch("select id, head from dispatcher.incident")
        )
        rows = await self.fetch("select * from dispatcher.event order by incident, version")
        logs: dict[IncidentId, list[asyncpg.Record]] = defaultdict(list)
        for row in rows:
            logs[row["incident"]].append(row)
        assert logs.keys() == incidents.keys()
        for id_, log in logs.items():
            previous = chain.GENESIS
            for version, row in enumerate(log, start=1):
                assert (row["version"], row["previous"]) == (version, previous)
                previous = chain.link(previous, row["canonical"])
                assert row["hash"] == previous
            assert heads[id_] == previous
            assert replay(eventlog.from_text(row["canonical"]) for row in log) == incidents[id_]

    async def _check_channels(self) -> None:
        rows = await self.fetch(
            "select channel, sequence from dispatcher.frame order by channel, sequence"
        )
        told: dict[str, list[int]] = defaultdict(list)
        for row in rows:
            told[row["channel"]].append(row["sequence"])
        stand = {
            row["name"]: row["sequence"]
            for row in await self.fetch("select name, sequence from dispatcher.channel")
        }
        assert told == {name: list(range(1, newest + 1)) for name, newest in stand.items()}

    async def outbox(self) -> dict[IncidentId, list[int]]:
        """The versions on their way out, in order, for each incident."""
        rows = await self.fetch("select value from dispatcher.outbox order by position")
        versions: dict[IncidentId, list[int]] = defaultdict(list)
        for row in rows:
            incident = codec.decode(row["value"], IncidentChanged).incident
            versions[incident.id].append(incident.version)
        return versions


@asynccontextmanager
async def open_site(dsn: str, *, size: int = 12) -> AsyncIterator[Site]:
    """Connect to a database with the small park's directory."""
    database = await Database.connect(
        dsn, role="d115_dispatcher", application="site", size=size, clock=CLOCK
    )
    copy = DirectoryCopy(database=database, schema="dispatcher", clock=CLOCK)
    await copy.refresh()
    atlas = DirectoryAtlas(copy)
    woken: list[Sequence[Change]] = []
    store = PostgresStore(database, CLOCK, topic="incidents.v1", atlas=atlas, wake=woken.append)
    try:
        yield Site(database=database, atlas=atlas, store=store, woken=woken, keys=count(1))
    finally:
        await database.close()


async def prepare(dsn: str) -> None:
    """Migrate a database and put the small park's directory into it."""
    await migrate(dsn, [SQL], clock=CLOCK)
    connection = await asyncpg.connect(dsn)
    try:
        whole = codec.text(to_document(lookup_of(document()).directory))
        await connection.execute(
            "insert into dispatcher.directory (version, document, published_at) values (1, $1, $2)",
            whole,
            at(0),
        )
    finally:
        await connection.close()


async def outcomes(*works: Awaitable[T]) -> tuple[list[T], list[Exception]]:
    """Do things at once; returns what came of them, and what was raised."""
    found = await asyncio.gather(*works, return_exceptions=True)
    good = [entry for entry in found if not isinstance(entry, BaseException)]
    return good, [entry for entry in found if isinstance(entry, Exception)]


def _no_early(_: Early) -> AlertReceived:
    raise AssertionError("nothing came early")
