"""The clocks of incidents over HTTP, and their log for whoever checks it."""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from incident.alert import IncidentId
from services.notifier.api.access import PARK_ROLES, check_incident, hidden
from services.notifier.api.figures import Caller
from services.notifier.handlers.judging import Subject, points_of, verdicts_of
from services.notifier.handlers.provisional import provisional
from services.notifier.payloads.timing import (
    Digests,
    Heads,
    IncidentTiming,
    TimingEvents,
    digests_of,
    events_of,
    heads_of,
    timing_of,
)
from services.notifier.ports import Atlas, Reports, Watched
from services.runtime.auth import Principal, require
from services.runtime.clock import Clock
from services.runtime.openapi import refusals

MOST = 1000
LAST_SEQUENCE = 2**31 - 1  # the column's type holds no more

PAGED = refusals(401, 403, 422, 503)
OF_ONE = refusals(401, 403, hidden(), 422, 503)

Limit = Annotated[int, Query(ge=1, le=MOST)]
After = Annotated[int, Query(ge=0, le=LAST_SEQUENCE)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What looking at clocks needs."""

    reports: Reports
    atlas: Atlas
    clock: Clock
    caller: Caller


def router(bench: Bench) -> APIRouter:
    """Return the routes."""
    routes = APIRouter(tags=["timing"])
    _add_heads(routes, bench)  # before the others: `heads` is no incident's id
    _add_timing(routes, bench)
    return routes


def _add_heads(routes: APIRouter, bench: Bench) -> None:
    @routes.get("/v1/timing/heads", summary="The ends of all timing logs", responses=PAGED)
    async def heads(
        caller: Annotated[Principal, Depends(bench.caller)],
        after: UUID | None = None,
        limit: Limit = MOST,
    ) -> Heads:
        """Give a page of heads, for a check that no log was cut or removed."""
        require(caller, *PARK_ROLES)
        return heads_of(await bench.reports.heads(after=after, limit=limit), limit=limit)

    @routes.get(
        "/v1/timing/digests", summary="The hourly digests of all timing logs", responses=PAGED
    )
    async def digests(
        caller: Annotated[Principal, Depends(bench.caller)],
        after: After = 0,
        limit: Limit = MOST,
    ) -> Digests:
        """Give a page of digests, as they were also published on `digests.v1`."""
        require(caller, *PARK_ROLES)
        return digests_of(await bench.reports.digests(after=after, limit=limit), limit=limit)


def _add_timing(routes: APIRouter, bench: Bench) -> None:
    @routes.get("/v1/timing/{incident}", summary="The clocks of an incident", responses=OF_ONE)
    async def timing(
        incident: UUID, caller: Annotated[Principal, Depends(bench.caller)]
    ) -> IncidentTiming:
        """Give the verdicts on all legs as of now, and what comes next if nothing happens."""
        watched, subject = await _find(bench, incident, caller)
        as_of = max(bench.clock.now(), subject.told_at)
        verdicts = verdicts_of(subject, now=as_of)
        points = points_of(subject, verdicts, announced=watched.known.announced)
        return timing_of(watched, verdicts=verdicts, points=points, as_of=as_of)

    @routes.get(
        "/v1/timing/{incident}/events",
        summary="What the clocks of an incident said",
        responses=OF_ONE,
    )
    async def events(
        incident: UUID,
        caller: Annotated[Principal, Depends(bench.caller)],
        after: After = 0,
        limit: Limit = MOST,
    ) -> TimingEvents:
        """Give the timing log as chained: each text exactly as its hash covers it."""
        watched, _ = await _find(bench, incident, caller)
        log = await bench.reports.log(IncidentId(incident), after=after, limit=limit)
        return events_of(watched, log)


async def _find(bench: Bench, id_: UUID, caller: Principal) -> tuple[Watched, Subject]:
    """Give what is stored of an incident the caller may see.

    Raises:
        Problem: 404, 403.
    """
    watched = await bench.reports.find(IncidentId(id_))
    subject = None if watched is None else _subject(watched, bench.atlas)
    check_incident(caller, None if subject is None else subject.incident)
    if watched is None or subject is None:
        raise hidden()
    return watched, subject


def _subject(watched: Watched, atlas: Atlas) -> Subject | None:
    if watched.incident is not None:
        return Subject(incident=watched.incident)
    return None if watched.alert is None else provisional(watched.alert, atlas)
