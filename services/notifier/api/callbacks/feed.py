"""The feed over HTTP, for stations whose network lets nothing in; files for those cut off."""

import asyncio
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from prometheus_client import Counter, Histogram

from services.notifier.api.callbacks.desk import (
    NO_STORE,
    Desk,
    Station,
    own_station,
    signing_secrets,
    unregistered,
)
from services.notifier.handlers.callbacks.desk import Place, Receipt, Told
from services.notifier.payloads.callbacks.answers import (
    FeedPage,
    ImportedView,
    feed_page,
    imported_view,
)
from services.notifier.payloads.callbacks.asked import ReceiptsBody
from services.notifier.payloads.callbacks.export import write_export
from services.runtime.auth import Principal, Role, require
from services.runtime.openapi import OF_BODIES, Responses, refusals
from services.runtime.problems import invalid
from services.runtime.strict_json import StrictRoute

MOST, MOST_IN_FILE = 500, 10_000
LONGEST_WAIT = 25
LOOK_SECONDS = 1.0
WAITERS = 200
"""Requests that wait at once; one more is answered at once with what there is."""

LAST_SEQUENCE = 2**63 - 1
AHEAD = timedelta(minutes=5)
"""How far the other side's clock may be ahead."""

NDJSON = "application/x-ndjson"
_FILE: Responses = {
    200: {"description": "The file.", "content": {NDJSON: {"schema": {"type": "string"}}}}
}

_BOUNDARY = Histogram(
    "d115_callback_boundary_seconds",
    "From the making of a callback to its import on the other side of a boundary.",
    buckets=(1, 5, 15, 60, 300, 900, 3600, 14400, 86400),
)
_RECEIPTS = Counter("d115_callback_receipts_total", "Receipts of a boundary, by kind.", ["kind"])
_PULLED = Counter("d115_callbacks_pulled_total", "Callbacks given by a feed.")

FEED = """
Gives a station's callbacks in the order of their numbers, which have no gap. To ask with
`after=N` says that all up to `N` are safe with the station: they are confirmed and not sent any
more. Without `after` the feed goes on behind what was confirmed, and confirms nothing. With
`wait` the answer is held back for up to so many seconds until there is something.
"""

EXPORT = """
The same as a file, to be carried over a boundary: one line of JSON each. The first line is a
header with the number of lines that follow and the SHA-256 of their bytes, signed as a callback is:
`webhook-id` is its `id`, `webhook-timestamp` its `timestamp`, the body is
`<format>.<count>.<sha256>`. Nothing is confirmed by it; receipts do that.
"""


def router(desk: Desk) -> APIRouter:
    """Give the routes."""
    routes = APIRouter(route_class=StrictRoute)
    _add_feed(routes, desk)
    _add_export(routes, desk)
    _add_receipts(routes, desk)
    return routes


def _add_feed(routes: APIRouter, desk: Desk) -> None:
    waiters = asyncio.Semaphore(WAITERS)

    @routes.get(
        "/v1/callbacks/feed",
        summary="Pull callbacks",
        description=FEED,
        responses=refusals(401, 403, unregistered(), 422, 503),
    )
    async def pull(
        response: Response,
        caller: Annotated[Principal, Depends(desk.caller)],
        *,
        after: Annotated[int | None, Query(ge=0, le=LAST_SEQUENCE)] = None,
        limit: Annotated[int, Query(ge=1, le=MOST)] = 100,
        wait: Annotated[int, Query(ge=0, le=LONGEST_WAIT)] = 0,
    ) -> FeedPage:
        require(caller, Role.STATION)
        station = caller.organisation
        place = await _place(desk, station, after)
        if after is not None and after > place.confirmed:
            await desk.feed.confirm(station, after, now=desk.clock.real())
        start = place.confirmed if after is None else after
        told = await desk.feed.read(station, after=start, limit=limit)
        if not told and wait and not waiters.locked():
            async with waiters:
                told = await _await(desk, station, after=start, limit=limit, wait=wait)
        _PULLED.inc(len(told))
        response.headers.update(NO_STORE)
        return feed_page(station, told, await _place(desk, station, after), after=start)


async def _place(desk: Desk, station: str, after: int | None) -> Place:
    """Say where a feed stands.

    Raises:
        Problem: 404 for a station that never registered, 422 for a number not given yet.
    """
    place = await desk.feed.place(station)
    if place is None:
        raise unregistered()
    if after is not None and after > place.last:
        raise invalid([("after", f"is beyond the last number given, {place.last}")])
    return place


async def _await(desk: Desk, station: str, *, after: int, limit: int, wait: int) -> list[Told]:
    """Look again until there is something or the time is over."""
    deadline = desk.clock.monotonic() + wait
    while (left := deadline - desk.clock.monotonic()) > 0:
        await desk.clock.sleep(min(LOOK_SECONDS, left))
        told = await desk.feed.read(station, after=after, limit=limit)
        if told:
            return list(told)
    return []


def _add_export(routes: APIRouter, desk: Desk) -> None:
    @routes.get(
        "/v1/callbacks/feed/export",
        summary="Callbacks as a file",
        description=EXPORT,
        response_class=Response,
        responses={**_FILE, **refusals(401, 403, unregistered(), 422, 503)},
    )
    async def export(
        caller: Annotated[Principal, Depends(desk.caller)],
        *,
        after: Annotated[int | None, Query(ge=0, le=LAST_SEQUENCE)] = None,
        limit: Annotated[int, Query(ge=1, le=MOST_IN_FILE)] = MOST_IN_FILE,
        station: Station = None,
    ) -> Response:
        whose = own_station(caller, station, desk)
        found = await desk.registry.find(whose)
        if found is None:
            raise unregistered()
        secrets = signing_secrets(desk, found)
        place = await _place(desk, whose, after)
        start = place.confirmed if after is None else after
        told = await desk.feed.read(whose, after=start, limit=limit)
        content = write_export(whose, told, after=start, secrets=secrets, now=desk.clock.real())
        return Response(content, media_type=NDJSON, headers=NO_STORE)


def _add_receipts(routes: APIRouter, desk: Desk) -> None:
    @routes.post(
        "/v1/callbacks/feed/receipts",
        summary="Take receipts from the other side of a boundary",
        responses=refusals(*OF_BODIES, 401, 403, unregistered(), 422, 503),
    )
    async def take(
        body: ReceiptsBody,
        caller: Annotated[Principal, Depends(desk.caller)],
        station: Station = None,
    ) -> ImportedView:
        """Keep what the other side took, and how long it was on its way. A repeat changes nothing.

        Ids that are no callbacks of the station are answered in `unknown` and do nothing.
        """
        whose = own_station(caller, station, desk)
        now = desk.clock.real()
        early = [
            (f"receipts[{place}].imported_at", "lies in the future")
            for place, one in enumerate(body.receipts)
            if one.imported_at > now + AHEAD
        ]
        if early:
            raise invalid(early)
        await _place(desk, whose, None)
        receipts = [Receipt(id=one.id, imported_at=one.imported_at) for one in body.receipts]
        found = await desk.feed.take_receipts(whose, body.batch, receipts, now=now)
        for delay in found.delays:
            _BOUNDARY.observe(max(0.0, delay))
        counts = {"new": found.new, "repeated": found.repeated, "unknown": len(found.unknown)}
        for kind, count in counts.items():
            _RECEIPTS.labels(kind).inc(count)
        return imported_view(found)
