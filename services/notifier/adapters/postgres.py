"""The notifier's store on Postgres: one transaction of set-based statements for a whole batch."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import asyncpg
from typing_extensions import override

from incident.alert import Alert, IncidentId
from services.notifier import measures
from services.notifier.adapters.listening import Listener
from services.notifier.adapters.rows import (
    alert_row,
    columns,
    count_rows,
    deadline_row,
    due_of,
    incident_row,
    known_of,
    legs_of,
    line_row,
)
from services.notifier.adapters.timing_log import all_lines, record_of
from services.notifier.ports import DeskTold, Due, Judged, Known, Pulse, Spoken, Store, Wanted, Work
from services.runtime import codec, outbox
from services.runtime.postgres import Database
from services.runtime.profiles import Shelf
from services.runtime.queries import load

SCHEMA = "notifier"
SETTINGS = {"enable_seqscan": "off"}
"""How connections plan here. A statement that was planned while its tables were small would go on
reading them whole as they grow, until they are analyzed: each finds its rows by an index."""

MOST_TRIES = 5

_QUERIES = load(Path(__file__).with_name("queries.sql"))


class PostgresStore(Store):
    """Transactions on the notifier's schema."""

    def __init__(
        self,
        database: Database,
        *,
        timing_topic: str,
        listeners: Sequence[Listener] = (),
        shelf: Shelf | None = None,
    ) -> None:
        self._database = database
        self._shelf = shelf or Shelf(SCHEMA)
        self._topic = timing_topic
        self._listeners = listeners

    @override
    @asynccontextmanager
    async def work(self) -> AsyncIterator[Work]:
        async with self._database.transaction() as connection:
            yield self.work_in(connection)

    def work_in(self, connection: asyncpg.Connection) -> "PostgresWork":
        """Work in a transaction that somebody else began."""
        return PostgresWork(connection, self._topic, self._listeners, shelf=self._shelf)


class PostgresWork(Work):
    """Statements in one transaction."""

    def __init__(
        self,
        connection: asyncpg.Connection,
        topic: str,
        listeners: Sequence[Listener] = (),
        *,
        shelf: Shelf,
    ) -> None:
        self._shelf = shelf
        self._connection = connection
        self._topic = topic
        self._listeners = listeners
        self._locked: dict[IncidentId, Known] = {}
        self._made: set[IncidentId] = set()

    @override
    async def lock(self, spoken: Mapping[IncidentId, Spoken]) -> dict[IncidentId, Known]:
        found = await self._lock(spoken)
        missing = {id_: told for id_, told in spoken.items() if id_ not in found}
        if missing:
            self._made = await self._make(missing)
            found |= {
                id_: Known(id=id_, partition=0, traceparent=missing[id_].traceparent)
                for id_ in self._made
            }
        if missing.keys() - self._made:  # another notifier was faster
            found |= await self._lock(missing.keys() - self._made)
        self._locked = {id_: _told_in(found[id_], told) for id_, told in spoken.items()}
        return self._locked

    async def _lock(self, ids: Collection[IncidentId]) -> dict[IncidentId, Known]:
        if not ids:
            return {}
        rows = await self._connection.fetch(_QUERIES["lock_incidents"], list(ids))
        return {row["id"]: known_of(row) for row in rows}

    async def _make(self, spoken: Mapping[IncidentId, Spoken]) -> set[IncidentId]:
        rows = [
            (id_, told.partition or 0, told.alert_received_at, told.traceparent)
            for id_, told in spoken.items()
        ]
        made = await self._connection.fetch(_QUERIES["insert_incidents"], *columns(rows, 4))
        return {row["id"] for row in made}

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
        return await self._shelf.knowing(self._connection, lambda: [due_of(row) for row in rows])

    @override
    async def list_due(self, wanted: Wanted) -> list[IncidentId]:
        rows = await self._connection.fetch(
            _QUERIES["list_due_ids"], wanted.now, wanted.real, list(wanted.closed), wanted.limit
        )
        return [IncidentId(row["incident_id"]) for row in rows]

    @override
    async def accept(self, alerts: Sequence[Alert]) -> None:
        new = [one for one in alerts if self._locked[one.id].alert_received_at is None]
        if new:
            rows = [alert_row(one, self._locked[one.id].partition) for one in new]
            await self._execute("insert_alerts", columns(rows, 10))
        known = [(one.id, one.received_at) for one in new if one.id not in self._made]
        if known:
            await self._execute("mark_alerts_known", columns(known, 2))

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
        copies = [one.incident for one in judged if one.incident is not None]
        await self._shelf.keep(self._connection, [incident.profile for incident in copies])
        of_ids = all_lines(judged)
        legs = [legs_of(entry) for entry in judged]
        await self._drop_stale_legs(judged)
        incidents = [
            incident_row(entry, written, of_ids.get(entry.known.id, ()))
            for entry, written in zip(judged, legs, strict=True)
        ]
        lines = [line for of_one in of_ids.values() for line in of_one]
        changed = [row for written in legs for row in written.changed]
        set_ = [deadline_row(one.known, one.wake) for one in judged if one.wake is not None]
        await self._execute(
            "save_judged",
            [
                *columns(incidents, 16),
                codec.text(changed),
                *columns(set_, 5),
                [one.known.id for one in judged if one.wake is None],
                *columns(map(line_row, lines), 9),
                *columns(count_rows(judged), 3),
            ],
        )
        if lines:
            records = [record_of(line, self._topic) for line in lines]
            await outbox.put(self._connection, SCHEMA, records, real=real)
        for listener in self._listeners:
            await listener(self._connection, judged)
        for entry, written in zip(judged, legs, strict=True):
            for verdict in written.measured:
                measures.observe_leg(entry, verdict)

    async def _drop_stale_legs(self, judged: Sequence[Judged]) -> None:
        """Remove what was judged of alerts where the incident, now opened, has no such leg."""
        opened = [
            one
            for one in judged
            if one.incident is not None and one.known.version == 0 and one.known.legs
        ]
        if opened:
            kept = [(one.known.id, v.round, v.leg) for one in opened for v in one.verdicts]
            ids = [one.known.id for one in opened]
            await self._execute("delete_stale_legs", [ids, *columns(kept, 3)])

    @override
    async def drop_deadlines(self, ids: Collection[IncidentId]) -> None:
        if ids:
            await self._execute("delete_deadlines", [list(ids)])

    @override
    async def feel(self, pulses: Sequence[Pulse], *, real: datetime) -> None:
        last = {(one.service, one.instance): one.sent_at for one in pulses}
        if last:
            rows = [(*key, sent_at) for key, sent_at in sorted(last.items())]
            await self._execute("upsert_heartbeats", [*columns(rows, 3), real])

    @override
    async def seat(self, told: Sequence[DeskTold]) -> None:
        last = {(one.center, one.type): one for one in sorted(told, key=lambda one: one.at)}
        if last:
            rows = [(*key, one.at, one.value) for key, one in sorted(last.items())]
            await self._execute("upsert_desks", columns(rows, 4))

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

    async def _execute(self, name: str, arguments: Sequence[object]) -> None:
        await self._connection.execute(_QUERIES[name], *arguments)


def _told_in(known: Known, told: Spoken) -> Known:
    """What was stored before the batch, with the partition the batch was read from."""
    return known if told.partition is None else replace(known, partition=told.partition)
