"""Canaries in Postgres, with what was heard of their incidents."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from pathlib import Path

import asyncpg
from typing_extensions import override

from services.notifier.ports.canaries import (
    Canaries,
    Canary,
    CanaryFault,
    CanaryState,
    LastCanary,
    Sight,
    Turn,
)
from services.runtime.postgres import Database
from services.runtime.queries import load

_QUERIES = load(Path(__file__).with_name("canaries.sql"))
_PLAIN = [field.name for field in fields(Canary) if field.name not in {"state", "fault"}]


class PostgresCanaries(Canaries):
    """Keeps them in the notifier's schema."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @override
    async def add(self, canaries: Sequence[Canary]) -> int:
        columns = (
            [each.center for each in canaries],
            [each.day for each in canaries],
            [each.planned_at for each in canaries],
            [each.ends_at for each in canaries],
        )
        async with self._database.transaction() as connection:
            added: int = await connection.fetchval(_QUERIES["insert_canaries"], *columns)
        return added

    @override
    async def take_turns(
        self, *, now: datetime, real: datetime, until: datetime, limit: int
    ) -> list[Turn]:
        async with self._database.transaction() as connection:
            rows = await connection.fetch(_QUERIES["take_turns"], now, real, until, limit)
        return [Turn(canary=_canary(row), sight=_sight(row)) for row in rows]

    @override
    async def save(self, canary: Canary) -> None:
        async with self._database.transaction() as connection:
            await connection.execute(
                _QUERIES["update_canary"],
                canary.center,
                canary.day,
                canary.state,
                canary.alert_id,
                canary.tried_at,
                canary.opened_at,
                canary.open_seconds,
                canary.pushed,
                canary.ending_at,
                canary.finished_at,
                canary.fault,
            )

    @override
    async def last(self) -> list[LastCanary]:
        async with self._database.transaction() as connection:
            rows = await connection.fetch(_QUERIES["list_last_canaries"])
        return [
            LastCanary(
                center=row["center"],
                state=CanaryState(row["state"]),
                finished_at=row["finished_at"],
                fault=_fault(row),
                passed_at=row["passed_at"],
            )
            for row in rows
        ]


def _canary(row: asyncpg.Record) -> Canary:
    plain = {name: row[name] for name in _PLAIN}
    return Canary(state=CanaryState(row["state"]), fault=_fault(row), **plain)


def _fault(row: asyncpg.Record) -> CanaryFault | None:
    return None if row["fault"] is None else CanaryFault(row["fault"])


def _sight(row: asyncpg.Record) -> Sight | None:
    if row["seen_opened_at"] is None:
        return None
    return Sight(
        opened_at=row["seen_opened_at"],
        received_at=row["seen_received_at"],
        pushed=row["seen_pushed"],
        ended=row["seen_ended"],
    )
