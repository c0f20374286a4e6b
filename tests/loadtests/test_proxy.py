"""The way that lies: what it holds comes later, what it breaks breaks, no commit is invented."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import asyncpg
import pytest

from loadtests.chaos.proxy import Proxy, Way, open_proxy
from services.runtime.clock import SystemClock

CLOCK = SystemClock()
SOON, LONG = 0.2, 5.0
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def _echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(1024):
        writer.write(data)
    writer.close()


@pytest.fixture
async def proxy() -> AsyncIterator[Proxy]:
    server = await asyncio.start_server(_echo, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with open_proxy(f"127.0.0.1:{port}") as opened:
        yield opened
    server.close()


@asynccontextmanager
async def _connected(proxy: Proxy) -> AsyncIterator[Streams]:
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
    try:
        yield reader, writer
    finally:
        writer.transport.abort()


async def _ask(streams: Streams, said: bytes, *, within: float = LONG) -> bytes:
    reader, writer = streams
    writer.write(said)
    async with asyncio.timeout(within):
        return await reader.readexactly(len(said))


async def test_bytes_pass_both_ways(proxy: Proxy) -> None:
    async with _connected(proxy) as streams:
        assert await _ask(streams, b"hello") == b"hello"


async def test_latency_counts_each_way(proxy: Proxy) -> None:
    async with _connected(proxy) as streams:
        await _ask(streams, b"warm")
        proxy.latency = 0.1
        began = CLOCK.monotonic()
        await _ask(streams, b"slow")
    assert CLOCK.monotonic() - began >= 0.2


@pytest.mark.parametrize("way", [Way.THERE, Way.BACK, Way.BOTH])
async def test_what_is_held_comes_after_the_heal(proxy: Proxy, way: Way) -> None:
    async with _connected(proxy) as streams:
        await _ask(streams, b"warm")
        proxy.hold(way)
        with pytest.raises(TimeoutError):
            await _ask(streams, b"held", within=SOON)
        proxy.heal()
        assert await streams[0].readexactly(4) == b"held"


async def test_a_reset_breaks_what_is_open_and_lets_others_in(proxy: Proxy) -> None:
    async with _connected(proxy) as old:
        await _ask(old, b"warm")
        assert proxy.reset() == 1
        with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
            await _ask(old, b"more")
        async with _connected(proxy) as new:
            assert await _ask(new, b"new") == b"new"


async def test_refusing_takes_nobody_until_the_heal(proxy: Proxy) -> None:
    proxy.refuse()
    async with _connected(proxy) as streams:
        with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
            await _ask(streams, b"hello")
    proxy.heal()
    async with _connected(proxy) as streams:
        assert await _ask(streams, b"hello") == b"hello"


@pytest.fixture
async def lying(database_dsn: str) -> AsyncIterator[tuple[Proxy, Callable[..., object]]]:
    direct = await asyncpg.connect(database_dsn)
    await direct.execute("create table told (what text)")
    address = "{}:{}".format(*direct._addr)
    async with open_proxy(address, speaks_postgres=True) as proxy:

        async def connect(application: str = "one") -> asyncpg.Connection:
            return await asyncpg.connect(
                proxy.dsn(database_dsn), server_settings={"application_name": application}
            )

        yield proxy, connect
    await direct.close()


async def _tell(connection: asyncpg.Connection, what: str) -> None:
    async with connection.transaction():
        await connection.execute("insert into told values ($1)", what)


async def test_a_lost_reply_leaves_a_commit_that_stands(
    lying: tuple[Proxy, Callable[..., asyncpg.Connection]], database_dsn: str
) -> None:
    proxy, connect = lying
    connection = await connect()
    await _tell(connection, "before")
    proxy.lose_replies(1.0, seed=1)
    with pytest.raises((asyncpg.PostgresConnectionError, OSError)):
        await _tell(connection, "ambiguous")
    proxy.heal()
    assert await _told(database_dsn) == ["ambiguous", "before"]
    assert (proxy.lost_replies, proxy.lost_requests) == (1, 0)


async def test_a_statement_that_commits_by_itself_loses_its_reply_too(
    lying: tuple[Proxy, Callable[..., asyncpg.Connection]], database_dsn: str
) -> None:
    proxy, connect = lying
    connection = await connect()
    proxy.lose_replies(1.0, seed=1)
    assert await connection.fetch("select * from told for update") == []  # it leaves no doubt
    with pytest.raises((asyncpg.PostgresConnectionError, OSError)):
        await connection.execute("insert into told values ($1)", "ambiguous")
    proxy.heal()
    assert await _told(database_dsn) == ["ambiguous"]
    assert (proxy.lost_replies, proxy.lost_requests) == (1, 0)


async def test_a_statement_that_commits_by_itself_may_never_arrive(
    lying: tuple[Proxy, Callable[..., asyncpg.Connection]], database_dsn: str
) -> None:
    proxy, connect = lying
    connection = await connect()
    proxy.lose_requests(1.0, seed=1)
    with pytest.raises((asyncpg.PostgresConnectionError, OSError)):
        await connection.execute("insert into told values ($1)", "swallowed")
    proxy.heal()
    assert await _told(database_dsn) == []
    assert (proxy.lost_replies, proxy.lost_requests) == (0, 1)


async def test_a_lost_request_leaves_nothing(
    lying: tuple[Proxy, Callable[..., asyncpg.Connection]], database_dsn: str
) -> None:
    proxy, connect = lying
    connection = await connect()
    proxy.lose_requests(1.0, seed=1)
    with pytest.raises((asyncpg.PostgresConnectionError, OSError)):
        await _tell(connection, "lost")
    proxy.heal()
    assert await _told(database_dsn) == []
    assert (proxy.lost_replies, proxy.lost_requests) == (0, 1)


async def test_a_fault_of_one_application_leaves_the_others_alone(
    lying: tuple[Proxy, Callable[..., asyncpg.Connection]],
) -> None:
    proxy, connect = lying
    one, two = await connect("one"), await connect("two")
    assert len(proxy.links("one")) == 1
    proxy.lose_replies(1.0, seed=1, application="two")
    proxy.hold(application="two")
    await _tell(one, "well")
    with pytest.raises(TimeoutError):
        await two.fetchval("select 1", timeout=SOON)
    proxy.heal()
    proxy.reset("two")
    await _tell(one, "still well")
    await one.close()


async def test_a_commit_through_the_extended_protocol_is_seen_too(
    lying: tuple[Proxy, Callable[..., asyncpg.Connection]],
) -> None:
    proxy, connect = lying
    connection = await connect()
    await connection.execute("begin")
    commit = await connection.prepare("commit")
    proxy.lose_replies(1.0, seed=1)
    with pytest.raises((asyncpg.PostgresConnectionError, OSError)):
        await commit.fetch()
    assert proxy.lost_replies == 1


async def _told(dsn: str) -> list[str]:
    connection = await asyncpg.connect(dsn)
    try:
        return [row["what"] for row in await connection.fetch("select what from told order by 1")]
    finally:
        await connection.close()
