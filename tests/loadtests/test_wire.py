"""The generator's HTTP: answers, streams, and connections that are kept, lost, or not to be had."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from loadtests.streams import OPENED, Reading, Seen, Watch, incident_of
from loadtests.wire import Answer, NoConnectionError, Wire, bearer

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], object]
OK = b"HTTP/1.1 202 Accepted\r\nContent-Length: 2\r\n\r\n{}"
FRAME = (
    b"id: 7\nevent: incident.opened.v1\n"
    b'data: {"event":{"version":1},"incident":{"id":"0195d0f0-0000-7000-8000-000000000001"}}'
)


@asynccontextmanager
async def served(
    answers: bytes, *, connections: int = 4
) -> AsyncIterator[tuple[Wire, list[bytes]]]:
    """A server that answers every request with the same bytes; gives the requests it had."""
    asked: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await reader.readuntil(b"\r\n\r\n"):
            _, _, length = head.partition(b"Content-Length: ")
            body = await reader.readexactly(int(length.split()[0])) if length else b""
            asked.append(head + body)
            if not answers:
                writer.transport.abort()
                return
            writer.write(answers)

    async def quietly(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await serve(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(quietly, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    wire = Wire(f"http://{host}:{port}", connections=connections)
    try:
        yield wire, asked
    finally:
        await wire.close()
        server.close()
        await server.wait_closed()


async def test_a_request_is_what_http_asks_for() -> None:
    async with served(OK) as (wire, asked):
        answer = await wire.post("/v1/alerts", b'{"a":1}', bearer("secret", Idempotency_Key="k"))

    assert answer == Answer(202, b"{}")
    head, _, body = asked[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /v1/alerts HTTP/1.1\r\nHost: 127.0.0.1:")
    assert b"\r\nAuthorization: Bearer secret\r\nIdempotency-Key: k\r\n" in head
    assert (body, head.count(b"Content-Length: 7")) == (b'{"a":1}', 1)


async def test_a_connection_is_used_again() -> None:
    async with served(OK, connections=1) as (wire, asked):
        answers = [await wire.get("/") for _ in range(3)]

    assert ([answer.status for answer in answers], len(asked)) == ([202] * 3, 3)


async def test_a_connection_too_many_is_not_had() -> None:
    async with served(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", connections=1) as (wire, _):
        waiting = asyncio.create_task(wire.get("/"))
        while not wire.taken:
            await asyncio.wait([waiting], timeout=0.001)
        with pytest.raises(NoConnectionError):
            await wire.get("/")
        waiting.cancel()


async def test_a_connection_that_is_lost_fails_its_request() -> None:
    async with served(b"") as (wire, _):
        with pytest.raises(ConnectionError):
            await wire.get("/")


async def test_an_answer_that_closes_is_not_followed_on_the_same_connection() -> None:
    closing = b"HTTP/1.1 429 Too Many Requests\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
    async with served(closing, connections=2) as (wire, asked):
        statuses = [(await wire.get("/")).status for _ in range(2)]

    assert (statuses, len(asked)) == ([429, 429], 2)


async def test_a_stream_that_is_refused_is_an_error() -> None:
    async with served(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n") as (wire, _):
        with pytest.raises(ConnectionError, match="404"):
            await wire.stream("/stream", b"", lambda _: None)


@pytest.mark.parametrize("cut", [1, 7, 1000])
def test_frames_are_read_wherever_their_bytes_are_cut(cut: int) -> None:
    told: list[Seen] = []
    watch = Watch("/v1/centers/c/stream", b"")
    reading = Reading(watch, lambda _, seen: told.append(seen))
    stream = b"retry: 1000\n\nevent: heartbeat\ndata: {}\n\n" + FRAME + b"\n\n" + FRAME + b"\n\n"

    for start in range(0, len(stream), cut):
        reading.feed(stream[start : start + cut])

    assert [(seen.sequence, seen.type) for seen in told] == [(7, OPENED)] * 2
    assert reading.begun.is_set()
    assert str(incident_of(told[0])) == "0195d0f0-0000-7000-8000-000000000001"
