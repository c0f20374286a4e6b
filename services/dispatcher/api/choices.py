"""What a person chooses from: teams, best first with their reasons, and a kind's outcomes."""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response

from incident.alert import IncidentId
from incident.assignment import Ranking
from incident.profile import Kind
from services.dispatcher.access import CENTER_ROLES, PARK_ROLES
from services.dispatcher.api import choice_answers as answers
from services.dispatcher.api.acts import Caller
from services.dispatcher.handlers.reading import Reads, read_incident
from services.dispatcher.handlers.steps import rank
from services.dispatcher.ports import Atlas
from services.runtime import codec
from services.runtime.auth import Principal, require
from services.runtime.clock import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Choosing:
    """What the routes need."""

    reads: Reads
    caller: Caller
    atlas: Atlas
    clock: Clock


def router(choosing: Choosing) -> APIRouter:
    """Give the routes."""
    routes = APIRouter(tags=["incidents"])
    Asking = Annotated[Principal, Depends(choosing.caller)]  # noqa: N806  # a type

    @routes.get("/v1/incidents/{incident}/teams", responses=answers.RANKED)
    async def teams(incident: UUID, who: Asking) -> Response:
        """Give the teams that can be sent, the recommended one first, and those that cannot."""
        require(who, *sorted(CENTER_ROLES | PARK_ROLES))
        now = choosing.clock.now()
        found, _ = await read_incident(who, IncidentId(incident), reads=choosing.reads, now=now)
        lookup = choosing.atlas.lookup
        known = (*lookup.teams_for(found.center), *lookup.teams_by_agreement(found.center))
        engaged = await choosing.reads.find_engaged([team.code for team in known])
        ranking = rank(found, atlas=choosing.atlas, engaged=engaged, now=now)
        return _json({"incident": incident, **_told(ranking)})

    @routes.get("/v1/directory/kinds", responses=answers.KINDS)
    async def kinds(who: Asking) -> Response:
        """Give the kinds of incident: their details, and what each outcome asks for."""
        del who  # everybody who is known may know them
        return _json({"kinds": [_kind(kind) for kind in choosing.atlas.kinds.values()]})

    return routes


def _told(ranking: Ranking) -> dict[str, object]:
    return {
        "teams": [
            {"team": each.team.code, "name": each.team.name, "reasons": each.reasons}
            for each in ranking.candidates
        ],
        "left_out": [
            {"team": each.team.code, "name": each.team.name, "reason": each.reason}
            for each in ranking.left_out
            if each.team not in {known.team for known in ranking.candidates}
        ],
    }


def _kind(kind: Kind) -> dict[str, object]:
    return {
        "code": kind.code,
        "zh": kind.zh,
        "en": kind.en,
        "details": kind.details,
        "dispositions": kind.dispositions,
    }


def _json(value: object) -> Response:
    return Response(
        codec.encode(value), media_type="application/json", headers={"Cache-Control": "no-store"}
    )
