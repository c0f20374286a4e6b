"""So many requests at once, and no more: a crowd at the door must not keep alerts from opening.

Requests, the consumers, the relay and the streams share the connections to Postgres, each waiting
in turn. Bounding the requests in hand bounds that wait for all of them.
"""

import asyncio

import structlog
from prometheus_client import Counter
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.runtime.problems import Problem

IN_HAND = 32
WAITING = 500
PATIENCE_SECONDS = 2.0

_TURNED_AWAY = Counter(
    "d115_dispatcher_turned_away_total", "Requests that found no room.", ["reason"]
)

_log = structlog.get_logger(__name__)


class Room:
    """Lets requests in one after the other; streams have bounds of their own."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._turns = asyncio.Semaphore(IN_HAND)
        self._waiting = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection, as ASGI asks."""
        if scope["type"] != "http" or scope["path"].endswith("/stream"):
            await self._app(scope, receive, send)
            return
        reason = await self._enter()
        if reason is not None:
            _TURNED_AWAY.labels(reason).inc()
            _log.warning("request_turned_away", reason=reason)
            detail = "More requests came at once than can be served. Ask again."
            await Problem(503, "overloaded", detail, retry_after=1).response(scope["path"])(
                scope, receive, send
            )
            return
        await self._serve(scope, receive, send)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hold a place until the answer begins: who reads it slowly takes nobody's."""
        held = True

        def leave() -> None:
            nonlocal held
            if held:
                held = False
                self._turns.release()

        async def leaving(message: Message) -> None:
            if message["type"] == "http.response.start":
                leave()
            await send(message)

        try:
            await self._app(scope, receive, leaving)
        finally:
            leave()

    async def _enter(self) -> str | None:
        """Wait for a turn; returns why there is none."""
        if not self._turns.locked():
            await self._turns.acquire()  # at once
            return None
        if self._waiting >= WAITING:
            return "crowd"
        self._waiting += 1
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await self._turns.acquire()
        except TimeoutError:
            return "patience"
        finally:
            self._waiting -= 1
        return None
