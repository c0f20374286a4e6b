"""The notifier's store on Postgres: one transaction of set-based statements for a whole batch."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from uuid import UUID

import asyncpg
from typing_extensions import override

from incident.alert import Alert, IncidentId
from services.notifier import measures
from services.notifier.adapters.rows import (
    Legs,
    alert_row,
    columns,
    due_of,
    incident_row,
    known_of,
    legs_of,
    line_row,
)
from services.notifier.adapters.timing_log import Line, all_lines, record_of
from services.notifier.ports import Due, Judged, Known, Pulse, Spoken, Store, Wanted, Work
from services.runtime import codec, outbox
from services.runtime.postgres import Database
from services.runtime.queries import load

SCHEMA = "notifier"
MOST_TRIES = 5

_QUERIES = load(Path(__file__).with_name("queries.sql"))


class PostgresStore(Store):
    """Transactions on the notifier's schema."""

    def __init__(self, database: Database, *, timing_topic: str) -> None:
        self._database = database
        self._topic = timing_topic

    @override
    @asynccontextmanager
    async def work(self) -> AsyncIterator[Work]:
        async with self._database.transaction() as connection:
            yield self.work_in(connection)

    def work_in(self, connection: asyncpg.Connection) -> "PostgresWork":
        """Work in a transaction that somebody else began."""
        return PostgresWork(connection, self._topic)


class PostgresWork(Work):
    """Statements in one transaction."""

    def __init__(self, connection: asyncpg.Connection, topic: str) -> None:
        self._connection = connection
        self._topic = topic

    @override
    async def lock(self, spoken: Mapping[IncidentId, Spoken]) -> dict[IncidentId, Known]:
        if not spoken:
            return {}
        rows = [(id_, told.partition or 0, told.alert_received_at) for id_, told in spoken.items()]
        made = await self._connection.fetch(_QUERIES["insert_incidents"], *columns(rows, 3))
        new = {row["id"] for row in made}
        locked = await self._connection.fetch(_QUERIES["lock_incidents"], list(spoken))
        facts = await self._facts([row["id"] for row in locked if row["sequence"]])
        known = {row["id"]: known_of(row, facts) for row in locked}
        return {id_: _before(known[id_], told, is_new=id_ in new) for id_, told in spoken.items()}

    @override
    async def claim(self, wanted: Wanted, *, only: IncidentId | None = None) -> list[Due]:
        rows = await self._connection.fetch(
            _QUERIES["claim_incidents"],
            wanted.now,
            wanted.real,
            list(wanted.closed),
            wanted.limit,
            only,
        )
        facts = await self._facts([row["id"] for row in rows if row["sequence"]])
        return [due_of(row, facts) for row in rows]

    @override
    async def list_due(self, wanted: Wanted) -> list[IncidentId]:
        rows = await self._connection.fetch(
            _QUERIES["list_due_ids"], wanted.now, wanted.real, list(wanted.closed), wanted.limit
        )
        return [IncidentId(row["incident_id"]) for row in rows]

    @override
    async def accept(self, alerts: Sequence[Alert]) -> None:
        if not alerts:
            return
        await self._execute("insert_alerts", columns(map(alert_row, alerts), 9))
        await self._execute(
            "mark_alerts_known", columns([(one.id, one.received_at) for one in alerts], 2)
        )

    @override
    async def withdraw(self, cancelled: Mapping[IncidentId, datetime]) -> None:
        if cancelled:
            await self._execute("mark_alerts_cancelled", columns(cancelled.items(), 2))
            await self._execute("delete_deadlines_of_alerts", [list(cancelled)])

    @override
    async def give_up(self, dead: Mapping[IncidentId, datetime]) -> None:
        if dead:
            await self._execute("mark_alerts_dead", columns(dead.items(), 2))

    @override
    async def save(self, judged: Sequence[Judged], *, real: datetime) -> None:
        if not judged:
            return
        lines = all_lines(judged)
        legs = [legs_of(entry) for entry in judged]
        rows = [
            incident_row(entry, written, lines.get(entry.known.id, ()))
            for entry, written in zip(judged, legs, strict=True)
        ]
        await self._execute("update_incidents", columns(rows, 15))
        await self._drop_stale_legs(judged)
        await self._save_legs(legs)
        await self._save_deadlines(judged)
        await self._append([line for of_one in lines.values() for line in of_one], real)

    async def _drop_stale_legs(self, judged: Sequence[Judged]) -> None:
        """Remove what was judged of alerts where the incident, now opened, has no such leg."""
        opened = [one for one in judged if one.incident is not None and one.known.version == 0]
        if opened:
            kept = [(one.known.id, v.round, v.leg) for one in opened for v in one.verdicts]
            ids = [one.known.id for one in opened]
            await self._execute("delete_stale_legs", [ids, *columns(kept, 3)])

    async def _save_legs(self, legs: Sequence[Legs]) -> None:
        rows = [row for written in legs for row in written.changed]
        if rows:
            await self._execute("upsert_legs", [codec.text(rows)])
        for verdict in (one for written in legs for one in written.measured):
            seconds = max(0.0, verdict.seconds or 0.0)  # an end may be reported before its start
            measures.LEG_SECONDS.labels(verdict.leg, verdict.by).observe(seconds)

    async def _save_deadlines(self, judged: Sequence[Judged]) -> None:
        set_ = [
            (one.known.id, one.wake.key, one.wake.kind, one.wake.due_at, one.known.partition)
            for one in judged
            if one.wake is not None
        ]
        if set_:
            await self._execute("upsert_deadlines", columns(set_, 5))
        await self.drop_deadlines([one.known.id for one in judged if one.wake is None])

    async def _append(self, lines: Sequence[Line], real: datetime) -> None:
        if lines:
            await self._execute("insert_timing_events", columns(map(line_row, lines), 9))
            records = [record_of(line, self._topic) for line in lines]
            await outbox.put(self._connection, SCHEMA, records, real=real)

    @override
    async def drop_deadlines(self, ids: Collection[IncidentId]) -> None:
        if ids:
            await self._execute("delete_deadlines", [list(ids)])

    @override
    async def feel(self, pulses: Sequence[Pulse], *, real: datetime) -> None:
        newest = {
            (one.service, one.instance): one
            for one in sorted(pulses, key=lambda pulse: pulse.sent_at)
        }
        if newest:
            rows = [(*key, one.sent_at) for key, one in sorted(newest.items())]
            await self._execute("upsert_heartbeats", [*columns(rows, 3), real])

    @override
    async def fail(self, id_: IncidentId, *, fault: str, real: datetime) -> bool:
        state = await self._connection.fetchval(
            _QUERIES["fail_deadline"], id_, fault, real, MOST_TRIES
        )
        return bool(state == "set_aside")

    @override
    async def beat(self, settled: Collection[int]) -> dict[int, int]:
        if settled:
            await self._execute("beat_partitions", [list(settled)])
        rows = await self._connection.fetch(_QUERIES["select_beats"])
        return {row["partition"]: row["beats"] for row in rows}

    async def _facts(self, ids: Sequence[UUID]) -> dict[UUID, frozenset[str]]:
        if not ids:
            return {}
        rows = await self._connection.fetch(_QUERIES["list_facts"], ids)
        return {row["incident_id"]: frozenset(row["facts"]) for row in rows}

    async def _execute(self, name: str, arguments: Sequence[object]) -> None:
        await self._connection.execute(_QUERIES[name], *arguments)


def _before(known: Known, told: Spoken, *, is_new: bool) -> Known:
    """What was stored before the batch, with the partition the batch was read from."""
    return replace(
        known,
        partition=known.partition if told.partition is None else told.partition,
        alert_received_at=None if is_new else known.alert_received_at,
    )
