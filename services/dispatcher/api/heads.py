"""The ends of all incidents' chains and their digests: with them a check needs nobody's word."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response

from incident.alert import IncidentId
from services.dispatcher.access import PARK_ROLES
from services.dispatcher.api import answers
from services.dispatcher.api.acts import Caller
from services.dispatcher.handlers.heads import Ledger
from services.runtime import codec
from services.runtime.auth import Principal, require

PAGE_MAX = 1000
LAST_SEQUENCE = 2**31 - 1  # the column's type holds no more

Limit = Annotated[int, Query(ge=1, le=PAGE_MAX)]


def router(ledger: Ledger, *, caller: Caller) -> APIRouter:
    """Give the routes; they come before those of an incident, as `heads` is no incident's id."""
    routes = APIRouter(tags=["incidents"])

    @routes.get(
        "/v1/incidents/heads", summary="The ends of all incidents' chains", responses=answers.HEADS
    )
    async def heads(
        reader: Annotated[Principal, Depends(caller)],
        after: UUID | None = None,
        limit: Limit = PAGE_MAX,
    ) -> Response:
        """Give a page of heads in the order of their ids; `next` continues, null at the end."""
        require(reader, *sorted(PARK_ROLES))
        known = None if after is None else IncidentId(after)
        found = await ledger.list_heads(after=known, limit=limit)
        following = found[-1].incident if len(found) == limit else None
        return _json({"heads": found, "next": following})

    @routes.get(
        "/v1/incidents/digests",
        summary="The hourly digests of all incidents' chains",
        responses=answers.DIGESTS,
    )
    async def digests(
        reader: Annotated[Principal, Depends(caller)],
        after: Annotated[int, Query(ge=0, le=LAST_SEQUENCE)] = 0,
        limit: Limit = PAGE_MAX,
    ) -> Response:
        """Give a page of digests, as they were also published on `digests.v1`.

        Each is the SHA-256 over one line `incident version hash`, ended by a line feed, for each
        incident, sorted; of each the last event recorded before `taken_at`.
        """
        require(reader, *sorted(PARK_ROLES))
        found = await ledger.list_digests(after=after, limit=limit)
        following = found[-1].sequence if len(found) == limit else None
        return _json({"digests": found, "next": following})

    return routes


def _json(body: object) -> Response:
    return Response(
        codec.encode(body), media_type="application/json", headers={"Cache-Control": "no-store"}
    )
