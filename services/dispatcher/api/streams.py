"""The streams of consoles, phones and stations, and of one incident, as server-sent events."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query
from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send
from typing_extensions import override

from incident.alert import IncidentId
from incident.directory.parts import OrganisationType
from incident.lifecycle import Incident
from services.dispatcher.access import (
    PARK_ROLES,
    AccessRefusedError,
    Refused,
    Relation,
    check_read,
)
from services.dispatcher.api import answers
from services.dispatcher.api.acts import Caller
from services.dispatcher.api.faults import hidden
from services.dispatcher.api.reads import may_watch_center
from services.dispatcher.attendance import Attendance
from services.dispatcher.handlers.shifts import Stream, stream_of
from services.dispatcher.payloads.views import (
    center_channel,
    incident_channel,
    station_channel,
    team_channel,
)
from services.dispatcher.ports import Atlas
from services.dispatcher.stream import Hub, Reader, Still, TooManyReadersError
from services.runtime.auth import Principal, Role
from services.runtime.problems import Problem

NUMBER = r"^\d{1,18}$"
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


Find = Callable[[IncidentId], Awaitable[Incident | None]]
"""Gives an incident."""


def router(
    hub: Hub, *, caller: Caller, atlas: Atlas, find: Find, attendance: Attendance
) -> APIRouter:
    """Give the routes of the streams."""
    routes = APIRouter(tags=["streams"])

    @routes.get(
        "/v1/centers/{center}/stream", response_class=StreamingResponse, responses=answers.STREAM
    )
    async def watch_center(
        *,
        center: str,
        who: Annotated[Principal, Depends(caller)],
        last_event_id: Annotated[str | None, Header(pattern=NUMBER)] = None,
        after: Annotated[str | None, Query(pattern=NUMBER)] = None,
        desk: UUID | None = None,
    ) -> StreamingResponse:
        """Tell a center's consoles what happens; `Last-Event-ID` or `after` goes on without a gap.

        A console names its `desk`: only while its stream lives it may confirm receipt.

        `id` is the center's sequence, `event` the event's type, `data` has the event and the
        incident's public state. `heartbeat` carries the server's time every 5 s; `resync` says
        that frames are no longer kept: read the board anew.
        """
        may = partial(_may_watch_center, who, center, atlas)
        if not may():
            raise hidden()
        still = _still(who, atlas, may)
        opened = await _open(hub, center_channel(center), last_event_id or after, still=still)
        stream = stream_of(who, center, desk)
        if stream is not None:
            await opened.attend(attendance, stream)
        return opened

    @routes.get(
        "/v1/teams/{team}/stream", response_class=StreamingResponse, responses=answers.STREAM
    )
    async def watch_team(
        team: str,
        who: Annotated[Principal, Depends(caller)],
        last_event_id: Annotated[str | None, Header(pattern=NUMBER)] = None,
        after: Annotated[str | None, Query(pattern=NUMBER)] = None,
    ) -> StreamingResponse:
        """Tell a team's phones what happens on the incidents it is on.

        A center follows its teams on its own stream, which shows the little that a lent incident
        shows; here the whole is told.
        """
        may = partial(_may_watch_team, who, team, atlas)
        if not may():
            raise hidden()
        still = _still(who, atlas, may)
        return await _open(hub, team_channel(team), last_event_id or after, still=still)

    _add_followers(routes, hub, caller=caller, atlas=atlas, find=find)
    return routes


def _add_followers(
    routes: APIRouter, hub: Hub, *, caller: Caller, atlas: Atlas, find: Find
) -> None:
    @routes.get(
        "/v1/stations/{station}/stream", response_class=StreamingResponse, responses=answers.STREAM
    )
    async def watch_station(
        station: str,
        who: Annotated[Principal, Depends(caller)],
        last_event_id: Annotated[str | None, Header(pattern=NUMBER)] = None,
        after: Annotated[str | None, Query(pattern=NUMBER)] = None,
    ) -> StreamingResponse:
        """Tell a station what happens to its alerts, and to those that are offered to it.

        `data` has the event and where the incident stands; the whole of it is at
        `/v1/incidents/{id}`.
        """
        may = partial(_may_watch_station, who, station, atlas)
        if not may():
            raise hidden()
        still = _still(who, atlas, may)
        return await _open(hub, station_channel(station), last_event_id or after, still=still)

    @routes.get(
        "/v1/incidents/{incident}/stream",
        response_class=StreamingResponse,
        responses=answers.INCIDENT_STREAM,
    )
    async def watch_incident(
        incident: UUID,
        who: Annotated[Principal, Depends(caller)],
        last_event_id: Annotated[str | None, Header(pattern=NUMBER)] = None,
        after: Annotated[str | None, Query(pattern=NUMBER)] = None,
    ) -> StreamingResponse:
        """Tell what happens to one incident, to those whose it is or was, and to its station.

        `id` is the incident's version, `data` has the event and the incident's public state, which
        may be that of a later version already. Without `Last-Event-ID` or `after` it begins with
        what comes next; `after=0` tells it from the opening on.
        """
        found = await find(IncidentId(incident))
        if found is None:
            raise hidden()
        if not _may_follow(who, found, check_read(who, found, now=found.updated_at)):
            raise AccessRefusedError(Refused.FORBIDDEN)
        still = _still(who, atlas, lambda: True)
        return await _open(hub, incident_channel(found.id), last_event_id or after, still=still)


class _Stream(StreamingResponse):
    """A reader's stream; the reader leaves with it, however it ends."""

    def __init__(self, hub: Hub, reader: Reader) -> None:
        super().__init__(hub.follow(reader), media_type="text/event-stream", headers=HEADERS)
        self._leave: list[Callable[[], None]] = [partial(hub.leave, reader)]

    async def attend(self, attendance: Attendance, stream: Stream) -> None:
        """Count as somebody who listens, until the stream ends."""
        self._leave.append(partial(attendance.leave, stream))
        await attendance.join(stream)

    @override
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            for leave in self._leave:
                leave()


async def _open(hub: Hub, channel: str, after: str | None, *, still: Still) -> _Stream:
    try:
        reader = await hub.enter(channel, None if after is None else int(after), still=still)
    except TooManyReadersError as error:
        detail = "This server holds as many streams as it may."
        raise Problem(429, "too-many-streams", detail, retry_after=5) from error
    return _Stream(hub, reader)


def _still(who: Principal, atlas: Atlas, may: Callable[[], bool]) -> Still:
    """A stream goes on while its key is good, belongs to the same holder, and may be watched by it.

    The key of the settings stands in no directory and is good as long as the process runs.
    """
    opened = atlas.lookup.key(who.key_id)

    def still(real: datetime) -> bool:
        if opened is None:
            return may()
        key = atlas.lookup.key(who.key_id)
        same = key is not None and (key.holder, key.sha256) == (opened.holder, opened.sha256)
        return same and key is not None and key.is_live(real) and may()

    return still


def _may_watch_center(who: Principal, center: str, atlas: Atlas) -> bool:
    return center in atlas.lookup.centers and may_watch_center(who, center)


def _may_watch_station(who: Principal, station: str, atlas: Atlas) -> bool:
    if atlas.lookup.organisations.get(station) is not OrganisationType.STATION:
        return False
    own = who.role is Role.STATION and who.organisation == station
    return own or who.role in PARK_ROLES


def _may_follow(who: Principal, incident: Incident, found: Relation) -> bool:
    """Whether a caller is something to it that does not pass: not who lent it a team for a while.

    A team follows its own stream, and a station what is offered to it on its own, until it took it.
    """
    if who.role is Role.TEAM:
        return False
    if found is Relation.OFFERED:
        return incident.handed_over_to == who.organisation
    return found in {Relation.OWN, Relation.FORMER}


def _may_watch_team(who: Principal, team: str, atlas: Atlas) -> bool:
    if team not in atlas.lookup.teams:
        return False
    return who.role in PARK_ROLES or (who.role is Role.TEAM and who.team == team)
