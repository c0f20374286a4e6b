"""A way to a server that can be slowed, held up, broken, or made to lie about a commit.

It stands between the services and Postgres (or any server) in the process of the campaign. What is
held is delivered later, as TCP would; what is broken is broken with a reset.
"""

import asyncio
import random
import socket
import struct
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from enum import Flag, auto
from urllib.parse import urlsplit, urlunsplit

from loadtests.chaos import wire
from services.runtime.clock import SystemClock

_CHUNK = 64 * 1024
_CONNECT_SECONDS = 5.0
_CLOCK = SystemClock()


class Way(Flag):
    """Which way bytes go.

    Attributes:
        THERE: From the client to the server.
        BACK: From the server to the client.
    """

    THERE = auto()
    BACK = auto()
    BOTH = THERE | BACK


@dataclass(eq=False, slots=True)
class Link:
    """One connection through here.

    Attributes:
        application: The name a Postgres client gave; None where it gave none, or is no such client.
        passing: What bytes pass without waiting, by way.
    """

    client: asyncio.StreamWriter
    server: asyncio.StreamWriter
    application: str | None = None
    open_ways: dict[Way, asyncio.Event] = field(default_factory=dict)
    session: wire.Session = field(default_factory=wire.Session)

    def __post_init__(self) -> None:
        self.open_ways = {way: asyncio.Event() for way in Way.BOTH}
        for each in self.open_ways.values():
            each.set()

    def reset(self) -> None:
        """Break both ends as a router that forgot the connection would."""
        for end in (self.client, self.server):
            taken = end.get_extra_info("socket")
            if taken is not None:
                with suppress(OSError):
                    taken.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            end.transport.abort()


class Proxy:
    """Passes bytes both ways until told otherwise; every change counts for one application, or all.

    Attributes:
        latency: Seconds each piece waits, each way.
        lost_replies: Commits that stood and whose reply was dropped.
        lost_requests: Commits that were asked for and never reached the server.
    """

    def __init__(self, address: str, *, speaks_postgres: bool = False) -> None:
        """Prepare; `open_proxy` listens.

        Args:
            address: Of the server, host:port.
            speaks_postgres: Read the protocol, so that applications and commits are known.
        """
        host, _, port = address.rpartition(":")
        self._target = host, int(port)
        self._speaks_postgres = speaks_postgres
        self._links: set[Link] = set()
        self._held = Way(0)
        self._held_of: str | None = None
        self._refuses = False
        self._lying: Callable[[Link], bool] = lambda _: False
        self._swallowing: Callable[[Link], bool] = lambda _: False
        self.port = 0
        self.latency = 0.0
        self.lost_replies = 0
        self.lost_requests = 0

    @property
    def address(self) -> str:
        """Where clients connect to."""
        return f"127.0.0.1:{self.port}"

    def dsn(self, dsn: str) -> str:
        """Return a DSN of the server as it reads through here."""
        parts = urlsplit(dsn)
        account = parts.netloc.rpartition("@")[0]
        return urlunsplit(parts._replace(netloc=f"{account}@{self.address}".lstrip("@")))

    def links(self, application: str | None = None) -> list[Link]:
        """Return the connections there are, of one application or all."""
        return [link for link in self._links if application in (None, link.application)]

    def reset(self, application: str | None = None) -> int:
        """Break the connections there are; new ones may come at once. Gives how many it were."""
        found = self.links(application)
        for link in found:
            link.reset()
        return len(found)

    def refuse(self) -> None:
        """Break everything and take no connection until `heal`."""
        self._refuses = True
        self.reset()

    def hold(self, ways: Way = Way.BOTH, application: str | None = None) -> None:
        """Let nothing pass that way until `heal`, also not on connections still to come.

        Both ways is a black hole: whoever waits, waits. One way is a broken route: requests
        arrive, and are carried out, and nobody hears of it.
        """
        self._held, self._held_of = ways, application
        for link in self._links:
            self._set_ways(link)

    def lose_replies(self, share: float, *, seed: int, application: str | None = None) -> None:
        """Of a share of all commits that stand, drop the reply and break the connection."""
        self._lying = _chance(share, seed, application)

    def lose_requests(self, share: float, *, seed: int, application: str | None = None) -> None:
        """Of a share of all commits asked for, break the connection before the server hears it."""
        self._swallowing = _chance(share, seed, application)

    def heal(self) -> None:
        """Be a plain way again; what was held goes on."""
        self._refuses, self._held, self.latency = False, Way(0), 0.0
        self._lying = self._swallowing = lambda _: False
        for link in self._links:
            self._set_ways(link)

    async def serve(self, reader: asyncio.StreamReader, client: asyncio.StreamWriter) -> None:
        """Carry one connection to its end."""
        if self._refuses:
            client.transport.abort()
            return
        try:
            async with asyncio.timeout(_CONNECT_SECONDS):
                answers, server = await asyncio.open_connection(*self._target)
        except (OSError, TimeoutError):
            client.transport.abort()  # the server is away: so are we
            return
        link = Link(client, server)
        self._links.add(link)
        self._set_ways(link)
        try:
            await self._carry(link, reader, answers)
        finally:
            self._links.discard(link)
            for end in (client, server):
                end.close()

    def _set_ways(self, link: Link) -> None:
        ours = self._held_of in (None, link.application)
        for way, passing in link.open_ways.items():
            if ours and way in self._held:
                passing.clear()
            else:
                passing.set()

    async def _carry(
        self, link: Link, reader: asyncio.StreamReader, answers: asyncio.StreamReader
    ) -> None:
        with suppress(OSError, asyncio.IncompleteReadError, wire.WireError):
            if self._speaks_postgres:
                await _introduce(link, reader, answers)
                self._set_ways(link)
            there = self._pump(link, reader, link.server, Way.THERE)
            back = self._pump(link, answers, link.client, Way.BACK)
            tasks = [asyncio.ensure_future(there), asyncio.ensure_future(back)]
            try:
                await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)

    async def _pump(
        self, link: Link, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, way: Way
    ) -> None:
        messages = wire.Messages()
        while data := await reader.read(_CHUNK):
            if self.latency:
                await _CLOCK.sleep(self.latency)
            await link.open_ways[way].wait()
            for piece in messages.feed(data) if self._speaks_postgres else (data,):
                if self._breaks(link, piece, way):
                    link.reset()
                    return
                writer.write(piece)
            await writer.drain()

    def _breaks(self, link: Link, piece: bytes, way: Way) -> bool:
        if not self._speaks_postgres:
            return False
        if way is Way.BACK and link.session.tells_commit(piece) and self._lying(link):
            self.lost_replies += 1
            return True
        if way is Way.THERE and link.session.asks_commit(piece) and self._swallowing(link):
            self.lost_requests += 1
            return True
        return False


@asynccontextmanager
async def open_proxy(address: str, *, speaks_postgres: bool = False) -> AsyncIterator[Proxy]:
    """Listen on a port of our own before a server, until the end."""
    proxy = Proxy(address, speaks_postgres=speaks_postgres)
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        server.close()
        proxy.refuse()
        await server.wait_closed()


async def _introduce(
    link: Link, reader: asyncio.StreamReader, answers: asyncio.StreamReader
) -> None:
    """Pass the first messages on, which have a form of their own, and note who it is."""
    while True:
        message = await _first_message(reader)
        link.server.write(message)
        if not wire.asks_encryption(message):
            link.application = wire.application_of(message)
            return
        answer = await answers.readexactly(1)
        if answer != b"N":
            raise wire.WireError("the server would encrypt: what passes could not be read")
        link.client.write(answer)


async def _first_message(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readexactly(4)
    size = wire.startup_size(head)
    return head + await reader.readexactly((size or 4) - 4)


def _chance(share: float, seed: int, application: str | None) -> Callable[[Link], bool]:
    draws: Iterator[float] = iter(random.Random(seed).random, None)
    return lambda link: application in (None, link.application) and next(draws) < share
