"""Readiness over HTTP: would 115 hold right now, and when did it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from services.notifier.api.access import LOOKING, scope_of
from services.notifier.handlers.readiness import KEPT, Lookout
from services.notifier.payloads.readiness import (
    ReadinessFigures,
    ReadinessHistory,
    ready_documents,
)
from services.runtime.auth import Principal, Role, require
from services.runtime.openapi import refusals
from services.runtime.problems import Problem, invalid

MOST = 1000
NO_CENTER = Problem(404, "no-such-center", "No center of this code is known for you.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tower:
    """What looking at readiness needs."""

    lookout: Lookout
    caller: Callable[..., Awaitable[Principal]]


def router(tower: Tower) -> APIRouter:
    """Return the routes."""
    routes = APIRouter(tags=["readiness"])

    @routes.get(
        "/v1/readiness", summary="Would 115 hold right now?", responses=refusals(401, 403, 503)
    )
    async def readiness(
        caller: Annotated[Principal, Depends(tower.caller)],
    ) -> ReadinessFigures:
        """Score each center from 0 to 100, with the reasons; a center's people see their own.

        What nobody knows earns no points: it is a reason of its own, `unknown`.
        """
        center = _own(caller)
        taken = [one for one in await tower.lookout.look() if center in {None, one.center}]
        now = tower.lookout.clock.now()
        return ReadinessFigures(as_of=now, centers=ready_documents(taken))

    @routes.get(
        "/v1/readiness/{center}",
        summary="How ready a center was",
        responses=refusals(401, 403, NO_CENTER, 422, 503),
    )
    async def history(
        *,
        center: str,
        since: Annotated[datetime | None, Query(alias="from")] = None,
        until: Annotated[datetime | None, Query(alias="to")] = None,
        limit: Annotated[int, Query(ge=1, le=MOST)] = MOST,
        caller: Annotated[Principal, Depends(tower.caller)],
    ) -> ReadinessHistory:
        """Give what was taken every five minutes; it is kept for a quarter of a year."""
        if _own(caller) not in {None, center}:
            raise NO_CENTER
        now = tower.lookout.clock.now()
        first, end = _aware("from", since, now - KEPT), _aware("to", until, now)
        found = await tower.lookout.readings.history(
            center, since=first, until=end, limit=limit + 1
        )
        more = found[limit].at if len(found) > limit else None
        return ReadinessHistory(center=center, taken=ready_documents(found[:limit]), next=more)

    return routes


def _own(caller: Principal) -> str | None:
    """The center a caller sees alone; None for all.

    Raises:
        Problem: 403 for a station and a team.
    """
    require(caller, *(role for role in LOOKING if role is not Role.STATION))
    return scope_of(caller).center


def _aware(name: str, moment: datetime | None, usual: datetime) -> datetime:
    if moment is None:
        return usual
    if moment.tzinfo is None:
        raise invalid([(name, "must have an offset, such as 2026-03-09T09:00:00+08:00")])
    return moment.astimezone(UTC)
