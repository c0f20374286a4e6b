"""A way to Postgres that a test can cut."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit, urlunsplit


class Proxy:
    """Passes bytes both ways until it is cut: then it breaks every connection and takes none."""

    def __init__(self, dsn: str) -> None:
        self._target = urlsplit(dsn)
        self._open: set[asyncio.StreamWriter] = set()
        self._is_cut = False
        self.port = 0

    @property
    def dsn(self) -> str:
        """The DSN of the same database through here."""
        account = self._target.netloc.rpartition("@")[0]
        netloc = f"{account}@127.0.0.1:{self.port}" if account else f"127.0.0.1:{self.port}"
        return urlunsplit(self._target._replace(netloc=netloc))

    def cut(self) -> None:
        self._is_cut = True
        for writer in self._open:
            writer.transport.abort()

    def mend(self) -> None:
        self._is_cut = False

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._is_cut:
            writer.transport.abort()
            return
        there, back = await asyncio.open_connection(self._target.hostname, self._target.port)
        self._open |= {writer, back}
        with suppress(OSError):
            await asyncio.gather(_pass(reader, back), _pass(there, writer))
        self._open -= {writer, back}
        for end in (writer, back):
            end.close()


@asynccontextmanager
async def open_proxy(dsn: str) -> AsyncIterator[Proxy]:
    proxy = Proxy(dsn)
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        proxy.cut()
        server.close()
        await server.wait_closed()


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.write_eof()
