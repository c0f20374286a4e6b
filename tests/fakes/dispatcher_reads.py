"""The dispatcher's reads and streams of a store in memory."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from typing_extensions import override

from incident.alert import IncidentId, TeamId
from incident.lifecycle import Incident
from services.dispatcher.handlers.reading import After, Board, Filter, Logged, Reads, Scope, Sealed
from services.dispatcher.payloads.views import center_channel
from services.dispatcher.ports import Bounds, Frames, Told
from services.runtime.auth import Principal
from tests.fakes.dispatcher import FakeStore, Row


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
        told = self._store.tables.told
        return [
            frame
            for channel in sorted(cursors)
            for frame in told.get(channel, ())[cursors[channel] :][:limit]
        ]

    @override
    async def bounds(self, channel: str) -> Bounds:
        told = self._store.tables.told.get(channel, ())
        return Bounds(newest=len(told), oldest=1 if told else None)


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
