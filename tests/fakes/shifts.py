"""Shifts, live streams and hand-overs in memory, beside a store's tables."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, replace
from datetime import datetime
from uuid import UUID

from typing_extensions import override

from incident.alert import IncidentId, OrganisationId
from incident.errors import DeskNotOnShift
from incident.lifecycle import Incident
from incident.messages import CENTER_DESK, CenterDesk
from incident.shift import (
    MOST_DESKS,
    CenterState,
    Console,
    HandoverState,
    Shift,
    Sound,
    Standing,
    standing_of,
)
from services.dispatcher.handlers.handing import Handing, Handovers, Kept
from services.dispatcher.handlers.shifts import (
    Lasting,
    Manned,
    MostDesksError,
    Shifts,
    Stream,
    Streams,
)
from services.dispatcher.payloads.views import center_channel, station_channel
from services.dispatcher.ports import Change, Told, Work
from services.runtime import codec
from tests.fakes.dispatcher import FakeStore, Tables, said_at


class FakeShifts(Shifts, Streams):
    """Keeps what Postgres keeps; a stream lives until it is dropped.

    Attributes:
        living: The streams that live.
        known: What each center was told to be last.
        fault: Raised by the next beat, if any.
    """

    def __init__(self, store: FakeStore) -> None:
        self._store = store
        self.renew()

    def renew(self) -> None:
        """Forget everything."""
        self.living: set[Stream] = set()
        self.known: dict[str, Lasting] = {}
        self.fault: Exception | None = None

    @override
    async def begin(self, center: str, shift: Shift, *, key: str) -> Manned:
        del key
        others = [
            entry for entry in self._of(center, shift.since) if entry.shift.desk != shift.desk
        ]
        if len(others) >= MOST_DESKS:
            raise MostDesksError
        console = Console(shift=shift, connected=False, away=False)
        self._store.tables.consoles[center, shift.desk] = console
        return self._settled(center, shift.since)

    @override
    async def set_sound(self, center: str, desk: UUID, sound: Sound, *, now: datetime) -> Manned:
        known = self._store.tables.consoles.get((center, desk))
        if known is None or known.shift.until <= now:
            raise DeskNotOnShift("nobody is on shift at this desk; begin a shift first")
        changed = replace(known, shift=replace(known.shift, sound=sound))
        self._store.tables.consoles[center, desk] = changed
        return self._settled(center, now)

    @override
    async def end(self, center: str, desk: UUID, *, by: str, now: datetime) -> Manned:
        del by
        self._store.tables.consoles.pop((center, desk), None)
        return self._settled(center, now)

    @override
    async def read(self, center: str, *, now: datetime) -> Manned:
        return self._manned(center, now)

    @override
    async def standings(self) -> Mapping[str, Lasting]:
        return dict(self.known)

    @override
    async def beat(self, living: Sequence[Stream]) -> None:
        if self.fault is not None:
            fault, self.fault = self.fault, None
            raise fault
        self.living |= set(living)

    @override
    async def drop(self, gone: Sequence[Stream]) -> None:
        self.living -= set(gone)

    @override
    async def settle(self, *, now: datetime) -> list[str]:
        centers = {center for center, _ in self._store.tables.consoles}
        centers |= {stream.center for stream in self.living} | self.known.keys()
        before = dict(self.known)
        for center in sorted(centers):
            self._settled(center, now)
        return [
            center for center in sorted(centers) if self.known.get(center) != before.get(center)
        ]

    def _of(self, center: str, now: datetime) -> list[Console]:
        said = {entry.operator: entry for entry in said_at(self._store.tables, center)}
        found = [
            (at, entry)
            for (at, _), entry in self._store.tables.consoles.items()
            if at == center and entry.shift.until > now
        ]
        return [
            replace(
                entry,
                connected=Stream(center=at, desk=entry.shift.desk, client=False) in self.living,
                away=(about := said.get(entry.shift.operator)) is not None
                and about.away
                and about.until > now,
            )
            for at, entry in found
        ]

    def _manned(self, center: str, now: datetime) -> Manned:
        consoles = self._of(center, now)
        for console in consoles:
            self._store.tables.consoles[center, console.shift.desk] = console
        clients = sum(each.client and each.center == center for each in self.living)
        return Manned(
            center=center,
            standing=standing_of(consoles, clients=clients),
            consoles=tuple(consoles),
        )

    def _settled(self, center: str, now: datetime) -> Manned:
        manned = self._manned(center, now)
        known = self.known.get(center)
        before = Standing(state=CenterState.OFFLINE) if known is None else known.standing
        if manned.standing != before:
            same = known is not None and known.standing.state is manned.standing.state
            since = known.since if known is not None and same else now
            self.known[center] = Lasting(standing=manned.standing, since=since)
            self._tell(center, manned.standing, now)
        return manned

    def _tell(self, center: str, standing: Standing, now: datetime) -> None:
        told = CenterDesk(center=OrganisationId(center), at=now, **asdict(standing))
        stations = (station.code for station in self._store.atlas.lookup.directory.stations)
        tables = self._store.tables
        for channel in (center_channel(center), *map(station_channel, stations)):
            known = tables.told.get(channel, ())
            frame = Told(
                channel=channel, sequence=len(known) + 1, type=CENTER_DESK, data=codec.text(told)
            )
            tables.told[channel] = (*known, frame)


class FakeHanding(Handing):
    """One transaction on a store's tables."""

    def __init__(self, work: Work, kept: dict[UUID, Kept], center: str, tables: Tables) -> None:
        self._work = work
        self._kept = kept
        self._center = center
        self._tables = tables

    @override
    async def find(self, id_: UUID | None) -> Kept | None:
        for kept in self._kept.values():
            is_open = kept.handover.state is HandoverState.OPEN
            if kept.handover.center == self._center and (
                is_open if id_ is None else kept.handover.id == id_
            ):
                return kept
        return None

    @override
    async def list_live(self) -> list[IncidentId]:
        live = [
            incident
            for incident in self._tables.incidents.values()
            if incident.center == self._center and incident.ended_at is None
        ]
        ordered = sorted(live, key=lambda one: (one.alert.received_at, one.id))
        return [incident.id for incident in ordered]

    @override
    async def lock(self, ids: Sequence[IncidentId]) -> dict[IncidentId, Incident]:
        return await self._work.lock(ids)

    @override
    async def read(self, ids: Sequence[IncidentId]) -> dict[IncidentId, Incident]:
        return await self._work.find(ids)

    @override
    async def put(self, kept: Kept) -> None:
        self._kept[kept.handover.id] = kept

    @override
    async def save(self, change: Change) -> None:
        await self._work.save([change])


class FakeHandovers(Handovers):
    """Hand-overs in memory; what a step put down is dropped again on any error."""

    def __init__(self, store: FakeStore) -> None:
        self._store = store
        self.kept: dict[UUID, Kept] = {}

    @override
    @asynccontextmanager
    async def work(self, center: str) -> AsyncIterator[Handing]:
        kept = dict(self.kept)
        async with self._store.work() as work:
            yield FakeHanding(work, kept, center, self._store.tables)
        self.kept = kept

    @override
    async def list_ended(self, center: str, *, after: UUID | None, limit: int) -> list[Kept]:
        found = [kept for kept in self.kept.values() if kept.handover.center == center]
        found.sort(key=lambda kept: (kept.handover.prepared_at, kept.handover.id), reverse=True)
        ids = [kept.handover.id for kept in found]
        begin = 0 if after is None else ids.index(after) + 1
        return found[begin : begin + limit]
