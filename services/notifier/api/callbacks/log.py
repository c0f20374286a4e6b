"""The log of deliveries over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from services.notifier.api.callbacks.desk import Desk, Station, seen_station
from services.notifier.handlers.callbacks.delivering import CallbackState
from services.notifier.handlers.callbacks.desk import MOST_TRIES, Delivery, Search
from services.notifier.payloads.callbacks.answers import (
    DeliveryPage,
    DeliveryView,
    QueuedView,
    delivery_view,
)
from services.runtime.auth import Principal, Role, require
from services.runtime.openapi import refusals
from services.runtime.problems import Problem

MOST = 500
LAST_SEQUENCE = 2**63 - 1


def router(desk: Desk) -> APIRouter:
    """Give the routes."""
    routes = APIRouter()
    _add_reads(routes, desk)
    _add_retry(routes, desk)
    return routes


def _unknown() -> Problem:
    return Problem(404, "not-found", "No delivery of this id is known for you.")


def _not_failed() -> Problem:
    detail = (
        f"Only a delivery that failed is put in line again, and after {MOST_TRIES} attempts none."
    )
    return Problem(409, "not-failed", detail)


def _add_reads(routes: APIRouter, desk: Desk) -> None:
    @routes.get(
        "/v1/callbacks/deliveries",
        summary="What stations were told, newest first",
        responses=refusals(401, 403, 422, 503),
    )
    async def search(  # what can be asked for, by name
        caller: Annotated[Principal, Depends(desk.caller)],
        *,
        station: Station = None,
        incident: UUID | None = None,
        state: CallbackState | None = None,
        before: Annotated[int | None, Query(ge=1, le=LAST_SEQUENCE)] = None,
        limit: Annotated[int, Query(ge=1, le=MOST)] = 100,
    ) -> DeliveryPage:
        """Give a page of the log; of one station `next` continues as `before`."""
        whose = seen_station(caller, station)
        wanted = Search(station=whose, incident=incident, state=state, before=before, limit=limit)
        found = await desk.ledger.search(wanted)
        more = whose is not None and len(found) == limit
        return DeliveryPage(
            deliveries=[delivery_view(one, with_tries=False) for one in found],
            next=found[-1].sequence if more else None,
        )

    @routes.get(
        "/v1/callbacks/deliveries/{delivery}",
        summary="One delivery with all its attempts",
        responses=refusals(401, 403, _unknown(), 422, 503),
    )
    async def find(
        delivery: UUID, caller: Annotated[Principal, Depends(desk.caller)]
    ) -> DeliveryView:
        """Show a delivery."""
        return delivery_view(await _find(desk, delivery, caller), with_tries=True)


def _add_retry(routes: APIRouter, desk: Desk) -> None:
    @routes.post(
        "/v1/callbacks/deliveries/{delivery}/retry",
        summary="Put a delivery that failed in line again",
        status_code=202,
        responses=refusals(401, 403, _unknown(), _not_failed(), 422, 503),
    )
    async def retry(
        delivery: UUID, caller: Annotated[Principal, Depends(desk.caller)]
    ) -> QueuedView:
        """Try a delivery again from the first attempt on, under the same id."""
        require(caller, Role.STATION, Role.ADMIN)
        found = await _find(desk, delivery, caller)
        if not await desk.ledger.retry(found.id, now=desk.clock.real()):
            raise _not_failed()
        desk.wake()
        return QueuedView(id=found.id)


async def _find(desk: Desk, id_: UUID, caller: Principal) -> Delivery:
    """Give a delivery the caller may see.

    Raises:
        Problem: 403; 404 for what is not there and for another station's, alike.
    """
    whose = seen_station(caller, None)
    found = await desk.ledger.find(id_)
    if found is None or whose not in {None, found.station}:
        raise _unknown()
    return found
