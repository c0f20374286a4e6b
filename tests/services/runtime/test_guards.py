"""Bodies are counted as they come, traces go on, streams are left alone."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import structlog
from fastapi import FastAPI
from prometheus_client import REGISTRY
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.runtime import trace
from services.runtime.guards import BodyLimit, guard
from services.runtime.problems import FaultGuard
from tests.asgi import AsgiClient
from tests.fakes.clock import FakeClock

Sent = list[Message]


def a_scope(**changes: object) -> Scope:
    return {
        "type": "http",
        "method": "POST",
        "path": "/x",
        "headers": [],
        "query_string": b"",
    } | changes


async def call(app: ASGIApp, scope: Scope, *messages: Message) -> Sent:
    waiting, sent = list(messages), Sent()

    async def receive() -> Message:
        if not waiting:
            await asyncio.Event().wait()
        return waiting.pop(0)

    async def send(message: Message) -> None:
        sent.append(message)

    await app(scope, receive, send)
    return sent


def part(body: bytes, *, more: bool = False) -> Message:
    return {"type": "http.request", "body": body, "more_body": more}


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    body = await Request(scope, receive).body()
    await PlainTextResponse(body)(scope, receive, send)


async def test_a_body_in_parts_reaches_the_app_whole() -> None:
    sent = await call(BodyLimit(echo, 6), a_scope(), part(b"abc", more=True), part(b"def"))

    assert sent[0]["status"] == 200
    assert sent[1]["body"] == b"abcdef"


async def test_a_chunked_body_is_cut_off_at_the_limit_without_reading_on() -> None:
    parts = [part(b"abc", more=True), part(b"defg", more=True)]
    sent = await call(BodyLimit(echo, 6), a_scope(), *parts)

    assert sent[0]["status"] == 413
    assert (b"connection", b"close") in sent[0]["headers"]


async def test_a_body_declared_too_long_is_not_read_at_all() -> None:
    sent = await call(BodyLimit(echo, 6), a_scope(headers=[(b"content-length", b"7")]))

    assert sent[0]["status"] == 413


async def test_a_body_that_lies_about_its_length_is_counted_all_the_same() -> None:
    scope = a_scope(headers=[(b"content-length", b"1")])
    sent = await call(BodyLimit(echo, 6), scope, part(b"1234567"))

    assert sent[0]["status"] == 413


async def test_a_body_that_does_not_come_in_time_is_given_up() -> None:
    sent = await call(BodyLimit(echo, 6, seconds=0.01), a_scope(), part(b"a", more=True))

    assert sent[0]["status"] == 408
    assert (b"connection", b"close") in sent[0]["headers"]  # the rest of it would hold the place


async def test_a_client_that_leaves_before_its_body_is_whole_gets_no_answer() -> None:
    gone: Message = {"type": "http.disconnect"}
    sent = await call(FaultGuard(BodyLimit(echo, 6)), a_scope(), part(b"a", more=True), gone)

    assert sent == []
    with pytest.raises(ClientDisconnect):
        await call(BodyLimit(echo, 6), a_scope(), gone)


async def test_a_stream_still_learns_that_its_reader_left() -> None:
    async def endless(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        assert (await receive())["type"] == "http.disconnect"
        await PlainTextResponse("seen")(scope, receive, send)

    sent = await call(BodyLimit(endless, 6), a_scope(), part(b""), {"type": "http.disconnect"})

    assert sent[1]["body"] == b"seen"


async def test_a_fault_in_the_middle_of_an_answer_breaks_it_off() -> None:
    async def frames() -> AsyncIterator[bytes]:
        yield b"first"
        raise RuntimeError("half way")

    async def breaking(scope: Scope, receive: Receive, send: Send) -> None:
        await StreamingResponse(frames())(scope, receive, send)

    with pytest.raises(BaseException) as fault:  # noqa: PT011  # alone or in a group, as Starlette likes
        await call(FaultGuard(breaking), a_scope())
    assert fault.value is not None


async def test_the_callers_trace_is_current_and_bound_to_the_log() -> None:
    given = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    seen = list[object]()

    async def looking(scope: Scope, receive: Receive, send: Send) -> None:
        seen.extend([trace.current(), structlog.contextvars.get_contextvars()])
        await PlainTextResponse("")(scope, receive, send)

    scope = a_scope(headers=[(b"traceparent", given.encode())])
    await call(guard(looking, service="intake", clock=FakeClock()), scope, part(b""))

    assert isinstance(seen[0], trace.Trace)
    assert seen[0].trace_id == "0af7651916cd43dd8448eb211c80319c"
    assert seen[1] == {"trace_id": seen[0].trace_id, "service": "intake"}
    assert structlog.contextvars.get_contextvars() == {}


def counted(**labels: str) -> float:
    given = {"service": "measured", "method": "GET", "status": "200"} | labels
    return REGISTRY.get_sample_value("d115_http_request_seconds_count", given) or 0.0


async def test_requests_are_measured_by_the_pattern_of_their_route() -> None:
    app = FastAPI()

    @app.get("/incidents/{incident}")
    async def read(incident: str) -> str:
        return incident

    client = AsgiClient(guard(app, service="measured", clock=FakeClock()))
    for path in ("/incidents/1", "/incidents/2", "/elsewhere/3"):
        await client.get(path)
    await client.ask("BREW", "/incidents/4")

    assert counted(route="/incidents/{incident}") == 2
    assert counted(route="none", status="404") == 1
    assert counted(route="/incidents/{incident}", method="other", status="405") == 1


async def test_what_is_not_http_is_passed_on() -> None:
    seen = list[str]()

    async def other(scope: Scope, _receive: Receive, _send: Send) -> None:
        seen.append(scope["type"])

    await call(guard(other, service="x", clock=FakeClock()), {"type": "lifespan"})

    assert seen == ["lifespan"]
