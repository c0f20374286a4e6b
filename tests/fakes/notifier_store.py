"""The notifier's store in memory: the same promises, without SQL."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from typing_extensions import override

from incident.alert import Alert, IncidentId
from incident.directory import Lookup
from incident.lifecycle import Incident
from incident.profile import Kind, Profile
from incident.timing import Verdict
from services.notifier.adapters.timing_log import Line, lines_of
from services.notifier.ports import (
    Atlas,
    DeskTold,
    Due,
    Judged,
    Known,
    Point,
    Pulse,
    Spoken,
    Store,
    Wanted,
    Work,
)
from tests.builders import KINDS, PROFILES

TRIES = 5


class FakeAtlas(Atlas):
    """A directory that a test puts in, and the built-in kinds."""

    def __init__(self, lookup: Lookup | None) -> None:
        self._lookup = lookup

    @property
    @override
    def lookup(self) -> Lookup | None:
        return self._lookup

    @property
    @override
    def kinds(self) -> Mapping[str, Kind]:
        return KINDS

    @property
    @override
    def profiles(self) -> Mapping[str, Profile]:
        return PROFILES


@dataclass
class Kept:
    """A deadline as kept."""

    point: Point
    attempts: int = 0
    next_try_at: datetime | None = None
    set_aside: bool = False


@dataclass
class Tables:
    """All that is kept."""

    known: dict[IncidentId, Known] = field(default_factory=dict)
    incidents: dict[IncidentId, Incident] = field(default_factory=dict)
    alerts: dict[IncidentId, Alert] = field(default_factory=dict)
    dead: dict[IncidentId, datetime] = field(default_factory=dict)
    deadlines: dict[IncidentId, Kept] = field(default_factory=dict)
    legs: dict[tuple[IncidentId, int, str], Verdict] = field(default_factory=dict)
    log: list[Line] = field(default_factory=list)
    pulses: dict[tuple[str, str], Pulse] = field(default_factory=dict)
    desks: dict[tuple[str, str], DeskTold] = field(default_factory=dict)
    beats: dict[int, int] = field(default_factory=dict)


class FakeStore(Store):
    """Gives one transaction at a time: on an error nothing of it stays.

    Attributes:
        tables: What was committed.
        commit_fault: Raised in place of the next commits, once each.
        broken: Ids whose saving fails.
    """

    def __init__(self) -> None:
        self.tables = Tables()
        self.faults: list[Exception] = []
        self.broken: set[IncidentId] = set()

    @override
    @asynccontextmanager
    async def work(self) -> AsyncIterator[Work]:
        tables = deepcopy(self.tables)
        if self.faults:
            raise self.faults.pop(0)
        yield FakeWork(tables, self.broken)
        self.tables = tables

    @property
    def facts(self) -> list[str]:
        """The facts said so far, in order, of all ids."""
        return [line.fact.key for line in self.tables.log]


class FakeWork(Work):
    """One transaction."""

    def __init__(self, tables: Tables, broken: Collection[IncidentId]) -> None:
        self._tables = tables
        self._broken = broken

    @override
    async def lock(self, spoken: Mapping[IncidentId, Spoken]) -> dict[IncidentId, Known]:
        found: dict[IncidentId, Known] = {}
        for id_, told in spoken.items():
            new = Known(id=id_, partition=told.partition or 0, traceparent=told.traceparent)
            known = self._tables.known.setdefault(id_, new)
            partition = known.partition if told.partition is None else told.partition
            found[id_] = replace(known, partition=partition, announced=self._announced(id_))
        return found

    @override
    async def claim(self, wanted: Wanted, *, only: IncidentId | None = None) -> list[Due]:
        ids = await self.list_due(wanted)
        return [
            Due(
                known=replace(self._tables.known[id_], announced=self._announced(id_)),
                incident=self._tables.incidents.get(id_),
                alert=self._tables.alerts.get(id_),
                due_at=self._tables.deadlines[id_].point.due_at,
            )
            for id_ in ids
            if only in (None, id_)
        ]

    @override
    async def list_due(self, wanted: Wanted) -> list[IncidentId]:
        due = [
            (kept.point.due_at, id_)
            for id_, kept in self._tables.deadlines.items()
            if not kept.set_aside
            and kept.point.due_at <= wanted.now
            and (kept.next_try_at is None or kept.next_try_at <= wanted.real)
            and self._tables.known[id_].partition not in wanted.closed
        ]
        return [id_ for _, id_ in sorted(due)][: wanted.limit]

    @override
    async def accept(self, alerts: Sequence[Alert]) -> None:
        for alert in alerts:
            self._tables.alerts.setdefault(alert.id, alert)
            self._change(alert.id, alert_received_at=self._tables.alerts[alert.id].received_at)

    @override
    async def withdraw(self, cancelled: Mapping[IncidentId, datetime]) -> None:
        for id_ in cancelled:
            self._change(id_, cancelled=True)
            if id_ not in self._tables.incidents:
                self._tables.deadlines.pop(id_, None)

    @override
    async def give_up(self, dead: Mapping[IncidentId, datetime]) -> None:
        for id_, moment in dead.items():
            self._tables.dead.setdefault(id_, moment)

    @override
    async def save(self, judged: Sequence[Judged], *, real: datetime) -> None:
        for entry in judged:
            if entry.known.id in self._broken:
                raise ValueError("it does not fit")
            self._save(entry)

    def _save(self, entry: Judged) -> None:
        id_, lines = entry.known.id, list(lines_of(entry.known, entry.facts))
        assert not self._announced(id_) & {line.fact.key for line in lines}, "said twice"
        self._tables.log += lines
        self._change(id_, partition=entry.known.partition, judged_to=entry.judged_to)
        if lines:
            last = lines[-1]
            self._change(id_, sequence=last.sequence, hash=last.hash, recorded_at=last.recorded_at)
        if entry.incident is not None:
            self._tables.incidents[id_] = entry.incident
            incident = entry.incident
            self._change(id_, version=incident.version, state=incident.state.value)
        self._tables.legs.update({(id_, one.round, one.leg): one for one in entry.verdicts})
        self._tables.deadlines.pop(id_, None)
        if entry.wake is not None:
            self._tables.deadlines[id_] = Kept(entry.wake)

    @override
    async def drop_deadlines(self, ids: Collection[IncidentId]) -> None:
        for id_ in ids:
            self._tables.deadlines.pop(id_, None)

    @override
    async def feel(self, pulses: Sequence[Pulse], *, real: datetime) -> None:
        for pulse in pulses:
            self._tables.pulses[pulse.service, pulse.instance] = pulse

    @override
    async def seat(self, told: Sequence[DeskTold]) -> None:
        for one in told:
            known = self._tables.desks.get((one.center, one.type))
            if known is None or known.at <= one.at:
                self._tables.desks[one.center, one.type] = one

    @override
    async def fail(self, id_: IncidentId, *, fault: str, real: datetime) -> bool:
        kept = self._tables.deadlines[id_]
        kept.next_try_at = real + timedelta(seconds=2**kept.attempts)
        kept.attempts += 1
        kept.set_aside = kept.attempts >= TRIES
        return kept.set_aside

    @override
    async def beat(self, settled: Collection[int]) -> dict[int, int]:
        for partition in settled:
            self._tables.beats[partition] = self._tables.beats.get(partition, 0) + 1
        return dict(self._tables.beats)

    def _announced(self, id_: IncidentId) -> frozenset[str]:
        return frozenset(line.fact.key for line in self._tables.log if line.incident == id_)

    def _change(self, id_: IncidentId, **changes: object) -> None:
        self._tables.known[id_] = replace(self._tables.known[id_], **changes)  # type: ignore[arg-type]  # checked by the class
