"""What is asked of intake, by path."""

from collections.abc import Sequence
from uuid import UUID

from fastapi import APIRouter, Request, Response

from incident.alert import Severity
from services.intake.api.gate import count_refused
from services.intake.api.problems import problem_of
from services.intake.handlers.alerts import (
    Accepted,
    Desk,
    Outcome,
    receive,
    receive_batch,
    update,
    withdraw,
)
from services.intake.handlers.checks import time_faults
from services.intake.handlers.refusals import InvalidError
from services.intake.handlers.reports import Report, Sender
from services.intake.overload import Admission
from services.intake.payloads.alert import AlertBody, BatchBody
from services.intake.payloads.changes import CancellationBody, UpdateBody
from services.intake.payloads.fields import read
from services.intake.payloads.text import parse
from services.intake.ports import NotSafeError
from services.runtime import codec

ACCEPTED = 202
MULTI_STATUS = 207
JSON = "application/json"


def make_router(desk: Desk, admission: Admission) -> APIRouter:
    """Return the routes, all behind the gate."""
    router = APIRouter(prefix="/v1/alerts", redirect_slashes=False)

    @router.post("")
    async def post_alert(request: Request) -> Response:
        body = read(AlertBody, parse(await request.body()))
        sender = _sender(request)
        with admission.working(sender.organisation, body.severity):
            accepted = await receive(body.report(), sender=sender, desk=desk)
        return _answer(accepted)

    @router.post("/batch")
    async def post_batch(request: Request) -> Response:
        body = read(BatchBody, parse(await request.body()))
        faults = tuple(time_faults("sent_at", body.sent_at, now=desk.clock.now()))
        if faults:
            raise InvalidError(faults)
        sender, entries = _sender(request), [_entry(each) for each in body.alerts]
        reports = [entry for entry in entries if isinstance(entry, Report)]
        with admission.working(sender.organisation, _most_severe(reports)):
            outcomes = await receive_batch(reports, sender=sender, desk=desk, sent_at=body.sent_at)
        return _answer_batch(entries, outcomes)

    @router.post("/{alert_id}/updates")
    async def post_update(request: Request, alert_id: str) -> Response:
        body = read(UpdateBody, parse(await request.body()))
        sender, asked = _sender(request), _id(alert_id)
        with admission.working(sender.organisation, body.severity):
            accepted = await update(body.update(), asked=asked, sender=sender, desk=desk)
        return _answer(accepted)

    @router.post("/{alert_id}/cancellation")
    async def post_cancellation(request: Request, alert_id: str) -> Response:
        body = read(CancellationBody, parse(await request.body()))
        sender, asked = _sender(request), _id(alert_id)
        with admission.working(sender.organisation, None):
            accepted = await withdraw(body.withdrawal(), asked=asked, sender=sender, desk=desk)
        return _answer(accepted)

    return router


def _sender(request: Request) -> Sender:
    sender: Sender = request.state.sender
    return sender


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _entry(given: object) -> Report | InvalidError:
    """One alert of a batch, or what is wrong with its form."""
    try:
        return read(AlertBody, given).report()
    except InvalidError as error:
        return error


def _most_severe(reports: Sequence[Report]) -> Severity | None:
    return min((report.severity for report in reports), key=lambda each: each.rank, default=None)


def _answer(accepted: Accepted) -> Response:
    told = _told(accepted)
    headers = {"Location": str(told["follow"])}
    return Response(codec.encode(told), ACCEPTED, headers, JSON)


def _answer_batch(
    entries: Sequence[Report | InvalidError], outcomes: Sequence[Outcome]
) -> Response:
    """Answer each entry in its place; if there is no store for any, say that for the whole."""
    if outcomes and all(isinstance(outcome, NotSafeError) for outcome in outcomes):
        raise NotSafeError("the whole batch")
    rest = iter(outcomes)
    results = [
        _result(entry if isinstance(entry, InvalidError) else next(rest)) for entry in entries
    ]
    accepted = sum(result["status"] == ACCEPTED for result in results)
    body = {"accepted": accepted, "refused": len(results) - accepted, "results": results}
    return Response(codec.encode(body), MULTI_STATUS, media_type=JSON)


def _result(outcome: Outcome) -> dict[str, object]:
    if isinstance(outcome, Accepted):
        return {"status": ACCEPTED, "accepted": _told(outcome)}
    problem = problem_of(outcome)
    count_refused(problem)
    members = {name: value for name, value in problem.members.items() if value is not None}
    return {"status": problem.status, "problem": members}


def _told(accepted: Accepted) -> dict[str, object]:
    return {
        "id": accepted.id,
        "received_at": accepted.received_at,
        "status": "accepted",
        "late": accepted.late,
        "follow": f"/v1/incidents/{accepted.id}",
    }
