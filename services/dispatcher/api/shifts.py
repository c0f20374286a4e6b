"""Shifts at a center's desks: begin, sound, end; who sits where; which centers are ready."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Response

from incident.directory import Center
from incident.shift import LONGEST_SHIFT, CenterState, Checked, Console, Shift, Sound
from services.dispatcher.access import CENTER_ROLES, PARK_ROLES
from services.dispatcher.api import desk_answers as answers
from services.dispatcher.api.acts import Caller
from services.dispatcher.api.faults import hidden
from services.dispatcher.api.reads import may_watch_center
from services.dispatcher.handlers.presence import Desks, presence_of
from services.dispatcher.handlers.shifts import (
    Lasting,
    Manned,
    MostDesksError,
    Shifts,
    only_shows,
    operator_of,
)
from services.dispatcher.payloads.shifts import BeginBody, EndBody, SoundBody
from services.dispatcher.ports import Atlas
from services.runtime import codec
from services.runtime.auth import Principal, Role, require
from services.runtime.clock import Clock
from services.runtime.problems import Problem
from services.runtime.strict_json import StrictRoute

READERS = sorted(CENTER_ROLES | PARK_ROLES | {Role.STATION})


@dataclass(frozen=True, slots=True, kw_only=True)
class Rooms:
    """What the desks of centers need.

    Attributes:
        desks: Where operators say that they leave and are back.
    """

    shifts: Shifts
    desks: Desks
    caller: Caller
    atlas: Atlas
    clock: Clock


def router(rooms: Rooms) -> APIRouter:
    """Give the routes."""
    routes = APIRouter(tags=["desks"], route_class=StrictRoute)
    _add_acts(routes, rooms)
    _add_reads(routes, rooms)
    return routes


def _add_acts(routes: APIRouter, rooms: Rooms) -> None:
    @routes.post("/v1/centers/{center}/desks/{desk}/begin", responses=answers.BEGUN)
    async def begin(
        center: str,
        desk: UUID,
        who: Annotated[Principal, Depends(rooms.caller)],
        body: Annotated[BeginBody, Body()],
    ) -> Response:
        """Begin a shift at a desk, with the sound test; the shift there before is ended.

        Only a desk with an operator on shift, sound on and a live stream (`?desk=` on the center's
        stream) confirms receipt. A shift counts for 16 hours if nobody ends it.
        """
        check_own(who, center, rooms.atlas)
        return _shown(await _begin(center, desk, who, body, rooms=rooms), rooms)

    @routes.post("/v1/centers/{center}/desks/{desk}/sound", responses=answers.SOUNDED)
    async def sound(
        center: str,
        desk: UUID,
        who: Annotated[Principal, Depends(rooms.caller)],
        body: Annotated[SoundBody, Body()],
    ) -> Response:
        """Say whether the console at a desk can be heard, whenever that changes."""
        check_own(who, center, rooms.atlas)
        manned = await rooms.shifts.set_sound(
            center, desk, Sound(body.state), now=rooms.clock.now()
        )
        return _shown(manned, rooms)

    @routes.post("/v1/centers/{center}/desks/{desk}/end", responses=answers.ENDED)
    async def end(
        center: str,
        desk: UUID,
        who: Annotated[Principal, Depends(rooms.caller)],
        body: Annotated[EndBody, Body()],
    ) -> Response:
        """End the shift at a desk; incidents stay with whoever has them until handed over."""
        del body
        check_own(who, center, rooms.atlas)
        now = rooms.clock.now()
        before = await rooms.shifts.read(center, now=now)
        manned = await rooms.shifts.end(center, desk, by=operator_of(who, None), now=now)
        stay = {console.shift.operator for console in manned.consoles}
        for console in before.consoles:
            if console.shift.desk == desk and console.shift.operator not in stay:
                await rooms.desks.forget(center, console.shift.operator, now=now)
        return _shown(manned, rooms)


def _add_reads(routes: APIRouter, rooms: Rooms) -> None:
    @routes.get("/v1/centers/readiness", responses=answers.STANDINGS)
    async def readiness(who: Annotated[Principal, Depends(rooms.caller)]) -> Response:
        """Say of each center the caller may send to whether somebody is there to take it.

        `online`: a desk with an operator on shift and sound on listens, or the center's own
        program; `silent`: none that can be heard; `away`: who is on shift is away; `offline`:
        nobody. A center without consoles is reached by its own system and counts as online.
        Every change comes as `center.desk.v1` on the streams of stations and of the center.
        """
        require(who, *READERS)
        known = await rooms.shifts.standings()
        shown = [
            _standing(center, known)
            for code, center in sorted(rooms.atlas.lookup.centers.items())
            if who.role not in CENTER_ROLES or code == who.organisation
        ]
        return _json({"now": rooms.clock.now(), "centers": shown})

    @routes.get("/v1/centers/{center}/desk", responses=answers.MANNED)
    async def desk(center: str, who: Annotated[Principal, Depends(rooms.caller)]) -> Response:
        """Give the desks of a center that are on shift."""
        if not may_watch_center(who, center) or center not in rooms.atlas.lookup.centers:
            raise hidden()
        return _shown(await rooms.shifts.read(center, now=rooms.clock.now()), rooms)


async def _begin(
    center: str, desk: UUID, who: Principal, body: BeginBody, *, rooms: Rooms
) -> Manned:
    now = rooms.clock.now()
    checked = Checked(body.sound)
    heard = checked is Checked.HEARD
    shift = Shift(
        desk=desk,
        operator=operator_of(who, body.person),
        since=now,
        until=now + LONGEST_SHIFT,
        sound=Sound.ON if heard else Sound.SILENT,
        checked=checked,
        reason=None if heard else body.reason,
    )
    there = presence_of(who, away=False, until=None, person=body.person, now=now)
    await rooms.desks.say(center, there, now=now)
    try:
        return await rooms.shifts.begin(center, shift, key=who.key_id)
    except MostDesksError as error:
        raise answers.MOST_DESKS from error


def check_own(who: Principal, center: str, atlas: Atlas) -> None:
    """Let people of a center act at its desks, and no wall screen.

    Raises:
        Problem: 403 or 404.
    """
    require(who, *sorted(CENTER_ROLES))
    if who.organisation != center or center not in atlas.lookup.centers:
        raise hidden()
    if only_shows(who):
        raise Problem(403, "forbidden", "A wall display acts at no desk.")


def _standing(center: Center, known: Mapping[str, Lasting]) -> dict[str, object]:
    lasting = known.get(center.code)
    state = CenterState.OFFLINE if lasting is None else lasting.standing.state
    return {
        "center": center.code,
        "name": center.name,
        "state": state if center.consoles else CenterState.ONLINE,
        "since": lasting and lasting.since,
        "consoles": center.consoles,
        "telephone": center.telephone,
    }


def _shown(manned: Manned, rooms: Rooms) -> Response:
    body = {
        "center": manned.center,
        "now": rooms.clock.now(),
        "real": rooms.clock.real(),
        "state": manned.standing.state,
        "clients": manned.standing.clients,
        "desks": [_console(console) for console in manned.consoles],
    }
    return _json(body)


def _console(console: Console) -> dict[str, object]:
    shift = console.shift
    return {
        "desk": shift.desk,
        "state": console.state,
        "operator": shift.operator,
        "since": shift.since,
        "until": shift.until,
        "connected": console.connected,
        "sound": shift.sound,
        "checked": shift.checked,
        "reason": shift.reason,
        "away": console.away,
    }


def _json(body: object) -> Response:
    return Response(
        codec.encode(body), media_type="application/json", headers={"Cache-Control": "no-store"}
    )
