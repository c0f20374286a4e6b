"""What was sent, for those who ask; the use of links; and the tests."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from uuid import UUID

import asyncpg
from typing_extensions import override

from services.notifier.adapters.message_rows import person_of
from services.notifier.adapters.messages import PostgresMessageWork
from services.notifier.handlers.messages.planning import level_of
from services.notifier.ports.message_reads import (
    Linked,
    Listed,
    MessageReads,
    Month,
    Tested,
    TriedOnce,
    Which,
)
from services.notifier.ports.messages import Message, MessageState, Purpose
from services.runtime.postgres import Database
from services.runtime.queries import load

_QUERIES = load(Path(__file__).with_name("messages.sql"))


class PostgresMessageReads(MessageReads):
    """Each question is one statement or one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @override
    async def page(self, which: Which, *, before: int | None, limit: int) -> list[Listed]:
        async with self._database.transaction() as connection:
            rows = await connection.fetch(
                _QUERIES["list_messages"],
                which.incident,
                which.person,
                which.state,
                which.center,
                which.station,
                before,
                limit,
            )
            tried = await connection.fetch(_QUERIES["list_attempts"], [row["id"] for row in rows])
        attempts: dict[UUID, list[TriedOnce]] = {row["id"]: [] for row in rows}
        for row in tried:
            attempts[row["message_id"]].append(_tried_of(row))
        return [_listed_of(row, attempts[row["id"]]) for row in rows]

    @override
    async def find(self, message: UUID) -> Linked | None:
        async with self._database.statements() as connection:
            row = await connection.fetchrow(_QUERIES["find_message"], message)
        if row is None:
            return None
        return Linked(
            id=row["id"],
            purpose=Purpose(row["purpose"]),
            person=person_of(row),
            number=row["number"],
            severity=row["severity"],
            used=row["used"],
        )

    @override
    async def acknowledge(self, message: UUID, *, now: datetime, real: datetime) -> bool:
        async with self._database.transaction() as connection:
            if await connection.fetchrow(_QUERIES["insert_reply"], message, now, real) is None:
                return False
            told = await connection.fetch(_QUERIES["mark_acknowledged"], message, now)
            for row in told:
                if row["incident"] is not None:
                    await connection.execute(
                        _QUERIES["skip_acknowledged"],
                        row["incident"],
                        row["organisation"],
                        row["person"],
                        level_of(row["step"]),
                        now,
                    )
        return True

    @override
    async def make(
        self, messages: Sequence[Message], *, real: datetime, month: str | None = None
    ) -> bool:
        async with self._database.transaction() as connection:
            if month is not None and not await self._claim(connection, month, messages):
                return False
            await PostgresMessageWork(connection).insert(messages, real=real)
        return True

    async def _claim(
        self, connection: asyncpg.Connection, month: str, messages: Sequence[Message]
    ) -> bool:
        made_at = messages[0].made_at
        found = await connection.fetchrow(_QUERIES["claim_month"], month, made_at, len(messages))
        return found is not None

    @override
    async def month(self, month: str, *, organisation: str | None = None) -> Month | None:
        async with self._database.transaction() as connection:
            made = await connection.fetchrow(_QUERIES["has_month"], month)
            rows = await connection.fetch(_QUERIES["list_month"], month, organisation)
        if made is None:
            return None
        return Month(month=month, made_at=made["made_at"], tested=tuple(map(_tested_of, rows)))


def _tried_of(row: asyncpg.Record) -> TriedOnce:
    names = ("number", "way", "address", "began_at", "ended_at", "outcome", "detail")
    return TriedOnce(**{name: row[name] for name in names})


def _listed_of(row: asyncpg.Record, attempts: list[TriedOnce]) -> Listed:
    names = (
        "id", "position", "post", "why", "incident", "step", "rung", "number", "severity", "status",
        "voice", "bundle", "reason", "due_at", "made_at", "over_at", "settled_at",
        "acknowledged_at",
    )  # fmt: skip
    waits = row["state"] == MessageState.WAITING
    return Listed(
        **{name: row[name] for name in names},
        purpose=Purpose(row["purpose"]),
        person=person_of(row),
        state=MessageState(row["state"]),
        next_at=row["next_at"] if waits else None,
        attempts=tuple(attempts),
    )


def _tested_of(row: asyncpg.Record) -> Tested:
    return Tested(
        id=row["id"],
        person=person_of(row),
        state=MessageState(row["state"]),
        reason=row["reason"],
        settled_at=row["settled_at"],
        confirmed_at=row["acknowledged_at"],
    )
