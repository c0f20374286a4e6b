"""HTTP/1.1 over keep-alive connections, at the least cost to the generator.

Why not aiohttp, as the command line has: on two cores that generator and services share, what the
client spends is missing to those it measures. A request here costs a third of one there (headers
are bytes made once, the answer is parsed in C by httptools, nothing is copied into mappings). It
speaks what the services speak and no more: no redirects, no cookies, no compression.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import httptools
from typing_extensions import override

from loadtests.loopback import loopback

CONNECT_SECONDS = 5.0
IDLE_SECONDS = 4.0  # the services close a connection that says nothing for longer
_JSON = b"Content-Type: application/json\r\n"


class NoConnectionError(ConnectionError):
    """All connections that may be had are in use."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    body: bytes


def bearer(key: str, **headers: str) -> bytes:
    """Make the headers of a caller, once for all its requests; `a_b` stands for `a-b`."""
    named = {"Authorization": f"Bearer {key}"} | {
        name.replace("_", "-"): value for name, value in headers.items()
    }
    return "".join(f"{name}: {value}\r\n" for name, value in named.items()).encode()


class Wire:
    """Connections to one origin on this machine, opened as they are needed and kept."""

    def __init__(self, url: str, *, connections: int) -> None:
        """Prepare; nothing is opened yet.

        Args:
            url: The origin, `http://127.0.0.1:port`.
            connections: How many there may be.

        Raises:
            NotLoopbackError: It is another machine's.
        """
        self._address = loopback(url)
        self._most = connections
        self._host = f"Host: {self._address.host}:{self._address.port}\r\n".encode()
        self._idle: list[Connection] = []
        self._open: set[Connection] = set()

    @property
    def taken(self) -> int:
        """How many connections are in use."""
        return len(self._open) - len(self._idle)

    async def warm(self, connections: int) -> None:
        """Open connections before they are needed."""
        opened = await asyncio.gather(*(self._connect() for _ in range(connections)))
        self._idle += opened

    async def post(self, path: str, body: bytes, headers: bytes = b"") -> Answer:
        """Post JSON.

        Args:
            path: With its query.
            body: The JSON text.
            headers: Lines that each end in CR LF, as `bearer` makes them.

        Raises:
            OSError: The connection was lost, or none may be had.
        """
        length = b"Content-Length: %d\r\n\r\n" % len(body)
        start = b"POST %s HTTP/1.1\r\n" % path.encode()
        return await self._ask(b"".join((start, self._host, headers, _JSON, length, body)))

    async def get(self, path: str, headers: bytes = b"") -> Answer:
        """Get something; arguments and errors as `post`."""
        start = b"GET %s HTTP/1.1\r\n" % path.encode()
        return await self._ask(b"".join((start, self._host, headers, b"\r\n")))

    async def stream(
        self, path: str, headers: bytes, take: Callable[[bytes], None]
    ) -> "Connection":
        """Get an answer without end, handing its body's parts over as they come.

        Returns:
            The connection; `close` ends the stream, `closed` says that it has ended.

        Raises:
            OSError: It was not answered with 200.
        """
        connection = await self._connect()
        connection.take = take
        start = b"GET %s HTTP/1.1\r\n" % path.encode()
        lines = b"Accept: text/event-stream\r\n\r\n"
        connection.begin(b"".join((start, self._host, headers, lines)))
        async with asyncio.timeout(CONNECT_SECONDS):
            status = await connection.answered
        if status != 200:
            connection.close()
            raise ConnectionError(f"{path} was answered {status}")
        return connection

    async def close(self) -> None:
        """Close all connections."""
        for connection in list(self._open):
            connection.close()
        self._idle.clear()
        await asyncio.gather(*(connection.gone.wait() for connection in list(self._open)))

    async def _ask(self, request: bytes) -> Answer:
        connection = await self._take()
        try:
            return await connection.ask(request)
        finally:
            if connection.usable:
                self._idle.append(connection)
            else:
                connection.close()

    async def _take(self) -> "Connection":
        """Give an idle connection; one that was idle for long may be closed under our hands."""
        oldest = asyncio.get_running_loop().time() - IDLE_SECONDS
        while self._idle:
            connection = self._idle.pop()
            if connection.usable and connection.used_at > oldest:
                return connection
            connection.close()
        return await self._connect()

    async def _connect(self) -> "Connection":
        if len(self._open) >= self._most:
            raise NoConnectionError(f"{self._most} connections are in use")
        connection = Connection(self._open.discard)
        self._open.add(connection)
        try:
            loop = asyncio.get_running_loop()
            async with asyncio.timeout(CONNECT_SECONDS):
                await loop.create_connection(lambda: connection, *self._address)
        except BaseException:
            self._open.discard(connection)
            raise
        return connection


class Connection(asyncio.Protocol):
    """One connection: one request at a time, or a stream.

    Attributes:
        gone: Set once it is closed.
        take: Takes a stream's parts; None for a connection that is asked and answers.
        answered: The status of the first answer, once its headers are there.
    """

    def __init__(self, left: Callable[["Connection"], object]) -> None:
        self.gone = asyncio.Event()
        self.take: Callable[[bytes], None] | None = None
        self.answered: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self.used_at = asyncio.get_running_loop().time()
        self._left = left
        self._transport: asyncio.Transport | None = None
        self._whole: asyncio.Future[Answer] | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._parts: list[bytes] = []
        self._lasts = True

    @property
    def usable(self) -> bool:
        """Whether it takes another request."""
        return self._lasts and not self.closed and self._whole is None

    @property
    def closed(self) -> bool:
        """Whether it is gone, or going."""
        return self._transport is None or self._transport.is_closing()

    async def ask(self, request: bytes) -> Answer:
        """Send a request and give its answer."""
        self.begin(request)
        assert self._whole is not None  # noqa: S101  # for the type checker: just begun
        return await self._whole

    def begin(self, request: bytes) -> None:
        """Send a request."""
        if self._transport is None or self._transport.is_closing():
            raise ConnectionResetError("the connection is closed")
        self._parts = []
        self._whole = asyncio.get_running_loop().create_future()
        self._transport.write(request)

    def close(self) -> None:
        """Drop it at once."""
        if self._transport is not None:
            self._transport.abort()

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101  # for the type checker
        self._transport = transport

    @override
    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self.close()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._left(self)
        lost = ConnectionResetError("the connection was lost")
        if self._whole is not None and not self._whole.done():
            self._whole.set_exception(lost)
            self._whole.exception()  # a stream's is never awaited
        if not self.answered.done():
            self.answered.set_exception(lost)
            self.answered.exception()  # awaited for streams only
        self.gone.set()

    def on_headers_complete(self) -> None:
        """Called by the parser."""
        if not self.answered.done():
            self.answered.set_result(self._parser.get_status_code())

    def on_body(self, body: bytes) -> None:
        """Called by the parser."""
        if self.take is None:
            self._parts.append(body)
        else:
            self.take(body)

    def on_message_complete(self) -> None:
        """Called by the parser."""
        whole, self._whole = self._whole, None
        self.used_at = asyncio.get_running_loop().time()
        self._lasts = self._parser.should_keep_alive()
        if whole is not None and not whole.done():
            whole.set_result(Answer(self._parser.get_status_code(), b"".join(self._parts)))
        if self.take is not None:
            self.close()  # a stream that ends by itself was cut off
