"""What is asked of intake, by path."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

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
JSON = b"application/json"
RED = b'"red"'
"""What every body holds that reports something red."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request that was let in.

    Attributes:
        asked: The alert its path names, empty where it names none.
    """

    sender: Sender
    body: bytes
    asked: str
    desk: Desk
    admission: Admission


@dataclass(frozen=True, slots=True)
class Answer:
    """What is answered, in JSON."""

    status: int
    body: bytes
    location: str = ""


Route = Callable[[Request], Awaitable[Answer]]


async def post_alert(request: Request) -> Answer:
    """Take an alert; raises what is answered with a problem, as all routes do."""
    # Under overload most come for nothing: that is said before their bodies are looked at.
    request.admission.check_room(red=RED in request.body)
    body = read(AlertBody, parse(request.body))
    with request.admission.working(request.sender.organisation, body.severity):
        accepted = await receive(body.report(), sender=request.sender, desk=request.desk)
    return _answer(accepted)


async def post_batch(request: Request) -> Answer:
    """Take alerts that a cut held back."""
    body = read(BatchBody, parse(request.body))
    sender, desk = request.sender, request.desk
    faults = tuple(time_faults("sent_at", body.sent_at, now=desk.clock.now()))
    if faults:
        raise InvalidError(faults)
    entries = [_entry(each) for each in body.alerts]
    reports = [entry for entry in entries if isinstance(entry, Report)]
    with request.admission.working(sender.organisation, _most_severe(reports)):
        outcomes = await receive_batch(reports, sender=sender, desk=desk, sent_at=body.sent_at)
    return _answer_batch(entries, outcomes)


async def post_update(request: Request) -> Answer:
    """Take new facts about an alert."""
    body = read(UpdateBody, parse(request.body))
    sender, asked = request.sender, _id(request.asked)
    with request.admission.working(sender.organisation, body.severity):
        accepted = await update(body.update(), asked=asked, sender=sender, desk=request.desk)
    return _answer(accepted)


async def post_cancellation(request: Request) -> Answer:
    """Take an alert's withdrawal."""
    body = read(CancellationBody, parse(request.body))
    sender, asked = request.sender, _id(request.asked)
    with request.admission.working(sender.organisation, None):
        accepted = await withdraw(body.withdrawal(), asked=asked, sender=sender, desk=request.desk)
    return _answer(accepted)


ROUTES: dict[str, Route] = {
    "/v1/alerts": post_alert,
    "/v1/alerts/batch": post_batch,
    "/v1/alerts/{alert_id}/updates": post_update,
    "/v1/alerts/{alert_id}/cancellation": post_cancellation,
}
"""What is posted where."""


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


def _answer(accepted: Accepted) -> Answer:
    told = _told(accepted)
    return Answer(ACCEPTED, codec.encode(told), str(told["follow"]))


def _answer_batch(entries: Sequence[Report | InvalidError], outcomes: Sequence[Outcome]) -> Answer:
    """Answer each entry in its place; if there is no store for any, say that for the whole."""
    unsafe = [outcome for outcome in outcomes if isinstance(outcome, NotSafeError)]
    if unsafe and len(unsafe) == len(outcomes):
        raise unsafe[0]
    rest = iter(outcomes)
    results = [
        _result(entry if isinstance(entry, InvalidError) else next(rest)) for entry in entries
    ]
    accepted = sum(result["status"] == ACCEPTED for result in results)
    body = {"accepted": accepted, "refused": len(results) - accepted, "results": results}
    return Answer(MULTI_STATUS, codec.encode(body))


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
        "status": accepted.safe,
        "late": accepted.late,
        "follow": f"/v1/incidents/{accepted.id}",
    }
