"""Swaps and overrides over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Response

from services.notifier.api import roster_problems as problems
from services.notifier.api.roster_access import (
    find_organisation,
    forbidden,
    keeps,
    require_keeper,
)
from services.notifier.api.rosters import Bench, person_of, place_of
from services.notifier.handlers import rosters as handlers
from services.notifier.payloads.roster_changes import (
    OverrideBody,
    OverrideShown,
    SwapBody,
    SwapShown,
    override_of,
    swap_of,
)
from services.notifier.payloads.roster_examples import OVERRIDE_EXAMPLES, SWAP_EXAMPLES
from services.runtime.auth import Principal
from services.runtime.openapi import OF_BODIES, refusals
from services.runtime.strict_json import StrictRoute

MADE = refusals(*OF_BODIES, 401, 403, problems.NO_ROSTER, 422, 503)
SAID = refusals(
    401, 403, problems.UNKNOWN, problems.settled("it was agreed and has begun"), 422, 503
)


def router(bench: Bench) -> APIRouter:
    """Return the routes."""
    routes = APIRouter(tags=["rosters"], route_class=StrictRoute)
    _add_proposal(routes, bench)
    _add_answers(routes, bench)
    _add_overrides(routes, bench)
    return routes


def _add_proposal(routes: APIRouter, bench: Bench) -> None:
    @routes.post(
        "/v1/rosters/{organisation}/swaps",
        status_code=201,
        summary="Propose a swap",
        responses=MADE,
    )
    async def propose(
        organisation: str,
        caller: Annotated[Principal, Depends(bench.caller)],
        body: Annotated[SwapBody, Body(openapi_examples=SWAP_EXAMPLES)],
    ) -> SwapShown:
        """Propose a swap: one of its two persons, who says yes by it, or whoever keeps the roster.

        Proposed again while it is open, it is the same one.
        """
        code = find_organisation(caller, organisation, bench.atlas)
        if caller.person not in {body.giver, body.taker} and not keeps(caller, code, bench.atlas):
            raise forbidden("A swap is proposed by one of its two persons, or the roster's keeper.")
        with problems.told():
            roster, swap = await handlers.propose(
                place_of(caller, code), body.wanted(), desk=bench.desk
            )
        await bench.changed()
        return swap_of(swap, roster.version)


def _add_answers(routes: APIRouter, bench: Bench) -> None:
    @routes.post(
        "/v1/rosters/{organisation}/swaps/{swap}/consent",
        summary="Say yes to a swap",
        responses=SAID,
    )
    async def consent(
        organisation: str, swap: UUID, caller: Annotated[Principal, Depends(bench.caller)]
    ) -> SwapShown:
        """Say yes for oneself, with a key that names the person; with both yeses it holds."""
        code = find_organisation(caller, organisation, bench.atlas)
        person = person_of(caller)
        with problems.told():
            roster, agreed = await handlers.agree(
                place_of(caller, code), swap, person, desk=bench.desk
            )
        await bench.changed()
        return swap_of(agreed, roster.version)

    @routes.post(
        "/v1/rosters/{organisation}/swaps/{swap}/refusal",
        summary="Say no to a swap",
        responses=SAID,
    )
    async def refuse(
        organisation: str, swap: UUID, caller: Annotated[Principal, Depends(bench.caller)]
    ) -> SwapShown:
        """Say no: either of the two before it is agreed, the roster's keeper until it begins."""
        code = find_organisation(caller, organisation, bench.atlas)
        keeper = keeps(caller, code, bench.atlas)
        person = None if keeper else person_of(caller)
        with problems.told():
            roster, refused = await handlers.refuse(
                place_of(caller, code), swap, person, desk=bench.desk
            )
        await bench.changed()
        return swap_of(refused, roster.version)


def _add_overrides(routes: APIRouter, bench: Bench) -> None:
    @routes.post(
        "/v1/rosters/{organisation}/overrides",
        status_code=201,
        summary="Put somebody on a post for a while",
        responses=MADE,
    )
    async def make(
        organisation: str,
        caller: Annotated[Principal, Depends(bench.caller)],
        body: Annotated[OverrideBody, Body(openapi_examples=OVERRIDE_EXAMPLES)],
    ) -> OverrideShown:
        """Set who is on a post for a while, or who stands in for one person, or that nobody does.

        Of several that hold at once the one made last goes before the others.
        """
        code = find_organisation(caller, organisation, bench.atlas)
        require_keeper(caller, code, bench.atlas)
        with problems.told():
            roster, made = await handlers.override(
                place_of(caller, code), body.wanted(), desk=bench.desk
            )
        await bench.changed()
        return override_of(made, roster.version)

    @routes.delete(
        "/v1/rosters/{organisation}/overrides/{override}",
        status_code=204,
        summary="Take an override back",
        responses=refusals(401, 403, problems.UNKNOWN, 422, 503),
    )
    async def drop(
        organisation: str, override: UUID, caller: Annotated[Principal, Depends(bench.caller)]
    ) -> Response:
        """Take an override back; what it changed of the past stands in the history."""
        code = find_organisation(caller, organisation, bench.atlas)
        require_keeper(caller, code, bench.atlas)
        with problems.told():
            await handlers.drop(place_of(caller, code), override, desk=bench.desk)
        await bench.changed()
        return Response(status_code=204)
