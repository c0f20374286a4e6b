"""The notifier's HTTP side, put together."""

from collections.abc import Sequence

from fastapi import APIRouter, FastAPI
from pydantic import BaseModel

from services.notifier.payloads.figures import ComplianceFigures, ConservationFigures
from services.notifier.payloads.timing import (
    Digests,
    Heads,
    IncidentTiming,
    TimingEvents,
    WatchState,
)
from services.runtime import openapi, problems

DOCUMENT = "/openapi/notifier.json"

MODELS = (
    ComplianceFigures,
    ConservationFigures,
    Digests,
    Heads,
    IncidentTiming,
    TimingEvents,
    WatchState,
)
"""What is answered with, each with an example."""

DESCRIPTION = """
Compliance figures, the clocks of incidents with their log, the conservation of alerts, and who of
the services has fallen silent. It only reads.

Every request carries `Authorization: Bearer <key>`. Refusals are problem documents (RFC 9457) with
a stable `type`.
"""


def build(routers: Sequence[APIRouter], *, models: Sequence[type[BaseModel]] = ()) -> FastAPI:
    """Give the app of these routes.

    Args:
        routers: The routes.
        models: What they answer with beside `MODELS`.
    """
    app = FastAPI(
        title="115 dispatch: notifier",
        version="1",
        description=DESCRIPTION,
        docs_url=None,  # the page loads its scripts from another host
        redoc_url=None,
        openapi_url=DOCUMENT,
        redirect_slashes=False,
    )
    problems.install(app)
    for routes in routers:
        app.include_router(routes)
    openapi.complete(app, models=(*MODELS, *models))
    return app
