"""Keeps cases for figures: one statement a batch, and a row only where figures see a change."""

import asyncio
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any

import asyncpg
from typing_extensions import override

from incident.figures.case import Case, case_of
from incident.figures.effect import Sample
from incident.profile import Kind, OnSite
from services.notifier.adapters.listening import Listener
from services.notifier.adapters.rows import columns
from services.notifier.ports import Judged
from services.notifier.ports.figures import (
    Baseline,
    BaselineSource,
    Cases,
    CasesWanted,
    Recorded,
    Recording,
    TooManyCasesError,
)
from services.runtime import codec
from services.runtime.clock import Clock
from services.runtime.postgres import Database
from services.runtime.queries import load

MOST_CASES = 150_000
"""So many are counted at once; a park of ten busy centers has a few thousand a week."""

MOST_RECORDINGS = 10_000
READ_SECONDS = 20.0
AT_ONCE = 2

_FOR_READING = f"""
set local statement_timeout = '{READ_SECONDS:.0f}s';
set local work_mem = '64MB';
set local max_parallel_workers_per_gather = 0;
set local plan_cache_mode = 'force_custom_plan'
"""
_QUERIES = load(Path(__file__).with_name("figures.sql"))


def keep_cases(kinds: Mapping[str, Kind], clock: Clock) -> Listener:
    """Say what is recorded for figures when incidents change.

    Args:
        kinds: How the dispositions of each kind count; frozen into what is recorded.
        clock: By which it is recorded.
    """
    counts = {
        code: {one.code: one.on_site for one in kind.dispositions} for code, kind in kinds.items()
    }

    async def listen(connection: asyncpg.Connection, judged: Sequence[Judged]) -> None:
        cases = [
            case_of(one.incident, counts.get(one.incident.alert.kind, _NOTHING))
            for one in judged
            if one.incident is not None
        ]
        if cases:
            now = clock.now()
            rows = [(case.id, now, *_row(case)) for case in cases]
            await connection.execute(_QUERIES["record_cases"], *columns(rows, 9))

    return listen


_NOTHING: Mapping[str, OnSite] = {}


def _row(case: Case) -> tuple[object, ...]:
    body = codec.text(case)
    return (
        case.received_at,
        case.status.value,
        case.station,
        case.center,
        case.late_entry,
        blake2b(body.encode(), digest_size=8).hexdigest(),
        body,
    )


class PostgresCases(Cases):
    """Reads what was recorded; it is decoded beside the loop that keeps the clocks."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._reading = asyncio.Semaphore(AT_ONCE)

    @override
    async def cases(self, wanted: CasesWanted) -> list[Recorded]:
        rows = await self._read(
            "list_cases",
            wanted.since,
            wanted.until,
            wanted.as_of,
            wanted.before,
            wanted.scope.station,
            wanted.scope.center,
            MOST_CASES + 1,
        )
        if len(rows) > MOST_CASES:
            raise TooManyCasesError(f"at most {MOST_CASES} cases are counted at once")
        return await asyncio.to_thread(_recorded, rows)

    @override
    async def recordings(self, wanted: CasesWanted) -> list[Recording]:
        rows = await self._read(
            "list_recordings",
            wanted.since,
            wanted.until,
            wanted.before,
            wanted.as_of,
            wanted.scope.station,
            wanted.scope.center,
            MOST_RECORDINGS,
        )
        return [
            Recording(recorded_at=row["recorded_at"], incident=row["incident_id"]) for row in rows
        ]

    @override
    async def baseline(self, park: str) -> Baseline | None:
        rows = await self._read("find_baseline", park)
        return _baseline(rows[0]) if rows else None

    @override
    async def set_baseline(self, baseline: Baseline) -> Baseline:
        async with self._database.transaction() as connection:
            await connection.execute(_QUERIES["lock_baselines"], baseline.park)
            await connection.fetchval(
                _QUERIES["insert_baseline"],
                baseline.park,
                baseline.source,
                baseline.first_day,
                baseline.last_day,
                baseline.set_at,
                baseline.set_by,
                codec.text(baseline.sample),
            )
            row = await connection.fetchrow(_QUERIES["find_baseline"], baseline.park)
        return _baseline(row)

    async def _read(self, name: str, *arguments: Any) -> list[asyncpg.Record]:  # noqa: ANN401  # what SQL takes
        async with (
            asyncio.timeout(READ_SECONDS),
            self._reading,
            self._database.transaction() as connection,
        ):
            await connection.execute(_FOR_READING)
            rows: list[asyncpg.Record] = await connection.fetch(
                _QUERIES[name], *arguments, timeout=READ_SECONDS + 1
            )
        return rows


def _recorded(rows: Sequence[asyncpg.Record]) -> list[Recorded]:
    return [_one(row) for row in rows]


def _one(row: asyncpg.Record) -> Recorded:
    case = codec.decode(row["body"], Case)
    if row["same"]:
        return Recorded(case=case, earlier=case)
    earlier = row["earlier"]
    return Recorded(case=case, earlier=None if earlier is None else codec.decode(earlier, Case))


def _baseline(row: asyncpg.Record) -> Baseline:
    return Baseline(
        park=row["park"],
        version=row["version"],
        source=BaselineSource(row["source"]),
        first_day=row["first_day"],
        last_day=row["last_day"],
        set_at=row["set_at"],
        set_by=row["set_by"],
        sample=codec.decode(row["sample"], Sample),
    )
