"""A connection that nobody reads from does not hold its place."""

import asyncio
import socket

import pytest
from starlette.types import Receive, Scope, Send

from services.runtime import web
from services.runtime.clock import SystemClock
from services.runtime.web import WebServer, bind, port_of

REQUEST = b"GET / HTTP/1.1\r\nHost: here\r\n\r\n"


async def test_a_peer_that_never_reads_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "UNREAD_SECONDS", 1)
    gone = asyncio.Event()

    async def endless(scope: Scope, receive: Receive, send: Send) -> None:
        assert scope["type"] == "http"
        await receive()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        leaving = asyncio.ensure_future(receive())
        while not leaving.done():
            body = {"type": "http.response.body", "body": bytes(65536), "more_body": True}
            await send(body)
            await SystemClock().sleep(0)
        gone.set()

    with bind("127.0.0.1", 0) as listener, socket.socket() as peer:
        server = WebServer(endless, listener)
        serving = asyncio.create_task(server.run_until_ended())
        await server.listening.wait()
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        peer.setblocking(False)
        loop = asyncio.get_running_loop()
        await loop.sock_connect(peer, ("127.0.0.1", port_of(listener)))
        await loop.sock_sendall(peer, REQUEST)
        async with asyncio.timeout(15):
            await gone.wait()
        server.end()
        await serving


def test_an_answer_does_not_wait_for_the_next_to_fill_its_packet() -> None:
    """Nagle's delay, about 40 ms an answer, is turned off by asyncio only on sockets named TCP."""
    with bind("127.0.0.1", 0) as listener:
        assert listener.proto == socket.IPPROTO_TCP
