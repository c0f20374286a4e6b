"""Messages on Postgres: made beside what is said, claimed with a lease, settled once."""

from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from uuid import UUID

import asyncpg
from typing_extensions import override

from services.notifier.adapters.message_rows import (
    about_of,
    earlier_of,
    message_row,
    person_of,
    queued_of,
    settled_row,
)
from services.notifier.adapters.rows import columns
from services.notifier.ports.message_store import Backlog, MessageWork, Outbox, OutboxWork
from services.notifier.ports.messages import (
    About,
    Begun,
    Deferred,
    Earlier,
    Message,
    Person,
    Purpose,
    Queued,
    Settled,
)
from services.runtime import codec
from services.runtime.postgres import Database
from services.runtime.queries import load

_QUERIES = load(Path(__file__).with_name("messages.sql"))
_TOGETHER = {Purpose.BUNDLE, Purpose.DIGEST}


class PostgresMessageWork(MessageWork):
    """Statements of a transaction that somebody else began."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection

    @override
    async def earlier(self, incidents: Collection[UUID]) -> list[Earlier]:
        rows = await self._connection.fetch(_QUERIES["select_earlier"], list(incidents))
        return [earlier_of(row) for row in rows]

    @override
    async def windows(self, people: Collection[Person]) -> dict[tuple[Person, Purpose], datetime]:
        wanted = columns(((one.organisation, one.code) for one in people), 2)
        rows = await self._connection.fetch(_QUERIES["select_windows"], *wanted)
        return {(person_of(row), Purpose(row["purpose"])): row["opened_at"] for row in rows}

    @override
    async def open_windows(self, opened: Mapping[tuple[Person, Purpose], datetime]) -> None:
        rows = sorted((who.organisation, who.code, why, at) for (who, why), at in opened.items())
        await self._connection.execute(_QUERIES["upsert_windows"], *columns(rows, 4))

    @override
    async def lock_bundles(self, ids: Collection[UUID]) -> set[UUID]:
        rows = await self._connection.fetch(_QUERIES["lock_bundles"], list(ids))
        return {row["id"] for row in rows}

    @override
    async def insert(self, messages: Sequence[Message], *, real: datetime) -> int:
        if not messages:
            return 0
        rows = codec.text([message_row(message) for message in messages])
        return len(await self._connection.fetch(_QUERIES["insert_messages"], rows, real))

    @override
    async def end_steps(
        self, steps: Collection[tuple[UUID, str]], *, now: datetime
    ) -> list[tuple[About, Person]]:
        wanted = columns(steps, 2)
        rows = await self._connection.fetch(_QUERIES["end_steps"], *wanted, now)
        return [(about_of(row), person_of(row)) for row in rows if row["told"]]


class PostgresOutbox(Outbox):
    """What waits to be sent."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @override
    @asynccontextmanager
    async def work(self) -> AsyncIterator[OutboxWork]:
        async with self._database.transaction() as connection:
            yield _Work(connection)

    @override
    async def measure(self) -> Backlog:
        async with self._database.statements() as connection:
            row = await connection.fetchrow(_QUERIES["measure_messages"])
        return Backlog(count=row["count"], oldest=row["oldest"])


class _Work(OutboxWork):
    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection

    @property
    @override
    def messages(self) -> MessageWork:
        return PostgresMessageWork(self._connection)

    @override
    async def claim(self, *, real: datetime, busy: Collection[str], limit: int) -> list[Queued]:
        rows = await self._connection.fetch(_QUERIES["claim_messages"], real, list(busy), limit)
        members = await self._members([row["id"] for row in rows if row["purpose"] in _TOGETHER])
        return [queued_of(row, members) for row in rows]

    async def _members(self, bundles: list[UUID]) -> dict[UUID, list[About]]:
        """Read what goes with bundles, after their locks were had: nothing more comes to them."""
        found: dict[UUID, list[About]] = defaultdict(list)
        if bundles:
            for row in await self._connection.fetch(_QUERIES["select_members"], bundles):
                over = row["purpose"] == Purpose.STAND_DOWN
                found[row["bundle"]].append(about_of(row, over=over))
        return found

    @override
    async def begin(self, begun: Sequence[Begun], *, real: datetime, until: datetime) -> None:
        if begun:
            rows = [(one.message.id, one.number, one.way.type, one.address) for one in begun]
            endpoints = [one.endpoint for one in begun]
            await self._connection.execute(
                _QUERIES["begin_attempts"], *columns(rows, 4), until, real, endpoints
            )

    @override
    async def defer(self, deferred: Sequence[Deferred]) -> None:
        if deferred:
            rows = [(one.id, one.next_at, one.way, one.endpoint) for one in deferred]
            await self._connection.execute(_QUERIES["defer_messages"], *columns(rows, 4))

    @override
    async def settle(
        self, settled: Sequence[Settled], *, now: datetime, real: datetime
    ) -> list[tuple[About, Person]]:
        if not settled:
            return []
        rows = codec.text([settled_row(one) for one in settled])
        await self._connection.execute(_QUERIES["settle_messages"], rows, now, real)
        ended = [one.id for one in settled if one.next_at is None]
        found = await self._connection.fetch(_QUERIES["list_told_though_over"], ended)
        return [(about_of(row), person_of(row)) for row in found]
