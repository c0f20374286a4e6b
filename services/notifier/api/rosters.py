"""Rosters over HTTP: read, put as a whole, and asked who is on duty."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Header, Query, Response

from incident.alert import OrganisationId
from incident.roster import LONGEST_SPAN, PersonCode, Roster, gaps, on_duty
from services.notifier.api import roster_problems as problems
from services.notifier.api.roster_access import (
    NO_ORGANISATION,
    SEES_ALL,
    find_organisation,
    require_keeper,
    sees_channels,
)
from services.notifier.handlers import rosters as handlers
from services.notifier.handlers.rosters import Editor, Place
from services.notifier.payloads.roster_duty import Duties, Gaps, gaps_of, moment_of
from services.notifier.payloads.roster_examples import DOCUMENT_EXAMPLES
from services.notifier.payloads.rosters import (
    Applied,
    History,
    RosterLine,
    RosterList,
    RosterShown,
    change_of,
    roster_of,
)
from services.notifier.ports import Atlas
from services.notifier.ports.rosters import Changed
from services.runtime.auth import Principal
from services.runtime.fields import Moment
from services.runtime.openapi import OF_BODIES, refusals
from services.runtime.problems import Problem, invalid
from services.runtime.strict_json import StrictRoute

MOST_CHANGES = 200
LAST_VERSION = 2**31 - 1
SOON = timedelta(hours=1)
WEEK = timedelta(days=7)
FIRST_YEAR, LAST_YEAR = 2000, 2999

NOT_FOUND = refusals(401, 403, problems.NO_ROSTER, 422, 503)
_PUT = refusals(
    *OF_BODIES,
    401,
    403,
    NO_ORGANISATION,
    problems.NO_KEYS,
    problems.other_version(4),
    problems.NO_VERSION,
    422,
    503,
)

Caller = Callable[..., Awaitable[Principal]]
Version = Annotated[int, Query(ge=1, le=LAST_VERSION)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What the routes of rosters need.

    Attributes:
        changed: Called after each change; returns when the copy in memory follows it.
    """

    desk: handlers.Desk
    atlas: Atlas
    caller: Caller
    changed: Callable[[], Awaitable[None]]


def router(bench: Bench) -> APIRouter:
    """Return the routes."""
    routes = APIRouter(tags=["rosters"], route_class=StrictRoute)
    _add_reads(routes, bench)
    _add_write(routes, bench)
    _add_duty(routes, bench)
    return routes


def place_of(caller: Principal, organisation: OrganisationId) -> Place:
    """Whose roster a caller changes."""
    editor = Editor(key=caller.key_id, role=caller.role.value, person=caller.person)
    return Place(organisation=organisation, editor=editor)


def _add_reads(routes: APIRouter, bench: Bench) -> None:
    rosters = bench.desk.rosters

    @routes.get("/v1/rosters", summary="Who has a roster", responses=refusals(401, 503))
    async def listed(caller: Annotated[Principal, Depends(bench.caller)]) -> RosterList:
        """List the organisations whose roster the caller may see."""
        found = await rosters.versions()
        return RosterList(
            rosters=[
                RosterLine(organisation=code, last_change=change_of(changed))
                for code, changed in found.items()
                if caller.role in SEES_ALL or caller.organisation == code
            ]
        )

    @routes.get("/v1/rosters/{organisation}", summary="A roster", responses=NOT_FOUND)
    async def read(
        organisation: str,
        response: Response,
        caller: Annotated[Principal, Depends(bench.caller)],
        version: Version | None = None,
    ) -> RosterShown:
        """Give a roster, in force or as it was: its document, and what holds beside it.

        Addresses are masked, and left out for whoever does not keep the roster.
        """
        found, changed = await _find(bench, caller, organisation, version=version)
        response.headers["ETag"] = f'"{found.version}"'
        shown = sees_channels(caller, found.organisation, bench.atlas)
        return roster_of(found, changed, with_channels=shown)

    @routes.get(
        "/v1/rosters/{organisation}/history",
        summary="Who changed a roster",
        responses=NOT_FOUND,
    )
    async def history(
        organisation: str,
        caller: Annotated[Principal, Depends(bench.caller)],
        before: Version | None = None,
        limit: Annotated[int, Query(ge=1, le=MOST_CHANGES)] = 50,
    ) -> History:
        """List the changes of a roster, the last one first."""
        code = find_organisation(caller, organisation, bench.atlas)
        found = await rosters.history(code, before=before, limit=limit + 1)
        page = [change_of(changed) for changed in found[:limit]]
        after = page[-1].version if len(found) > limit else None
        return History(organisation=code, changes=page, next=after)


def _add_write(routes: APIRouter, bench: Bench) -> None:
    @routes.put("/v1/rosters/{organisation}", summary="Put a roster in force", responses=_PUT)
    async def write(
        *,
        organisation: str,
        response: Response,
        caller: Annotated[Principal, Depends(bench.caller)],
        document: Annotated[dict[str, Any], Body(openapi_examples=DOCUMENT_EXAMPLES)],
        if_match: Annotated[str | None, Header(pattern=r'^"?\d{1,9}"?$')] = None,
    ) -> Applied:
        """Put a whole document in force, or nothing of it: every fault is named by its path.

        `If-Match` names the version it was made from, "0" for the first. What says nothing new
        keeps the version in force. Swaps and overrides stay; a document that takes away what one
        to come needs is refused.
        """
        code = find_organisation(caller, organisation, bench.atlas)
        require_keeper(caller, code, bench.atlas)
        if if_match is None:
            raise problems.NO_VERSION
        expected = int(if_match.strip('"'))
        with problems.told():
            roster, changed = await handlers.put_document(
                place_of(caller, code), document, expected=expected, desk=bench.desk
            )
        await bench.changed()
        response.headers["ETag"] = f'"{roster.version}"'
        return Applied(organisation=code, version=roster.version, changed=changed)


def _add_duty(routes: APIRouter, bench: Bench) -> None:
    @routes.get("/v1/rosters/{organisation}/duty", summary="Who is on duty", responses=NOT_FOUND)
    async def duty(
        organisation: str,
        caller: Annotated[Principal, Depends(bench.caller)],
        at: Moment | None = None,
    ) -> Duties:
        """Say who is to be called for each post: at a moment, or now and in an hour."""
        found, _ = await _find(bench, caller, organisation)
        now = bench.desk.now()
        moments = [now, now + SOON] if at is None else [_within("at", at)]
        return Duties(
            organisation=found.organisation,
            version=found.version,
            time_zone=found.time_zone,
            moments=[
                moment_of(
                    found,
                    [(post.code, on_duty(found, post.code, each)) for post in found.posts],
                    at=each,
                )
                for each in moments
            ],
        )

    @routes.get(
        "/v1/rosters/{organisation}/gaps", summary="When nobody is on duty", responses=NOT_FOUND
    )
    async def uncovered(
        organisation: str,
        caller: Annotated[Principal, Depends(bench.caller)],
        since: Annotated[Moment | None, Query(alias="from")] = None,
        until: Annotated[Moment | None, Query(alias="to")] = None,
    ) -> Gaps:
        """Name the times in which a post that needs somebody has nobody; of a week if not said."""
        first = bench.desk.now() if since is None else _within("from", since)
        end = first + WEEK if until is None else _within("to", until)
        if end <= first or end - first > LONGEST_SPAN:
            raise invalid([("to", f"must come after from, by {LONGEST_SPAN.days} days at most")])
        found, _ = await _find(bench, caller, organisation)
        return gaps_of(found, gaps(found, first, end), since=first, until=end)


def _within(name: str, moment: datetime) -> datetime:
    """A moment that days can be counted around.

    Raises:
        Problem: 422.
    """
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise invalid([(name, f"must lie in the years {FIRST_YEAR} to {LAST_YEAR}")])
    return moment


async def _find(
    bench: Bench, caller: Principal, organisation: str, *, version: int | None = None
) -> tuple[Roster, Changed]:
    """Give a roster the caller may see.

    Raises:
        Problem: 403, 404.
    """
    code = find_organisation(caller, organisation, bench.atlas)
    found = await bench.desk.rosters.find(code, version=version)
    if found is None:
        raise problems.NO_ROSTER
    return found


def person_of(caller: Principal) -> PersonCode:
    """The person a caller is.

    Raises:
        Problem: 403 for a key that names none.
    """
    if caller.person is None:
        detail = "Only a key that names a person speaks for one."
        raise Problem(403, "no-person", detail)
    return PersonCode(caller.person)
