"""What was sent to whom and what became of it; test messages; the monthly test's report."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query

from incident.roster import PersonCode
from services.notifier.api.access import CENTER_ROLES, LOOKING, PARK_ROLES, scope_of
from services.notifier.api.figures import Caller
from services.notifier.handlers.messages.planning import Times
from services.notifier.handlers.messages.telling import Office
from services.notifier.handlers.messages.testing import tests
from services.notifier.payloads.messages import (
    Code,
    MadeTests,
    Messages,
    MonthReport,
    TestWanted,
    messages_of,
    month_of,
)
from services.notifier.ports.message_reads import MessageReads, Which
from services.notifier.ports.messages import MessageState, Person
from services.runtime.auth import Principal, Role, require
from services.runtime.clock import Clock
from services.runtime.ids import new_id
from services.runtime.openapi import OF_BODIES, refusals
from services.runtime.problems import Problem, invalid

MOST = 200
MOST_TESTS = 500
LAST_POSITION = 2**63 - 1
TESTERS = (Role.CHIEF, Role.SUPERVISOR, Role.ADMIN)

LIST = """
The messages to people, the newest first, each with every attempt and its outcome. People stand by
their code, addresses are masked.

An operator and a chief see what went to their center's people and what was about its incidents, a
station what went to its people and what was about its alerts; the park's people see all.
"""
NOBODY = Problem(404, "nobody-there", "The organisation has no contact of this code.")
NO_MONTH = Problem(404, "no-such-test", "No test was made in that month.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Counter:
    """What these routes need.

    Attributes:
        made: Called after messages were made.
    """

    reads: MessageReads
    office: Office
    clock: Clock
    caller: Caller
    made: Callable[[], None]


def router(counter: Counter) -> APIRouter:
    """Return the routes."""
    routes = APIRouter(tags=["messages"])
    _add_list(routes, counter)
    _add_test(routes, counter)
    _add_month(routes, counter)
    return routes


def _add_list(routes: APIRouter, counter: Counter) -> None:
    @routes.get(
        "/v1/messages",
        summary="Messages to people",
        description=LIST,
        responses=refusals(401, 403, 422, 503),
    )
    async def listed(  # each is a filter of its own
        *,
        incident: UUID | None = None,
        person: Code | None = None,
        state: MessageState | None = None,
        before: Annotated[int | None, Query(ge=1, le=LAST_POSITION)] = None,
        limit: Annotated[int, Query(ge=1, le=MOST)] = 50,
        caller: Annotated[Principal, Depends(counter.caller)],
    ) -> Messages:
        scope = scope_of(caller)
        which = Which(
            incident=incident,
            person=person,
            state=state,
            center=scope.center,
            station=scope.station,
        )
        page = await counter.reads.page(which, before=before, limit=limit)
        return messages_of(page, limit=limit)


def _add_test(routes: APIRouter, counter: Counter) -> None:
    @routes.post(
        "/v1/messages/test",
        summary="Send a test",
        status_code=202,
        responses=refusals(401, 403, NOBODY, *OF_BODIES, 422, 503),
    )
    async def test(
        wanted: TestWanted, caller: Annotated[Principal, Depends(counter.caller)]
    ) -> MadeTests:
        """Send a test to one person, or to all of an organisation, by their first way."""
        require(caller, *TESTERS)
        if caller.role is Role.CHIEF and wanted.organisation != caller.organisation:
            raise Problem(403, "not-yours", "A chief tests the contacts of the own center.")
        people = _people(counter.office, wanted)
        if not people:
            raise NOBODY
        if len(people) > MOST_TESTS:
            raise invalid([("person", f"must be given: there are over {MOST_TESTS} contacts")])
        office = counter.office
        at = Times(now=counter.clock.now(), real=counter.clock.real())
        named = [(new_id(), one) for one in people]
        made = tests(named, office.people, endpoint=office.endpoint, at=at)
        await counter.reads.make(made, real=at.real)
        counter.made()
        return MadeTests(messages=[one.id for one in made])


def _people(office: Office, wanted: TestWanted) -> list[Person]:
    if wanted.person is not None:
        known = office.people.contact(wanted.organisation, PersonCode(wanted.person))
        one = Person(organisation=wanted.organisation, code=wanted.person)
        return [] if known is None else [one]
    return [
        Person(organisation=organisation, code=code)
        for organisation, code in office.people.everybody()
        if organisation == wanted.organisation
    ]


def _add_month(routes: APIRouter, counter: Counter) -> None:
    @routes.get(
        "/v1/messages/tests/{month}",
        summary="Who did not confirm the monthly test",
        responses=refusals(401, 403, NO_MONTH, 422, 503),
    )
    async def month(
        month: Annotated[str, Path(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])$", examples=["2026-03"])],
        caller: Annotated[Principal, Depends(counter.caller)],
    ) -> MonthReport:
        """Report the test of a month, as 2026-03; a center and a station see their own people."""
        require(caller, *LOOKING)
        own = caller.role in (*CENTER_ROLES, Role.STATION) and caller.role not in PARK_ROLES
        organisation = caller.organisation if own else None
        found = await counter.reads.month(month, organisation=organisation)
        if found is None:
            raise NO_MONTH
        return month_of(found)
