"""A station's registration over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response
from yarl import URL

from services.notifier.api.callbacks.desk import (
    NO_STORE,
    Desk,
    Station,
    own_station,
    seen_station,
    unregistered,
    unsealable,
    vault_of,
)
from services.notifier.handlers.callbacks.registering import Registration, TooManySecretsError
from services.notifier.payloads.callbacks.answers import (
    QueuedView,
    SubscriptionView,
    subscription_view,
)
from services.notifier.payloads.callbacks.asked import SubscriptionBody
from services.runtime.auth import Principal
from services.runtime.openapi import OF_BODIES, refusals
from services.runtime.outgoing.guard import AddressRefusedError
from services.runtime.problems import Problem, invalid
from services.runtime.strict_json import StrictRoute

_REFUSED = "leads to where nothing is sent: a private network, this machine, or not by https"
_LOST = "leads nowhere: its host has no address"

TEXT = """
Registers a station for callbacks, in place of what it registered before. The first registration,
and one with `rotate`, makes a secret: `secret` in the answer, shown once and never again. After a
rotation the secret before signs beside the new one for 24 hours. A registration that was disabled
is active again, and what waits goes at once.

Without `url` nothing is sent: the station pulls `/v1/callbacks/feed`.
"""


def router(desk: Desk) -> APIRouter:
    """Give the routes."""
    routes = APIRouter(route_class=StrictRoute)
    _add_put(routes, desk)
    _add_others(routes, desk)
    return routes


def _add_put(routes: APIRouter, desk: Desk) -> None:
    rotated = Problem(409, "too-many-secrets", "Three secrets sign already.", retry_after=3600)

    @routes.put(
        "/v1/callbacks/subscription",
        summary="Register for callbacks",
        description=TEXT,
        responses=refusals(*OF_BODIES, 401, 403, rotated, 422, unsealable()),
    )
    async def register(
        body: SubscriptionBody,
        response: Response,
        caller: Annotated[Principal, Depends(desk.caller)],
        station: Station = None,
    ) -> SubscriptionView:
        whose = own_station(caller, station, desk)
        vault = vault_of(desk)
        if body.url is not None:
            await _check(desk, body.url)
        now = desk.clock.real()
        asked = Registration(station=whose, url=body.url, types=body.types, rotate=body.rotate)
        try:
            found, secret = await desk.registry.register(asked, vault=vault, now=now)
        except TooManySecretsError as error:
            detail = f"Three secrets sign already; the oldest stops at {error.until:%H:%M:%S} UTC."
            wait = (error.until - now).total_seconds()
            raise Problem(409, "too-many-secrets", detail, retry_after=wait) from error
        desk.wake()
        response.headers.update(NO_STORE)
        return subscription_view(found, now=now, secret=secret)


async def _check(desk: Desk, url: str) -> None:
    """Look an address up once, so that its owner learns now what every attempt would come to.

    Raises:
        Problem: 422.
    """
    try:
        await desk.guard.admit(URL(url))
    except AddressRefusedError as error:
        raise invalid([("url", _REFUSED)]) from error
    except OSError as error:
        raise invalid([("url", _LOST)]) from error


def _add_others(routes: APIRouter, desk: Desk) -> None:
    @routes.get(
        "/v1/callbacks/subscription",
        summary="How a station is registered",
        responses=refusals(401, 403, unregistered(), 422, 503),
    )
    async def show(
        caller: Annotated[Principal, Depends(desk.caller)], station: Station = None
    ) -> SubscriptionView:
        """Show a registration, without its secrets."""
        whose = seen_station(caller, station)
        if whose is None:
            raise invalid([("station", "is missing: say whose")])
        found = await desk.registry.find(whose)
        if found is None:
            raise unregistered()
        return subscription_view(found, now=desk.clock.real())

    @routes.delete(
        "/v1/callbacks/subscription",
        summary="End a registration",
        status_code=204,
        responses=refusals(401, 403, unregistered(), 422, 503),
    )
    async def remove(
        caller: Annotated[Principal, Depends(desk.caller)], station: Station = None
    ) -> None:
        """Forget a registration with its secrets; what waits is given up."""
        whose = own_station(caller, station, desk)
        if not await desk.registry.remove(whose, now=desk.clock.real()):
            raise unregistered()

    @routes.post(
        "/v1/callbacks/test",
        summary="Send a test",
        status_code=202,
        responses=refusals(401, 403, unregistered(), 422, 503),
    )
    async def test(
        caller: Annotated[Principal, Depends(desk.caller)], station: Station = None
    ) -> QueuedView:
        """Put a callback of type `callback.test.v1` in line; the log says what came of it."""
        id_ = await desk.registry.put_test(own_station(caller, station, desk))
        if id_ is None:
            raise unregistered()
        desk.wake()
        return QueuedView(id=id_)
