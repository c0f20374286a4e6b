"""The dispatcher's HTTP side, put together."""

from collections.abc import Sequence

from fastapi import APIRouter, FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

from services.dispatcher.api import answers, faults
from services.dispatcher.api.room import Room
from services.runtime import openapi, problems
from services.runtime.guards import BODY_BYTES, BodyLimit

DIRECTORY = "/v1/directory"
DIRECTORY_BYTES = 8 * 2**20

DESCRIPTION = """
Incidents and every act on them, the directory, and the live streams.

Every request carries `Authorization: Bearer <key>`. Refusals are problem documents (RFC 9457) with
a stable `type`. Acts need an `Idempotency-Key`: a retry with the same key gets the first answer.
"""


def build(routers: Sequence[APIRouter]) -> FastAPI:
    """Give the app of these routes."""
    app = FastAPI(
        title="115 dispatch: dispatcher",
        version="1",
        description=DESCRIPTION,
        docs_url=None,  # the page loads its scripts from another host
        redoc_url=None,
        openapi_url="/openapi/dispatcher.json",
        redirect_slashes=False,  # it would lead to whatever host the request names
    )
    app.add_middleware(Room)
    app.add_middleware(Bodies)  # outside: who sends slowly takes nobody's place
    problems.install(app)
    faults.install(app)
    for routes in routers:
        app.include_router(routes)
    openapi.complete(app, answers.shapes())
    return app


class Bodies:
    """Bounds bodies: a directory may be large, an act is not, and both are read into memory."""

    def __init__(self, app: ASGIApp) -> None:
        self._acts = BodyLimit(app, BODY_BYTES)
        self._directory = BodyLimit(app, DIRECTORY_BYTES)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection, as ASGI asks."""
        bounded = self._directory if scope.get("path") == DIRECTORY else self._acts
        await bounded(scope, receive, send)
