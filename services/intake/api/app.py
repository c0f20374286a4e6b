"""Intake's HTTP side as one ASGI app."""

from fastapi import FastAPI, Request, Response
from starlette.types import ASGIApp

from services.intake.api import openapi
from services.intake.api.gate import Gate, count_refused
from services.intake.api.problems import ANSWERED, problem_of
from services.intake.api.routes import make_router
from services.intake.handlers.alerts import Desk
from services.intake.overload import Admission
from services.runtime import problems

DOCUMENT = "/openapi.json"
DOCUMENT_UNDER_ORIGIN = "/v1/alerts/openapi.json"
"""The same where other services answer under the same origin."""


def make_app(desk: Desk, admission: Admission) -> ASGIApp:
    """Return the app: the gate, and behind it the routes."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    app.include_router(make_router(desk, admission))
    document = openapi.text()

    async def get_document() -> Response:
        return Response(document, media_type="application/json")

    for path in (DOCUMENT, DOCUMENT_UNDER_ORIGIN):
        app.add_api_route(path, get_document, methods=["GET"])
    for kind in ANSWERED:
        app.add_exception_handler(kind, _on_answered)
    problems.install(app)
    return Gate(app, directory=desk.directory, admission=admission, clock=desk.clock)


async def _on_answered(request: Request, error: Exception) -> Response:
    problem = problem_of(error)
    count_refused(problem)
    return problem.response(request.url.path)
