"""What stands around each app: the request's trace and figures, and a bound on its body.

Plain ASGI, because Starlette's own middleware base breaks streams and context variables.
"""

import asyncio

import structlog
from prometheus_client import Histogram
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.runtime import spans, trace
from services.runtime.clock import Clock
from services.runtime.problems import FaultGuard, Problem

BODY_BYTES = 256 * 1024
BODY_SECONDS = 10.0
CLOSE = {"Connection": "close"}
"""What is left of a body is not read, so the connection cannot serve another request."""

_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}

_SECONDS = Histogram(
    "d115_http_request_seconds",
    "From the first byte of a request to the end of its answer; streams count to their end.",
    ["service", "method", "route", "status"],
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 3, 10),
)


def guard(
    app: ASGIApp, *, service: str, clock: Clock, body_bytes: int | None = BODY_BYTES
) -> ASGIApp:
    """Return an app inside all guards, the trace outermost.

    Args:
        app: What is guarded.
        service: Its name in figures and lines.
        clock: What to measure with.
        body_bytes: The largest body it takes; None where it bounds them itself.
    """
    bounded = app if body_bytes is None else BodyLimit(app, body_bytes)
    return RequestScope(FaultGuard(bounded), service, clock)


class RequestScope:
    """Begins a request's trace, binds it to the log and measures the request."""

    def __init__(self, app: ASGIApp, service: str, clock: Clock) -> None:
        self._app = app
        self._service = service
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection, as ASGI asks."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        above = _header(scope, b"traceparent")
        span = trace.start(above)
        status = 0

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        began = self._clock.monotonic()
        with structlog.contextvars.bound_contextvars(trace_id=span.trace_id, service=self._service):
            try:
                await self._app(scope, receive, noting)
            finally:
                # The route's pattern, never the path itself: its ids would be labels without end.
                route = getattr(scope.get("route"), "path", "none")
                method = scope["method"] if scope["method"] in _METHODS else "other"
                labels = (self._service, method, route, str(status or "none"))
                seconds = self._clock.monotonic() - began
                _SECONDS.labels(*labels).observe(seconds, _exemplar(span))
                if spans.collected():
                    self._tell(span, above, labels, seconds)

    def _tell(
        self, span: trace.Trace, above: str | None, labels: tuple[str, ...], seconds: float
    ) -> None:
        service, method, route, status = labels
        ended = self._clock.real().timestamp()
        spans.tell(
            spans.Span(
                name=f"{method} {route}",
                service=service,
                sort=spans.Sort.SERVER,
                span=span,
                above=above,
                began=ended - seconds,
                ended=ended,
                failed=status.startswith("5"),
                about={"http.request.method": method, "http.route": route, "status": status},
            )
        )


def _exemplar(span: trace.Trace) -> dict[str, str] | None:
    return {"trace_id": span.trace_id} if span.sampled else None


class BodyLimit:
    """Reads a request's body before the app sees it, counting what really comes, chunked or not."""

    def __init__(self, app: ASGIApp, max_bytes: int, seconds: float = BODY_SECONDS) -> None:
        self._app = app
        self._max_bytes = max_bytes
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection, as ASGI asks."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            async with asyncio.timeout(self._seconds):
                body = await self._body(scope, receive)
        except TimeoutError:
            detail = f"The body took over {self._seconds:g} s."
            late = Problem(408, "request-timeout", detail, headers=CLOSE)
            await late.response(scope["path"])(scope, receive, send)
        except Problem as problem:
            await problem.response(scope["path"])(scope, receive, send)
        else:
            await self._app(scope, _replay(body, receive), send)

    async def _body(self, scope: Scope, receive: Receive) -> bytes:
        declared = _header(scope, b"content-length") or "0"
        if declared.isdecimal() and int(declared) > self._max_bytes:
            raise self._too_large()
        parts, size, more = list[bytes](), 0, True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise ClientDisconnect
            part = message.get("body", b"")
            size += len(part)
            if size > self._max_bytes:
                raise self._too_large()
            parts.append(part)
            more = message.get("more_body", False)
        return b"".join(parts)

    def _too_large(self) -> Problem:
        detail = f"The body is longer than the {self._max_bytes} bytes allowed."
        return Problem(413, "too-large", detail, headers=CLOSE, limit_bytes=self._max_bytes)


def _replay(body: bytes, receive: Receive) -> Receive:
    """Return a receiver that gives a body that was read already, then what comes after it."""
    given = False

    async def replaying() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replaying


def _header(scope: Scope, name: bytes) -> str | None:
    for key, value in scope["headers"]:
        if key == name:
            text: str = value.decode("latin-1")
            return text
    return None
