"""Callers that send slowly, too much, or never end, against the real processes of all services.

Each is cut off within a stated time, keeps no memory, and keeps nobody else waiting.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import aiohttp
import pytest

from services.cli.instance.service import Service
from services.runtime.auth import Role
from services.runtime.clock import SystemClock
from services.runtime.guards import BODY_SECONDS
from services.runtime.http_protocol import HEAD_SECONDS
from tests.fuzz.park import DOCUMENTS, Park

CLOCK = SystemClock()
SLOW_CALLERS = 40
SLACK_SECONDS = 8.0
"""For a machine that does other things too."""

ROOM_BYTES = 48 * 2**20
"""What a process may grow by while it is flooded with some hundred megabytes."""

PATHS = {
    "intake": "/v1/alerts",
    "dispatcher": "/v1/incidents/{incident}/note",
    "notifier": "/v1/watch",
}
Measured = Callable[[str], None]

pytestmark = [pytest.mark.timeout(180), pytest.mark.xdist_group("park")]


class Raw:
    """A connection, byte by byte, with the time at which it was opened."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self.writer = writer
        self._began = CLOCK.monotonic()

    async def drip(self, begun: bytes, more: bytes) -> None:
        """Send something, then a little more twice a second, until the connection is closed."""
        with suppress(ConnectionError):
            self.writer.write(begun)
            while not self.writer.is_closing():
                await self.writer.drain()
                await CLOCK.sleep(0.5)
                self.writer.write(more)

    async def flood(self, begun: bytes, part: bytes, *, most: int) -> int:
        """Send as much as is taken; gives how many bytes that was."""
        sent = 0
        with suppress(ConnectionError):
            self.writer.write(begun)
            while sent < most and not self.writer.is_closing():
                self.writer.write(part)
                await self.writer.drain()
                sent += len(part)
        return sent

    async def end(self) -> tuple[float, bytes]:
        """Wait for the close; gives how long the connection lived, and what was answered."""
        said = b""
        with suppress(ConnectionError):
            while part := await self._reader.read(65536):
                said += part
        return CLOCK.monotonic() - self._began, said


@asynccontextmanager
async def connected(park: Park, service: str) -> AsyncIterator[Raw]:
    reader, writer = await asyncio.open_connection(*park.address(service))
    try:
        yield Raw(reader, writer)
    finally:
        writer.close()


def post(park: Park, service: str, *headers: str) -> bytes:
    """The head of a post that its service would take from its caller."""
    path = PATHS[service].format(incident=park.incidents[0])
    role = Role.STATION if service == "intake" else Role.OPERATOR
    lines = [
        f"POST {path} HTTP/1.1",
        "Host: here",
        f"Authorization: Bearer {park.keys[role.value]}",
        "Content-Type: application/json",
        "Idempotency-Key: k",
        *headers,
    ]
    return "\r\n".join([*lines, "", ""]).encode()


async def test_many_slow_callers_are_cut_off_and_hold_nobody_up(
    park: Park, measured: Measured
) -> None:
    """Half never end their head, half send a body byte by byte."""
    slow = [
        asyncio.create_task(_call_slowly(park, service, in_body=number % 2 == 1))
        for service in DOCUMENTS
        for number in range(SLOW_CALLERS)
    ]
    waited = await _ask_meanwhile(park, slow)
    ended = [task.result() for task in slow]
    longest = max(lived for lived, _ in ended)
    # Where a body was given up without closing, what is left of it is waited for as for a head.
    assert longest < BODY_SECONDS + HEAD_SECONDS + SLACK_SECONDS
    assert {said.split(b" ")[1] for _, said in ended} == {b"408"}
    assert waited < 5
    measured(
        f"{len(slow)} slow callers; the longest was let wait {longest:.1f} s, others {waited:.2f} s"
    )


async def _call_slowly(park: Park, service: str, *, in_body: bool) -> tuple[float, bytes]:
    begun, more = b"POST /v1/alerts HTTP/1.1\r\nHost: here\r\n", b"X-More: 1\r\n"
    if in_body:
        begun, more = post(park, service, "Content-Length: 1000"), b"x"
    async with connected(park, service) as raw:
        dripping = asyncio.create_task(raw.drip(begun, more))
        ended = await raw.end()
        dripping.cancel()
    return ended


async def _ask_meanwhile(park: Park, slow: list["asyncio.Task[tuple[float, bytes]]"]) -> float:
    """Ask every service while others are slow; gives the longest wait for an answer."""
    waited = 0.0
    async with aiohttp.ClientSession() as session:
        while not all(task.done() for task in slow):
            for service, path in DOCUMENTS.items():
                began = CLOCK.monotonic()
                async with session.get(f"{park.urls[service]}{path}") as answer:
                    assert answer.status == 200
                waited = max(waited, CLOCK.monotonic() - began)
            await CLOCK.sleep(0.5)
    return waited


LYING = {
    "a length beyond all bounds": ("Content-Length: 99999999999999", b"x" * 65536),
    "chunks without end": ("Transfer-Encoding: chunked", b"10000\r\n" + b"x" * 65536 + b"\r\n"),
    "a chunk without end": ("Transfer-Encoding: chunked", b"f" * 65536),
    "a trailer without end": ("Transfer-Encoding: chunked", b"0\r\n" + b"X: 1\r\n" * 10_000),
    "a body behind no length": ("X-None: 1", b"x" * 65536),
    "a header without end": ("X-Long: " + "x" * 1000, b""),
}
MALFORMED = {
    "a length that is none": "Content-Length: ten",
    "a negative length": "Content-Length: -1",
    "two lengths": "Content-Length: 1\r\nContent-Length: 2",
    "a length and chunks": "Content-Length: 1\r\nTransfer-Encoding: chunked",
    "an unknown encoding": "Transfer-Encoding: gzip",
}


@pytest.mark.parametrize("lie", LYING)
@pytest.mark.parametrize("service", DOCUMENTS)
async def test_what_never_ends_is_cut_off_and_kept_nowhere(
    service: str, lie: str, park: Park, measured: Measured
) -> None:
    header, part = LYING[lie]
    before, most = _bytes_of(_process(park, service)), 64 * 2**20
    head = post(park, service, header)
    if not part:
        head, part = head.removesuffix(b"\r\n\r\n"), b"x" * 65536
    async with connected(park, service) as raw:
        async with asyncio.timeout(HEAD_SECONDS + BODY_SECONDS + SLACK_SECONDS):
            flooding = asyncio.create_task(raw.flood(head, part, most=most))
            lived, said = await raw.end()
        flooding.cancel()
    grown = _bytes_of(_process(park, service)) - before
    assert said == b"" or said.startswith(b"HTTP/1.1 ")
    assert not said.startswith(b"HTTP/1.1 5")
    assert grown < ROOM_BYTES
    measured(f"{service}, {lie}: closed after {lived:.1f} s, grown by {grown // 1024} KiB")


@pytest.mark.parametrize("lie", MALFORMED)
@pytest.mark.parametrize("service", DOCUMENTS)
async def test_a_body_of_two_lengths_is_refused(service: str, lie: str, park: Park) -> None:
    async with connected(park, service) as raw, asyncio.timeout(BODY_SECONDS + SLACK_SECONDS):
        raw.writer.write(post(park, service, MALFORMED[lie]) + b"{}")
        _, said = await raw.end()
    assert said.startswith(b"HTTP/1.1 4")


def _process(park: Park, service: str) -> Service:
    return park.instance.services[service]


def _bytes_of(service: Service) -> int:
    """How much memory a service's process has; it is the one that listens, below its guard."""
    assert service.pid is not None
    pids = [service.pid, *_children(service.pid)]
    return max(_resident(pid) for pid in pids)


def _children(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [child for task in tasks for child in (int(task), *_children(int(task)))]


def _resident(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    return int(found[1]) * 1024 if found else 0
