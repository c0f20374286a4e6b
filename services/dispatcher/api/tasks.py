"""Lists of what waits for somebody: supervisions (督办) and follow-up calls (回访)."""

import base64
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response

from incident.alert import IncidentId
from services.dispatcher.api import answers
from services.dispatcher.api.acts import Caller
from services.dispatcher.handlers.tasks import READERS, Place, Tasks, share_of
from services.runtime import codec
from services.runtime.auth import Principal, require
from services.runtime.clock import Clock
from services.runtime.problems import Problem

PAGE_MAX = 200
CODE = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"
LAST_NUMBER = 2**31 - 1  # the column's type holds no more

Limit = Annotated[int, Query(ge=1, le=PAGE_MAX)]
After = Annotated[str | None, Query(max_length=200)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """What the lists need."""

    tasks: Tasks
    caller: Caller
    clock: Clock


def router(listing: Listing) -> APIRouter:
    """Give the routes of the lists."""
    routes = APIRouter(tags=["tasks"])

    @routes.get("/v1/supervisions", responses=answers.SUPERVISIONS)
    async def list_supervisions(
        *,
        who: Annotated[Principal, Depends(listing.caller)],
        is_open: Annotated[bool | None, Query(alias="open")] = None,
        organisation: Annotated[str | None, Query(pattern=CODE)] = None,
        after: After = None,
        limit: Limit = 50,
    ) -> Response:
        """List supervisions, those due first first; `next` continues as `after`, null at the end.

        A station lists those of its own alerts, a center those of its incidents and those it
        answers for. `organisation` asks for those that it put there or answers for.
        """
        require(who, *sorted(READERS))
        found = await listing.tasks.list_supervisions(
            share_of(who),
            is_open=is_open,
            organisation=organisation,
            after=_place(after),
            limit=limit + 1,
        )
        now = listing.clock.now()
        shown = [
            codec.to_builtins(entry) | {"late": (entry.ended_at or now) > entry.deadline}
            for entry in found[:limit]
        ]
        last = found[limit - 1] if len(found) > limit else None
        following = last and _cursor(last.deadline, last.incident, last.number)
        return _json({"supervisions": shown, "next": following})

    @routes.get("/v1/follow-up-calls", responses=answers.CALLS)
    async def list_calls(
        *,
        who: Annotated[Principal, Depends(listing.caller)],
        after: After = None,
        limit: Limit = 50,
    ) -> Response:
        """List the follow-up calls to be made, those due first first; what came of one is an act.

        Whom to call is personal, and stands where the incident's personal data stand.
        """
        require(who, *sorted(READERS))
        found = await listing.tasks.list_calls(share_of(who), after=_place(after), limit=limit + 1)
        now = listing.clock.now()
        shown = [codec.to_builtins(entry) | {"late": now > entry.due_by} for entry in found[:limit]]
        last = found[limit - 1] if len(found) > limit else None
        following = last and _cursor(last.due_by, last.incident, 0)
        return _json({"calls": shown, "next": following})

    return routes


def _cursor(due: datetime, incident: IncidentId, number: int) -> str:
    text = f"{due.isoformat()}|{incident}|{number}"
    return base64.urlsafe_b64encode(text.encode()).decode()


def _place(text: str | None) -> Place | None:
    if text is None:
        return None
    try:
        due, id_, number = base64.urlsafe_b64decode(text.encode()).decode().split("|")
        place = Place(
            due=datetime.fromisoformat(due).astimezone(UTC),
            incident=IncidentId(UUID(id_)),
            number=int(number),
        )
    except (ValueError, OverflowError) as error:
        raise _bad_cursor() from error
    if not 0 <= place.number <= LAST_NUMBER:
        raise _bad_cursor()
    return place


def _bad_cursor() -> Problem:
    detail = "after must be the `next` of an earlier page"
    return Problem(422, "invalid", detail, field="after")


def _json(body: object) -> Response:
    return Response(
        codec.encode(body), media_type="application/json", headers={"Cache-Control": "no-store"}
    )
