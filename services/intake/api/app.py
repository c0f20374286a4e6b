"""Intake's HTTP side as one ASGI app.

Written on ASGI itself: each request is one alert on its way against the clock, most of what comes
under overload ends here, and a framework's ways cost as much as all the checks together.
"""

import re
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass

from starlette.types import Receive, Scope, Send

from services.intake.api import openapi
from services.intake.api.gate import Gate, body_of, count_refused
from services.intake.api.problems import ANSWERED, problem_of
from services.intake.api.routes import JSON, ROUTES, Answer, Request, Route
from services.intake.handlers.alerts import Desk
from services.intake.overload import Admission
from services.runtime.auth import Pages
from services.runtime.problems import Problem

DOCUMENT = "/openapi.json"
DOCUMENT_UNDER_ORIGIN = "/v1/alerts/openapi.json"
"""The same where other services answer under the same origin."""

_DOCUMENTS = {DOCUMENT, DOCUMENT_UNDER_ORIGIN}
_READING = {"GET", "HEAD", "OPTIONS"}
_OF_ONE = re.compile(r"/v1/alerts/([^/]+)/(updates|cancellation)")


@dataclass(frozen=True, slots=True)
class _Found:
    """What a path leads to, `path` being its pattern, by which figures name it."""

    path: str
    route: Route | None = None


_FOUND = {path: _Found(path, route) for path, route in ROUTES.items()}
_DOCUMENT = {path: _Found(path) for path in _DOCUMENTS}


def make_app(desk: Desk, admission: Admission, pages: Pages | None = None) -> "App":
    """Return the app: the gate, and behind it the routes; `pages` knows who is signed in."""
    gate = Gate(directory=desk.directory, admission=admission, clock=desk.clock, pages=pages)
    return App(gate, desk, admission)


class App:
    """Finds the route, asks the gate, and answers, every refusal as a problem."""

    def __init__(self, gate: Gate, desk: Desk, admission: Admission) -> None:
        self._gate = gate
        self._desk = desk
        self._admission = admission
        self._document = openapi.text().encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection, as ASGI asks."""
        if scope["type"] != "http":
            return
        found, asked = _find(scope["path"])
        if found is not None:
            scope["route"] = found
        try:
            answer = await self._answer(scope, receive, found, asked)
        except (Problem, *ANSWERED) as error:
            problem = error if isinstance(error, Problem) else problem_of(error)
            count_refused(problem)
            await problem.response(scope["path"])(scope, receive, send)
        else:
            await _send(answer, send)

    async def _answer(
        self, scope: Scope, receive: Receive, found: _Found | None, asked: str
    ) -> Answer:
        if scope["method"] in _READING:
            return self._read(scope["method"], found)
        headers: Mapping[bytes, bytes] = dict(scope["headers"])
        batch = scope["path"] == "/v1/alerts/batch"
        with ExitStack() as places:
            sender = self._gate.let_in(scope["path"], headers, places, batch=batch)
            body = await body_of(headers, receive, batch=batch)
            if found is None or found.route is None or scope["method"] != "POST":
                raise _refused(found)
            request = Request(
                sender=sender, body=body, asked=asked, desk=self._desk, admission=self._admission
            )
            return await found.route(request)

    def _read(self, method: str, found: _Found | None) -> Answer:
        if found is None or found.route is not None or method != "GET":
            raise _refused(found)
        return Answer(200, self._document)


def _find(path: str) -> tuple[_Found | None, str]:
    """Say what a path leads to, and which alert it names."""
    found = _FOUND.get(path) or _DOCUMENT.get(path)
    if found is not None:
        return found, ""
    form = _OF_ONE.fullmatch(path)
    if form is None:
        return None, ""
    return _FOUND[f"/v1/alerts/{{alert_id}}/{form[2]}"], form[1]


def _refused(found: _Found | None) -> Problem:
    if found is None:
        return Problem(404, "not-found", "Not Found")
    allowed = {"Allow": "GET" if found.route is None else "POST"}
    return Problem(405, "method-not-allowed", "Method Not Allowed", headers=allowed)


async def _send(answer: Answer, send: Send) -> None:
    headers = [
        (b"content-length", b"%d" % len(answer.body)),
        (b"content-type", JSON),
    ]
    if answer.location:
        headers.append((b"location", answer.location.encode()))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})
