"""The streams of a center's consoles and of a team's phones, as server-sent events."""

from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query
from fastapi.responses import StreamingResponse

from services.dispatcher.access import CENTER_ROLES, PARK_ROLES
from services.dispatcher.api.acts import Caller
from services.dispatcher.api.faults import hidden
from services.dispatcher.api.reads import may_watch_center
from services.dispatcher.payloads.views import center_channel, team_channel
from services.dispatcher.ports import Atlas
from services.dispatcher.stream import Hub, TooManyReadersError
from services.runtime.auth import Principal, Role
from services.runtime.problems import Problem

NUMBER = r"^\d{1,18}$"
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


def router(hub: Hub, *, caller: Caller, atlas: Atlas) -> APIRouter:
    """Give the routes of the streams."""
    routes = APIRouter(tags=["streams"])

    @routes.get("/v1/centers/{center}/stream", response_class=StreamingResponse)
    async def watch_center(
        center: str,
        who: Annotated[Principal, Depends(caller)],
        last_event_id: Annotated[str | None, Header(pattern=NUMBER)] = None,
        after: Annotated[str | None, Query(pattern=NUMBER)] = None,
    ) -> StreamingResponse:
        """Tell a center's consoles what happens; `Last-Event-ID` or `after` goes on without a gap.

        `id` is the center's sequence, `event` the event's type, `data` has the event and the
        incident's public state. `heartbeat` carries the server's time every 5 s; `resync` says
        that frames are no longer kept: read the board anew.
        """
        if not may_watch_center(who, center) or center not in atlas.lookup.centers:
            raise hidden()
        return await _open(hub, center_channel(center), last_event_id or after)

    @routes.get("/v1/teams/{team}/stream", response_class=StreamingResponse)
    async def watch_team(
        team: str,
        who: Annotated[Principal, Depends(caller)],
        last_event_id: Annotated[str | None, Header(pattern=NUMBER)] = None,
        after: Annotated[str | None, Query(pattern=NUMBER)] = None,
    ) -> StreamingResponse:
        """Tell a team's phones what happens on the incidents it is on."""
        if not _may_watch_team(who, team, atlas):
            raise hidden()
        return await _open(hub, team_channel(team), last_event_id or after)

    return routes


async def _open(hub: Hub, channel: str, after: str | None) -> StreamingResponse:
    try:
        chunks = await hub.watch(channel, None if after is None else int(after))
    except TooManyReadersError as error:
        detail = "This server holds as many streams as it may."
        raise Problem(429, "too-many-streams", detail, retry_after=5) from error
    return StreamingResponse(chunks, media_type="text/event-stream", headers=HEADERS)


def _may_watch_team(who: Principal, team: str, atlas: Atlas) -> bool:
    known = atlas.lookup.teams.get(team)
    if known is None:
        return False
    if who.role is Role.TEAM:
        return who.team == team
    if who.role in CENTER_ROLES:
        return who.organisation == known.organisation
    return who.role in PARK_ROLES
