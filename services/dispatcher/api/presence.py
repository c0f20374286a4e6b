"""Leaving the desk (离席) and coming back: `POST /v1/centers/{center}/away` and `/back`."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Body, Depends, Response

from services.dispatcher.access import CENTER_ROLES
from services.dispatcher.api import answers
from services.dispatcher.api.acts import Caller
from services.dispatcher.api.faults import hidden
from services.dispatcher.handlers.presence import BadUntilError, Desks, presence_of
from services.dispatcher.payloads.following import PresenceBody
from services.dispatcher.ports import Atlas
from services.runtime import codec
from services.runtime.auth import Principal, require
from services.runtime.clock import Clock
from services.runtime.problems import Problem
from services.runtime.strict_json import StrictRoute

Said = Annotated[PresenceBody, Body()]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seats:
    """What leaving and coming back need."""

    desks: Desks
    caller: Caller
    atlas: Atlas
    clock: Clock


def router(seats: Seats) -> APIRouter:
    """Give both routes."""
    routes = APIRouter(tags=["centers"], route_class=StrictRoute)

    @routes.post("/v1/centers/{center}/away", responses=answers.DESK)
    async def away(
        center: str, who: Annotated[Principal, Depends(seats.caller)], body: Said
    ) -> Response:
        """Leave the desk, for 30 minutes if nothing else is said, for 12 hours at most.

        While everybody at the desk is away, what comes there rings the deputy post at once.
        """
        return await _say(center, who, body, seats=seats, away=True)

    @routes.post("/v1/centers/{center}/back", responses=answers.DESK)
    async def back(
        center: str, who: Annotated[Principal, Depends(seats.caller)], body: Said
    ) -> Response:
        """Be at the desk, for a shift of 12 hours if nothing else is said."""
        return await _say(center, who, body, seats=seats, away=False)

    return routes


async def _say(
    center: str, who: Principal, body: PresenceBody, *, seats: Seats, away: bool
) -> Response:
    require(who, *sorted(CENTER_ROLES))
    if who.organisation != center or center not in seats.atlas.lookup.centers:
        raise hidden()
    now = seats.clock.now()
    try:
        said = presence_of(who, away=away, until=body.until, person=body.person, now=now)
    except BadUntilError as error:
        raise Problem(422, "invalid", f"until {error}", field="until") from error
    desk = await seats.desks.say(center, said, now=now)
    return Response(
        codec.encode(desk), media_type="application/json", headers={"Cache-Control": "no-store"}
    )
