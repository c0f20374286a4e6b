"""What is read of the notifier's tables, each in a transaction of its own."""

import asyncio
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
from typing_extensions import override

from incident.alert import IncidentId
from incident.chain import Entry, Head
from services.notifier.adapters.rows import watched_of
from services.notifier.ports import (
    Conservation,
    Counts,
    Digest,
    Heard,
    Housekeeping,
    Left,
    Logged,
    ProofTally,
    Question,
    Reports,
    Tally,
    Watched,
)
from services.runtime.postgres import Database
from services.runtime.profiles import Shelf
from services.runtime.queries import load

TALLIES = 2
"""Tallies at once: a year of legs takes seconds, and the clocks need connections too."""

TALLY_SECONDS = 20.0

_FOR_TALLIES = f"""
set local statement_timeout = '{TALLY_SECONDS:.0f}s';
set local work_mem = '64MB';
set local max_parallel_workers_per_gather = 0;
set local plan_cache_mode = 'force_custom_plan'
"""
"""A year is sorted in memory, by one process: the clocks need the others. Whose legs are asked for
decides how they are best found."""

_QUERIES = load(Path(__file__).with_name("reports.sql"))


class PostgresReports(Reports, Housekeeping):
    """Reads the notifier's schema."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._shelf = Shelf("notifier")
        self._tallying = asyncio.Semaphore(TALLIES)

    @override
    async def tally(self, question: Question) -> list[Tally]:
        return [_tally(row) for row in await self._count("tally_legs", *_asked(question))]

    @override
    async def proofs(self, question: Question) -> list[ProofTally]:
        return [ProofTally(**row) for row in await self._count("count_proofs", *_asked(question))]

    @override
    async def left_out(self, question: Question) -> Left:
        (row,) = await self._count(
            "count_left_out",
            question.since,
            question.until,
            question.scope.station,
            question.scope.center,
            list(question.centers) or None,
        )
        return Left(**row)

    async def _count(self, name: str, *asked: Any) -> list[asyncpg.Record]:  # noqa: ANN401  # what SQL takes
        async with (
            asyncio.timeout(TALLY_SECONDS),
            self._tallying,
            self._database.transaction() as connection,
        ):
            await connection.execute(_FOR_TALLIES)
            rows: list[asyncpg.Record] = await connection.fetch(
                _QUERIES[name], *asked, timeout=TALLY_SECONDS + 1
            )
        return rows

    @override
    async def conservation(self, *, before: datetime) -> Conservation:
        (row,) = await self._fetch("compare_alerts_and_incidents", before)
        return Conservation(**row)

    @override
    async def counts(self) -> Counts:
        async with self._database.transaction() as connection:
            rows = await connection.fetch(_QUERIES["count_heads"])
            dead = await connection.fetchval(_QUERIES["count_dead"])
        counted = {row["what"]: row["count"] for row in rows}
        return Counts(alerts=counted.pop("alert", 0), dead_lettered=dead, incidents=counted)

    @override
    async def find(self, id_: IncidentId) -> Watched | None:
        async with self._database.transaction() as connection:
            row = await connection.fetchrow(_QUERIES["find_incident"], id_)
            if row is None:
                return None
            return await self._shelf.knowing(connection, lambda: watched_of(row))

    @override
    async def log(self, id_: IncidentId, *, after: int, limit: int) -> list[Logged]:
        rows = await self._fetch("list_timing_events", id_, after, limit)
        return [_logged(row) for row in rows]

    @override
    async def heads(self, *, after: UUID | None, limit: int) -> list[Head]:
        rows = await self._fetch("list_heads", after, limit)
        return [Head(incident=row["id"], version=row["sequence"], hash=row["hash"]) for row in rows]

    @override
    async def digests(self, *, after: int, limit: int) -> list[Digest]:
        return [Digest(**row) for row in await self._fetch("list_digests", after, limit)]

    @override
    async def pulses(self) -> list[Heard]:
        return [Heard(**row) for row in await self._fetch("list_heartbeats")]

    @override
    async def forget_pulses(self, *, before: datetime) -> None:
        await self._fetch("delete_heartbeats", before)

    @override
    async def oldest_deadline(self) -> tuple[datetime | None, int]:
        (row,) = await self._fetch("measure_deadlines")
        return row["oldest"], row["set_aside"]

    async def _fetch(self, name: str, *arguments: Any) -> list[asyncpg.Record]:  # noqa: ANN401  # what SQL takes
        async with self._database.transaction() as connection:
            rows: list[asyncpg.Record] = await connection.fetch(_QUERIES[name], *arguments)
        return rows


def _asked(question: Question) -> tuple[object, ...]:
    return (
        question.status,
        question.since,
        question.until,
        question.group_by,
        question.scope.center,
        question.scope.station,
        list(question.centers) or None,
    )


def _tally(row: asyncpg.Record) -> Tally:
    percentiles = row["percentiles"]
    return Tally(
        **{name: row[name] for name in _COUNTED},
        targets=tuple(row["targets"] or ()),
        percentiles=None if percentiles is None else tuple(percentiles),
    )


_COUNTED = (
    "group", "leg", "by", "n", "met", "amended", "breached", "void", "no_end", "pending",
    "not_measured",
)  # fmt: skip


def _logged(row: asyncpg.Record) -> Logged:
    entry = Entry(
        version=row["sequence"], text=row["text"], previous=row["previous"], hash=row["hash"]
    )
    return Logged(id=row["id"], type=row["type"], entry=entry)
