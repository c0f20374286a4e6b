"""What a connection may ask of a server before a request of it is there to be answered."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from starlette.types import Receive, Scope, Send

from services.runtime.clock import SystemClock
from services.runtime.http_protocol import HttpProtocol
from services.runtime.web import WebServer, bind, port_of

CLOCK = SystemClock()
REQUEST = b"GET / HTTP/1.1\r\nHost: here\r\n\r\n"
UNWANTED = b"POST / HTTP/1.1\r\nHost: here\r\nContent-Length: 1000000\r\n\r\n"
PATIENCE = 15.0


class Peer:
    """A connection, byte by byte."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def send(self, data: bytes) -> None:
        self._writer.write(data)
        await self._writer.drain()

    async def answer(self) -> bytes:
        """The next answer of the app, whole."""
        async with asyncio.timeout(PATIENCE):
            head = await self._reader.readuntil(b"\r\n\r\n")
            return head + await self._reader.readexactly(2)

    async def last(self) -> bytes:
        """What comes before the connection is closed."""
        async with asyncio.timeout(PATIENCE):
            return await self._reader.read(-1)

    async def drip(self, data: bytes, *, every: float) -> None:
        """Send bytes one by one until the connection is closed."""
        try:
            for byte in data:
                await self.send(bytes([byte]))
                await CLOCK.sleep(every)
        except ConnectionError:
            pass


async def ok(scope: Scope, _receive: Receive, send: Send) -> None:
    """Answers without waiting for the body; `/slow` takes half a second over it."""
    if scope["path"] == "/slow":
        await CLOCK.sleep(0.5)
    headers = [(b"content-length", b"2")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"ok"})


@pytest.fixture
async def port(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[int]:
    """A server whose heads may take 0.2 s."""
    monkeypatch.setattr(HttpProtocol, "head_seconds", 0.2)
    with bind("127.0.0.1", 0) as listener:
        server = WebServer(ok, listener)
        serving = asyncio.create_task(server.run_until_ended())
        await server.listening.wait()
        yield port_of(listener)
        server.end()
        await serving


@pytest.fixture
async def peer(port: int) -> AsyncIterator[Peer]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    yield Peer(reader, writer)
    writer.close()


async def test_a_connection_that_asks_nothing_is_closed_without_a_word(peer: Peer) -> None:
    assert await peer.last() == b""


@pytest.mark.parametrize("begun", [b"G", b"GET / HTTP/1.1\r\nHost: here\r\n", REQUEST[:-1]])
async def test_a_head_that_is_never_finished_is_answered_408(peer: Peer, begun: bytes) -> None:
    await peer.send(begun)
    said = await peer.last()
    assert said.startswith(b"HTTP/1.1 408 ")
    assert b"connection: close" in said
    assert b'"type":"/problems/request-timeout"' in said


async def test_dripping_headers_does_not_buy_time(peer: Peer) -> None:
    endless = b"GET / HTTP/1.1\r\n" + b"X-More: 1\r\n" * 1000
    dripping = asyncio.create_task(peer.drip(endless, every=0.02))
    began = CLOCK.monotonic()
    assert (await peer.last()).startswith(b"HTTP/1.1 408 ")
    assert CLOCK.monotonic() - began < 5
    dripping.cancel()


async def test_a_second_head_is_bounded_like_the_first(peer: Peer) -> None:
    await peer.send(REQUEST)
    assert (await peer.answer()).endswith(b"ok")
    await peer.send(b"GET / HT")
    assert (await peer.last()).startswith(b"HTTP/1.1 408 ")


async def test_a_head_begun_behind_another_request_is_bounded_too(peer: Peer) -> None:
    await peer.send(REQUEST + b"GET / HT")
    assert (await peer.answer()).endswith(b"ok")
    assert (await peer.last()).startswith(b"HTTP/1.1 408 ")


async def test_a_head_begun_during_an_answer_does_not_cut_it_off(peer: Peer) -> None:
    await peer.send(b"GET /slow HTTP/1.1\r\nHost: here\r\n\r\nGET / HT")
    assert (await peer.answer()).endswith(b"ok")  # after more than a head may take


async def test_a_connection_kept_alive_may_rest_longer_than_a_head_may_take(peer: Peer) -> None:
    for _ in range(2):
        await peer.send(REQUEST)
        assert (await peer.answer()).endswith(b"ok")
        await CLOCK.sleep(0.5)
    await peer.send(REQUEST)
    assert (await peer.answer()).endswith(b"ok")


async def test_a_body_that_nobody_waited_for_does_not_hold_the_connection(peer: Peer) -> None:
    await peer.send(UNWANTED)
    assert (await peer.answer()).endswith(b"ok")
    dripping = asyncio.create_task(peer.drip(b"x" * 1000, every=0.05))
    assert await peer.last() == b""
    dripping.cancel()


async def test_such_a_body_may_end_and_the_next_request_follow(peer: Peer) -> None:
    await peer.send(UNWANTED.replace(b"1000000", b"10"))
    assert (await peer.answer()).endswith(b"ok")
    await peer.send(b"x" * 10)
    await CLOCK.sleep(0.5)
    await peer.send(REQUEST)
    assert (await peer.answer()).endswith(b"ok")


@pytest.mark.parametrize(
    "endless",
    [
        pytest.param(b"GET / HTTP/1.1\r\n" + b"X-More: 1\r\n" * 20_000, id="many headers"),
        pytest.param(b"GET / HTTP/1.1\r\nX-Long: " + b"x" * 200_000, id="one long header"),
        pytest.param(b"GET /" + b"x" * 200_000, id="a long path"),
    ],
)
async def test_a_head_without_end_is_answered_431(peer: Peer, endless: bytes) -> None:
    try:
        await peer.send(endless)
        said = await peer.last()
    except ConnectionError:
        return  # the close overtook the answer, since more was under way
    assert said.startswith((b"HTTP/1.1 431 ", b"HTTP/1.1 414 ")) or said == b""


async def test_others_are_answered_while_many_heads_are_open(port: int, peer: Peer) -> None:
    opened = [await asyncio.open_connection("127.0.0.1", port) for _ in range(100)]
    for _, writer in opened:
        writer.write(b"GET / HTTP/1.1\r\nX-Slow: ")
    await peer.send(REQUEST)
    assert (await peer.answer()).endswith(b"ok")
    for reader, writer in opened:
        async with asyncio.timeout(PATIENCE):
            assert (await reader.read(-1)).startswith(b"HTTP/1.1 408 ")
        writer.close()
