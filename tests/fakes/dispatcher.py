"""The dispatcher's store in memory: it keeps what Postgres keeps, by the same rules, with no locks.

A transaction works on a copy, which becomes the store at its end and is dropped on any error.
"""

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from copy import copy
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID, uuid5

from typing_extensions import override

from incident import chain
from incident.alert import IncidentId, TeamId
from incident.directory import Lookup
from incident.events import TeamAssigned
from incident.lifecycle import Incident
from incident.presence import Presence, is_away
from incident.profile import Kind, Profile
from incident.shift import Console
from services.dispatcher.adapters.saving import LostRaceError
from services.dispatcher.handlers.reading import Logged, Sealed
from services.dispatcher.payloads.views import frames_of
from services.dispatcher.ports import Answered, Atlas, Change, Delivery, Early, Store, Told, Work
from services.runtime import eventlog
from services.runtime.directory import NoDirectoryError
from tests.builders import KINDS, PROFILES

Key = tuple[str, str, str]


class BrokenRuleError(Exception):
    """What a constraint of the database would refuse."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """An assignment as the table of assignments has it."""

    team: TeamId
    organisation: str
    ended_at: datetime | None


@dataclass(kw_only=True, slots=True)
class Tables:
    """Everything that is kept.

    Attributes:
        said: What was put in the outbox, as the change each message tells of.
        told: The frames of each channel.
        reveals: Who saw the personal data of which incident, when.
        said_at: What each operator said last at each desk.
        consoles: The desks on shift.
    """

    incidents: dict[IncidentId, Incident] = field(default_factory=dict)
    events: dict[IncidentId, tuple[Logged, ...]] = field(default_factory=dict)
    assignments: dict[tuple[IncidentId, int], Row] = field(default_factory=dict)
    sealed: dict[IncidentId, tuple[Sealed, ...]] = field(default_factory=dict)
    answers: dict[Key, Answered] = field(default_factory=dict)
    early: dict[tuple[IncidentId, str], tuple[datetime, Early]] = field(default_factory=dict)
    deliveries: dict[tuple[IncidentId, int], Delivery] = field(default_factory=dict)
    said: tuple[Incident, ...] = ()
    told: dict[str, tuple[Told, ...]] = field(default_factory=dict)
    reveals: tuple[tuple[IncidentId, str, datetime], ...] = ()
    said_at: dict[tuple[str, str], Presence] = field(default_factory=dict)
    consoles: dict[tuple[str, UUID], Console] = field(default_factory=dict)

    def copy(self) -> "Tables":
        """A copy that may be changed; what the tables hold never is."""
        copied = copy(self)
        for name in self.__slots__:
            table = getattr(self, name)
            setattr(copied, name, dict(table) if isinstance(table, dict) else table)
        return copied

    @property
    def engaged(self) -> dict[TeamId, IncidentId]:
        """Which team is on which incident."""
        return {row.team: id_ for (id_, _), row in self.assignments.items() if row.ended_at is None}


def said_at(tables: Tables, center: str) -> tuple[Presence, ...]:
    """What was said last at a desk."""
    return tuple(entry for (at, _), entry in tables.said_at.items() if at == center)


class FakeWork(Work):
    """One transaction on a copy of the tables."""

    def __init__(self, store: "FakeStore") -> None:
        self.tables = store.tables.copy()
        self._store = store

    @override
    async def lock(self, ids: Iterable[IncidentId]) -> dict[IncidentId, Incident]:
        self.tables = self._store.on_lock(self.tables).copy()
        return await self.find(ids)

    @override
    async def find(self, ids: Iterable[IncidentId]) -> dict[IncidentId, Incident]:
        known = self.tables.incidents
        return {id_: known[id_] for id_ in sorted(set(ids)) if id_ in known}

    @override
    async def find_away(self, *, now: datetime) -> frozenset[str]:
        centers = {center for center, _ in self.tables.said_at}
        return frozenset(
            center for center in centers if is_away(said_at(self.tables, center), now=now)
        )

    @override
    async def find_console(self, center: str, desk: UUID, *, now: datetime) -> Console | None:
        console = self.tables.consoles.get((center, desk))
        return console if console is not None and console.shift.until > now else None

    @override
    async def find_engaged(self, teams: Iterable[TeamId]) -> dict[TeamId, IncidentId]:
        engaged = self.tables.engaged
        return {team: engaged[team] for team in teams if team in engaged}

    @override
    async def lock_teams(self, teams: Iterable[TeamId]) -> dict[TeamId, IncidentId]:
        return await self.find_engaged(teams)

    @override
    async def save(self, changes: Sequence[Change]) -> None:
        for change in sorted(changes, key=lambda entry: entry.incident.id):
            self._save(change)

    def _save(self, change: Change) -> None:
        id_ = change.incident.id
        if (id_ in self.tables.incidents) is (change.before is None):
            raise LostRaceError
        self.tables.incidents[id_] = change.incident
        self._log(change)
        self._assign(change)
        texts = (Sealed(version=version, sealed=text) for version, text in change.sealed.items())
        self.tables.sealed[id_] = (*self.tables.sealed.get(id_, ()), *texts)
        self.tables.said += change.states
        for event, state in zip(change.events, change.states, strict=True):
            is_center = self._store.atlas.lookup.centers.__contains__
            for frame in frames_of(event, state, is_center=is_center):
                known = self.tables.told.get(frame.channel, ())
                told = Told(
                    channel=frame.channel,
                    sequence=len(known) + 1,
                    type=frame.type,
                    data=frame.data,
                )
                self.tables.told[frame.channel] = (*known, told)

    def _log(self, change: Change) -> None:
        logged = list(self.tables.events.get(change.incident.id, ()))
        for event in change.events:
            if event.version != len(logged) + 1:
                raise BrokenRuleError(f"version {event.version} of {event.incident} is taken")
            previous = logged[-1].hash if logged else chain.GENESIS
            text = eventlog.to_text(event)
            entry = Logged(
                version=event.version,
                id=str(uuid5(event.incident, str(event.version))),
                text=text,
                previous=previous,
                hash=chain.link(previous, text),
            )
            logged.append(entry)
        self.tables.events[change.incident.id] = tuple(logged)

    def _assign(self, change: Change) -> None:
        """Keep the assignments; a team that is on two incidents at the end is refused there."""
        id_ = change.incident.id
        known = {number for other, number in self.tables.assignments if other == id_}
        bodies = [event.body for event in change.events]
        begun = {body.assignment for body in bodies if isinstance(body, TeamAssigned)}
        for entry in change.incident.assignments:
            if entry.number in known | begun:
                row = Row(team=entry.team, organisation=entry.organisation, ended_at=entry.ended_at)
                self.tables.assignments[id_, entry.number] = row

    @override
    async def recall(self, caller: str, command: str, key: str) -> Answered | None:
        return self.tables.answers.get((caller, command, key))

    @override
    async def remember(self, caller: str, command: str, key: str, answered: Answered) -> bool:
        known = self.tables.answers | self._store.on_answers()
        self.tables.answers.setdefault((caller, command, key), answered)
        return (caller, command, key) not in known

    @override
    async def keep_early(self, early: Sequence[Early], *, now: datetime) -> None:
        for entry in early:
            self.tables.early.setdefault((entry.incident, entry.id), (now, entry))

    @override
    async def take_early(self, ids: Iterable[IncidentId]) -> list[Early]:
        wanted = set(ids)
        taken = [key for key in self.tables.early if key[0] in wanted]
        rows = [self.tables.early.pop(key) for key in taken]
        return [entry for _, entry in sorted(rows, key=lambda row: (row[0], row[1].id))]

    @override
    async def queue_deliveries(self, deliveries: Sequence[Delivery]) -> None:
        for entry in deliveries:
            self.tables.deliveries.setdefault((entry.incident, entry.round), entry)


class FakeStore(Store):
    """Holds the tables.

    Attributes:
        tables: As the last transaction left them.
        on_lock: Gives the tables as another transaction leaves them between a look and the lock.
        on_answers: Gives the answers of transactions that end while this one goes on.
    """

    tables: Tables
    on_lock: Callable[[Tables], Tables]
    on_answers: Callable[[], dict[Key, Answered]]

    def __init__(self, atlas: Atlas) -> None:
        self.atlas = atlas
        self.renew()

    def renew(self) -> None:
        """Forget everything."""
        self.tables = Tables()
        self.on_lock = lambda tables: tables
        self.on_answers = dict

    @override
    @asynccontextmanager
    async def work(self) -> AsyncIterator[Work]:
        work = FakeWork(self)
        yield work
        live = [row.team for row in work.tables.assignments.values() if row.ended_at is None]
        if len(live) != len(set(live)):
            raise BrokenRuleError("a team is on two incidents")
        self.tables = work.tables


class FakeAtlas(Atlas):
    """A directory that a test may replace."""

    now: Lookup | None
    known_kinds: Mapping[str, Kind]

    def __init__(self, lookup: Lookup | None) -> None:
        self.renew(lookup)

    def renew(self, lookup: Lookup | None) -> None:
        """Begin with this directory, or with none, and the built-in kinds."""
        self.now = lookup
        self.known_kinds = KINDS

    @property
    @override
    def lookup(self) -> Lookup:
        if self.now is None:
            raise NoDirectoryError
        return self.now

    @property
    @override
    def kinds(self) -> Mapping[str, Kind]:
        return self.known_kinds

    @property
    @override
    def profiles(self) -> Mapping[str, Profile]:
        return PROFILES
