"""The dispatcher's reads and streams of a store in memory."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from typing_extensions import override

from incident.alert import IncidentId, TeamId
from incident.lifecycle import Incident
from incident.messages import CENTER_AWAY
from incident.presence import Presence
from services.dispatcher.handlers.presence import Desk, Desks, desk_of
from services.dispatcher.handlers.reading import After, Board, Filter, Logged, Reads, Scope, Sealed
from services.dispatcher.handlers.tasks import Place, Share, Supervised, Tasks, ToCall
from services.dispatcher.payloads.views import center_channel, logged_frame
from services.dispatcher.ports import Bounds, Frames, Told
from services.runtime import codec
from services.runtime.auth import Principal
from tests.fakes.dispatcher import FakeStore, Row, said_at


class FakeReads(Reads):
    """Reads of a store's tables."""

    def __init__(self, store: FakeStore) -> None:
        self._store = store

    @override
    async def find(self, id_: IncidentId) -> Incident | None:
        return self._store.tables.incidents.get(id_)

    @override
    async def list_incidents(
        self, wanted: Filter, scope: Scope, *, after: After | None, limit: int
    ) -> list[Incident]:
        found = [
            incident
            for incident in self._store.tables.incidents.values()
            if _is_wanted(incident, wanted)
            and self._is_in(incident, scope)
            and (after is None or _place(incident) < (after.received_at, after.id))
        ]
        return sorted(found, key=_place, reverse=True)[:limit]

    @override
    async def list_events(self, id_: IncidentId, *, after: int, limit: int) -> list[Logged]:
        return list(self._store.tables.events.get(id_, ())[after : after + limit])

    @override
    async def read_board(self, center: str, teams: Sequence[TeamId]) -> Board:
        tables = self._store.tables
        live = [
            incident
            for incident in tables.incidents.values()
            if incident.ended_at is None
            and (incident.center == center or self._lends(incident, center))
        ]
        return Board(
            sequence=len(tables.told.get(center_channel(center), ())),
            incidents=sorted(live, key=_place),
            engaged={team: id_ for team, id_ in tables.engaged.items() if team in teams},
        )

    @override
    async def find_engaged(self, teams: Sequence[TeamId]) -> dict[TeamId, IncidentId]:
        wanted = set(teams)
        return {
            entry.team: incident.id
            for incident in self._store.tables.incidents.values()
            for entry in incident.live_assignments
            if entry.team in wanted
        }

    @override
    async def reveal(self, id_: IncidentId, caller: Principal, *, now: datetime) -> list[Sealed]:
        tables = self._store.tables
        tables.reveals = (*tables.reveals, (id_, caller.key_id, now))
        return sorted(tables.sealed.get(id_, ()), key=lambda entry: entry.version)

    def _rows(self, id_: IncidentId) -> list[Row]:
        return [row for key, row in self._store.tables.assignments.items() if key[0] == id_]

    def _lends(self, incident: Incident, center: str) -> bool:
        rows = self._rows(incident.id)
        return any(row.organisation == center and row.ended_at is None for row in rows)

    def _is_in(self, incident: Incident, scope: Scope) -> bool:
        if scope.station is not None:
            told = {incident.alert.station, incident.handover, incident.handed_over_to}
            return scope.station in told
        if scope.lent_since is None:
            return True
        if scope.center is not None and scope.center in {incident.center, incident.alert.station}:
            return True
        since = scope.lent_since
        return any(
            (row.organisation == scope.center or row.team == scope.team)
            and (row.ended_at is None or row.ended_at >= since)
            for row in self._rows(incident.id)
        )


class StoreFrames(Frames):
    """The frames of a store's tables."""

    def __init__(self, store: FakeStore) -> None:
        self._store = store

    @override
    async def read(self, cursors: dict[str, int], *, limit: int) -> Sequence[Told]:
        return [
            frame
            for channel in sorted(cursors)
            for frame in self._told(channel)[cursors[channel] :][:limit]
        ]

    def _told(self, channel: str) -> Sequence[Told]:
        """The frames of a channel; those of an incident's own are its events."""
        kind, _, name = channel.partition(":")
        if kind != "incident":
            return self._store.tables.told.get(channel, ())
        id_ = IncidentId(UUID(name))
        return [
            Told(
                channel=channel,
                sequence=entry.version,
                type=codec.decode(entry.text, dict)["type"],
                data=logged_frame(entry.text, self._store.tables.incidents[id_]),
            )
            for entry in self._store.tables.events.get(id_, ())
        ]

    @override
    async def bounds(self, channel: str) -> Bounds:
        told = self._told(channel)
        return Bounds(newest=len(told), oldest=1 if told else None)


class FakeDesks(Desks):
    """What operators said, in a store's tables."""

    def __init__(self, store: FakeStore) -> None:
        self._store = store

    @override
    async def say(self, center: str, said: Presence, *, now: datetime) -> Desk:
        self._store.tables.said_at[center, said.operator] = said
        return await self._tell(center, now)

    @override
    async def forget(self, center: str, operator: str, *, now: datetime) -> Desk:
        self._store.tables.said_at.pop((center, operator), None)
        return await self._tell(center, now)

    async def _tell(self, center: str, now: datetime) -> Desk:
        tables = self._store.tables
        desk = await self.read(center, now=now)
        channel = center_channel(center)
        known = tables.told.get(channel, ())
        told = Told(
            channel=channel, sequence=len(known) + 1, type=CENTER_AWAY, data=codec.text(desk)
        )
        tables.told[channel] = (*known, told)
        return desk

    @override
    async def read(self, center: str, *, now: datetime) -> Desk:
        return desk_of(center, said_at(self._store.tables, center), now=now)


class FakeTasks(Tasks):
    """Supervisions and calls, read from the incidents of a store."""

    def __init__(self, store: FakeStore) -> None:
        self._store = store

    @override
    async def list_supervisions(
        self,
        share: Share,
        *,
        is_open: bool | None,
        organisation: str | None,
        after: Place | None,
        limit: int,
    ) -> list[Supervised]:
        found = [
            Supervised(
                incident=incident.id,
                number=entry.number,
                author=entry.by.organisation,
                role=entry.by.role,
                owner=entry.owner.organisation,
                post=entry.owner.post,
                supervised_at=entry.supervised_at,
                deadline=entry.deadline,
                ended_at=None if entry.ended is None else entry.ended.at,
                station=incident.alert.station,
                center=incident.center,
                state=incident.state,
            )
            for incident in self._store.tables.incidents.values()
            for entry in incident.supervisions
        ]
        wanted = [
            entry
            for entry in sorted(found, key=_due)
            if is_open in {None, entry.ended_at is None}
            and organisation in {None, entry.author, entry.owner}
            and share.station in {None, entry.station, entry.author}
            and share.center in {None, entry.center, entry.owner}
            and (after is None or _due(entry) > (after.due, after.incident, after.number))
        ]
        return wanted[:limit]

    @override
    async def list_calls(self, share: Share, *, after: Place | None, limit: int) -> list[ToCall]:
        found = [
            ToCall(
                incident=incident.id,
                due_by=incident.follow_up_due,
                attempts=sum(
                    call.round == incident.round.number for call in incident.follow_up_calls
                ),
                closed_at=incident.ended_at,
                station=incident.alert.station,
                center=incident.center,
                severity=incident.severity,
            )
            for incident in self._store.tables.incidents.values()
            if incident.follow_up_due is not None and incident.ended_at is not None
        ]
        wanted = [
            entry
            for entry in sorted(found, key=lambda one: (one.due_by, one.incident))
            if share.station in {None, entry.station}
            and share.center in {None, entry.center}
            and (after is None or (entry.due_by, entry.incident) > (after.due, after.incident))
        ]
        return wanted[:limit]


def _due(entry: Supervised) -> tuple[datetime, UUID, int]:
    """Where a supervision stands in a list."""
    return entry.deadline, entry.incident, entry.number


def _place(incident: Incident) -> tuple[datetime, UUID]:
    """Where an incident stands in a list."""
    return incident.alert.received_at, incident.id


def _is_wanted(incident: Incident, wanted: Filter) -> bool:
    received_at = incident.alert.received_at
    pairs = (
        (wanted.state, incident.state),
        (wanted.live, incident.ended_at is None),
        (wanted.center, incident.center),
        (wanted.kind, incident.alert.kind),
        (wanted.severity, incident.severity),
        (wanted.status, incident.alert.status),
    )
    return (
        all(asked is None or asked == found for asked, found in pairs)
        and (wanted.since is None or received_at >= wanted.since)
        and (wanted.until is None or received_at < wanted.until)
    )
