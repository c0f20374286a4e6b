"""The dispatcher's HTTP side, put together."""

from collections.abc import Sequence

from fastapi import APIRouter, FastAPI

from services.dispatcher.api import faults
from services.runtime import problems

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
    problems.install(app)
    faults.install(app)
    for routes in routers:
        app.include_router(routes)
    return app
