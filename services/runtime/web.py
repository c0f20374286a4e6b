"""The HTTP servers inside a process: bound early, served late, ended by whoever started them."""

import asyncio
import socket
from collections.abc import Generator, Mapping
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from typing_extensions import override

from services.runtime.http_protocol import HttpProtocol
from services.runtime.problems import Problem

GRACE_SECONDS = 3
KEEP_ALIVE_SECONDS = 75
"""Longer than callers and proxies keep an idle connection: else they send on one just closed."""
BACKLOG = 2048
UNREAD_SECONDS = 30
"""For how long a peer may leave unread what was sent to it, before its connection is dropped."""


class PortTakenError(Exception):
    """Somebody else listens on the port."""


class WebServer(uvicorn.Server):
    """A uvicorn server on a socket of ours, leaving signals to the process."""

    def __init__(self, app: ASGIApp, listener: socket.socket) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http=HttpProtocol,
                lifespan="off",
                access_log=False,
                log_config=None,
                server_header=False,
                proxy_headers=False,
                ws="none",
                backlog=BACKLOG,
                timeout_keep_alive=KEEP_ALIVE_SECONDS,
                timeout_graceful_shutdown=GRACE_SECONDS,
            )
        )
        self._listener = listener
        self.listening = asyncio.Event()

    async def run_until_ended(self) -> None:
        """Serve until `end`, then until open requests are answered or the grace is over."""
        try:
            await self.serve([self._listener])
        finally:
            self.listening.set()  # whoever waits for it must learn of a failure too

    def end(self) -> None:
        """Accept nothing more."""
        self.should_exit = True

    @override
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listening.set()

    @contextmanager
    @override
    def capture_signals(self) -> Generator[None, None, None]:
        yield


class OneOrigin:
    """Puts several apps under one origin: the longest path that opens a request's path decides."""

    def __init__(self, apps: Mapping[str, ASGIApp]) -> None:
        """Take apps by path, `/` being everybody else's."""
        self._apps = sorted(apps.items(), key=lambda item: -len(item[0]))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection, as ASGI asks."""
        asked: str = scope["path"]
        for path, app in self._apps:
            if asked == path or asked.startswith(path.rstrip("/") + "/"):
                await app(scope, receive, send)
                return
        lost = Problem(404, "not-found", "Nothing is served under this path.")
        await lost.response(asked)(scope, receive, send)


def bind(host: str, port: int) -> socket.socket:
    """Take a port without listening on it yet; 0 lets the system choose.

    Raises:
        PortTakenError: Somebody listens there, or it may not be had; says which and why.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol is named because asyncio turns off Nagle's algorithm only where it is: else an
    # answer's body waits 40 ms for the client to acknowledge its headers.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # Connections have it from their listener. Without it a peer that is gone without a word
        # holds its place for a quarter of an hour, and one that never reads for ever.
        unread = UNREAD_SECONDS * 1000
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, unread)
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise PortTakenError(f"port {port} on {host} cannot be had: {error.strerror}") from error
    return listener


def port_of(listener: socket.socket) -> int:
    """Return the port that was taken."""
    port: int = listener.getsockname()[1]
    return port
