"""Hand-over at shift change (交接班): prepare, accept each incident by name, finish."""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Query, Response

from incident.alert import IncidentId
from services.dispatcher.api import desk_answers as answers
from services.dispatcher.api.acts import Caller
from services.dispatcher.api.faults import hidden
from services.dispatcher.api.reads import may_watch_center
from services.dispatcher.api.shifts import check_own
from services.dispatcher.handlers.handing import (
    Ending,
    HandoverRunningError,
    Handovers,
    NoHandoverError,
    Proposal,
    Seen,
    actor_of,
    begin,
    end,
    look,
    take,
)
from services.dispatcher.handlers.shifts import operator_of
from services.dispatcher.payloads.handing import show, show_short, write
from services.dispatcher.payloads.shifts import AcceptBody, ByBody, PrepareBody
from services.dispatcher.ports import Atlas
from services.runtime import codec
from services.runtime.auth import Principal, Role
from services.runtime.clock import Clock
from services.runtime.ids import new_id
from services.runtime.problems import Problem
from services.runtime.strict_json import StrictRoute
from services.runtime.vault import Vault, VaultError

PAGE_MAX = 100
ROOT = "/v1/centers/{center}/handovers"


@dataclass(frozen=True, slots=True, kw_only=True)
class Turns:
    """What hand-overs need."""

    handovers: Handovers
    caller: Caller
    atlas: Atlas
    vault: Vault
    clock: Clock


def router(turns: Turns) -> APIRouter:
    """Give the routes, the one that runs before those with an id."""
    routes = APIRouter(tags=["hand-over at shift change"], route_class=StrictRoute)
    _add_reads(routes, turns)
    _add_acts(routes, turns)
    _add_ends(routes, turns)
    return routes


def _add_reads(routes: APIRouter, turns: Turns) -> None:
    @routes.get(ROOT, responses=answers.HANDOVERS)
    async def list_handovers(
        *,
        center: str,
        who: Annotated[Principal, Depends(turns.caller)],
        after: UUID | None = None,
        limit: Annotated[int, Query(ge=1, le=PAGE_MAX)] = 20,
    ) -> Response:
        """List the hand-overs of a center, newest first; `next` continues as `after`."""
        _check_reader(who, center, turns)
        found = await turns.handovers.list_ended(center, after=after, limit=limit + 1)
        following = found[limit - 1].handover.id if len(found) > limit else None
        page = [show_short(kept) for kept in found[:limit]]
        return _json({"handovers": page, "next": following})

    @routes.get(f"{ROOT}/current", responses=answers.CURRENT)
    async def current(center: str, who: Annotated[Principal, Depends(turns.caller)]) -> Response:
        """Give the hand-over that runs, null where none does."""
        _check_reader(who, center, turns)
        try:
            seen = await look(center, None, now=turns.clock.now(), handovers=turns.handovers)
        except NoHandoverError:
            return _json({"handover": None})
        return _json({"handover": _shown(seen, turns)})

    @routes.get(f"{ROOT}/{{handover}}", responses=answers.HANDOVER)
    async def read(
        center: str, handover: UUID, who: Annotated[Principal, Depends(turns.caller)]
    ) -> Response:
        """Give a hand-over, whole enough to print; `hash` covers it as it ended, without notes."""
        _check_reader(who, center, turns)
        try:
            seen = await look(center, handover, now=turns.clock.now(), handovers=turns.handovers)
        except NoHandoverError as error:
            raise hidden() from error
        return _json(_shown(seen, turns))


def _add_acts(routes: APIRouter, turns: Turns) -> None:
    @routes.post(ROOT, status_code=201, responses=answers.PREPARED)
    async def prepare(
        center: str,
        who: Annotated[Principal, Depends(turns.caller)],
        body: Annotated[PrepareBody, Body()],
    ) -> Response:
        """Hand the shift over: the list is what the center has open; alarms run on."""
        check_own(who, center, turns.atlas)
        id_ = new_id()
        sealed = None if body.notes is None else turns.vault.seal(body.notes.encode(), _about(id_))
        proposal = Proposal(
            id=id_,
            center=center,
            outgoing=operator_of(who, body.person),
            incoming=body.to,
            sealed=sealed,
        )
        try:
            seen = await begin(proposal, now=turns.clock.now(), handovers=turns.handovers)
        except HandoverRunningError as error:
            detail = "A hand-over of this center runs already."
            raise Problem(409, "handover-running", detail, handover=error.id) from error
        return _json(_shown(seen, turns), status=201)

    @routes.post(f"{ROOT}/{{handover}}/accept", responses=answers.ACCEPTED)
    async def accept(
        center: str,
        handover: UUID,
        who: Annotated[Principal, Depends(turns.caller)],
        body: Annotated[AcceptBody, Body()],
    ) -> Response:
        """Accept one incident by name: only then it is the incoming operator's."""
        check_own(who, center, turns.atlas)
        try:
            seen = await take(
                center,
                handover,
                IncidentId(body.incident),
                actor=actor_of(who, body.person),
                now=turns.clock.now(),
                handovers=turns.handovers,
            )
        except NoHandoverError as error:
            raise hidden() from error
        return _json(_shown(seen, turns))


def _add_ends(routes: APIRouter, turns: Turns) -> None:
    @routes.post(f"{ROOT}/{{handover}}/finish", responses=answers.FINISHED)
    async def finish(
        center: str,
        handover: UUID,
        who: Annotated[Principal, Depends(turns.caller)],
        body: Annotated[ByBody, Body()],
    ) -> Response:
        """Finish it, once nothing is left to accept."""
        return await _end(center, handover, who, body, turns=turns, back=False)

    @routes.post(f"{ROOT}/{{handover}}/withdraw", responses=answers.ENDED_BACK)
    async def withdraw(
        center: str,
        handover: UUID,
        who: Annotated[Principal, Depends(turns.caller)],
        body: Annotated[ByBody, Body()],
    ) -> Response:
        """Take it back; what was accepted stays accepted."""
        return await _end(center, handover, who, body, turns=turns, back=True)


async def _end(
    center: str, handover: UUID, who: Principal, body: ByBody, *, turns: Turns, back: bool
) -> Response:
    check_own(who, center, turns.atlas)
    chief = who.role is Role.CHIEF
    ending = Ending(by=operator_of(who, body.person), chief=chief, back=back)
    now = turns.clock.now()
    try:
        seen = await end(center, handover, ending, now=now, handovers=turns.handovers, write=write)
    except NoHandoverError as error:
        raise hidden() from error
    return _json(_shown(seen, turns))


def _check_reader(who: Principal, center: str, turns: Turns) -> None:
    if not may_watch_center(who, center) or center not in turns.atlas.lookup.centers:
        raise hidden()


def _shown(seen: Seen, turns: Turns) -> dict[str, object]:
    sealed, notes = seen.kept.sealed, None
    if sealed is not None:
        try:
            notes = turns.vault.open(sealed, _about(seen.kept.handover.id)).decode()
        except VaultError:
            notes = None  # its key is gone
    return show(seen, notes=notes)


def _about(id_: UUID) -> str:
    return f"handover:{id_}"


def _json(body: object, *, status: int = 200) -> Response:
    return Response(
        codec.encode(body),
        status,
        media_type="application/json",
        headers={"Cache-Control": "no-store"},
    )
