"""Every header that is read, with every byte a header may hold, over real connections."""

import asyncio
from collections import Counter
from collections.abc import Callable
from random import Random

import pytest

from services.runtime.auth import Role
from tests.fuzz.campaign import LONGEST_SECONDS, chance, times
from tests.fuzz.park import CENTER, TEAM, Park

HEADERS = (
    "Authorization", "Idempotency-Key", "If-Match", "Last-Event-ID", "traceparent", "tracestate",
    "Content-Type", "Accept", "Accept-Encoding", "Host", "Connection", "Expect", "Upgrade",
    "X-Forwarded-For", "X-Forwarded-Proto", "Forwarded", "Cookie", "Origin", "Range",
    "If-None-Match", "TE", "Content-Encoding", "X-HTTP-Method-Override",
)  # fmt: skip
ODD = (
    b"", b" ", b"0", b"-1", b"1", b'"1"', b"99999999999999999999", b"1" * 18, b"1" * 19, b"1e3",
    b"\xd9\xa1", b"null", b"*", b"W/\"1\"", b"x" * 30_000, b"\xff\xfe\x80", "警".encode(), b"a\tb",
    b"%00", b"%s%n", b"../../etc/passwd", b"Bearer", b"Bearer ", b"Bearer  x", b"bearer d115_k_x",
    b"Basic Og==", b"00-" + b"0" * 32 + b"-" + b"0" * 16 + b"-00", b"100-continue", b"websocket",
    b"close, upgrade", b"application/json; charset=utf-16", b"text/plain", b"bytes=0-", b"gzip",
    b"{}", b"'; drop table incident; --", b"\"", b"9223372036854775807", b"9223372036854775808",
)  # fmt: skip
FORBIDDEN = (b"a\0b", b"a\x01b", b"a\rb", b"a\x7fb")
SECONDS = 20.0
Measured = Callable[[str], None]

pytestmark = [pytest.mark.timeout(LONGEST_SECONDS), pytest.mark.xdist_group("park")]


async def test_no_header_makes_a_fault_of_ours(park: Park, measured: Measured) -> None:
    some, found = chance("headers"), Counter[int]()
    for _ in range(times(400)):
        name, value = some.choice(HEADERS), _value(some)
        service, request = _request(park, some, {name: value})
        status = await _status(park, service, request)
        assert status < 500, request
        found[status] += 1
    assert len(found) >= 4
    measured(f"{found.total()} requests, {dict(sorted(found.items()))}")


@pytest.mark.parametrize("value", FORBIDDEN)
@pytest.mark.parametrize("service", ["intake", "dispatcher", "notifier"])
async def test_a_control_character_in_a_header_is_refused(
    park: Park, service: str, value: bytes
) -> None:
    request = b"GET /v1/watch HTTP/1.1\r\nHost: here\r\nX-Any: " + value + b"\r\n\r\n"
    assert await _status(park, service, request) == 400


async def test_any_last_event_id_opens_the_stream_or_is_refused(
    park: Park, measured: Measured
) -> None:
    some, found = chance("last event id"), Counter[int]()
    for value in [*ODD, *(_value(some) for _ in range(times(60)))]:
        path = some.choice((f"/v1/centers/{CENTER}/stream", f"/v1/teams/{TEAM}/stream"))
        role = Role.TEAM if "teams" in path else Role.OPERATOR
        in_query = some.random() < 0.3
        if in_query:
            path += "?after=" + "".join(f"%{byte:02x}" for byte in value[:2000])
        headers = {} if in_query else {"Last-Event-ID": value}
        status = await _status(park, "dispatcher", _raw(park, "GET", path, headers, role=role))
        assert status in {200, 422}, (value, status)
        digits = value.strip().isdigit() and 0 < len(value.strip()) <= 18
        assert status == 200 if digits else True, value
        found[status] += 1
    assert found.keys() == {200, 422}
    measured(f"{found.total()} streams, {dict(found)}")


def _value(some: Random) -> bytes:
    value = some.choice(ODD)
    if some.random() < 0.3:
        junk = bytes(some.choice((*range(32, 127), *range(128, 256))) for _ in range(8))
        value = value[:40] + junk
    return value


def _request(park: Park, some: Random, headers: dict[str, bytes]) -> tuple[str, bytes]:
    incident = some.choice(park.incidents)
    service, method, path, role = some.choice(
        (
            ("intake", "POST", "/v1/alerts", Role.STATION),
            ("dispatcher", "POST", f"/v1/incidents/{incident}/note", Role.OPERATOR),
            ("dispatcher", "GET", f"/v1/incidents/{incident}", Role.OPERATOR),
            ("dispatcher", "GET", "/v1/directory", Role.ADMIN),
            ("dispatcher", "PUT", "/v1/directory?dry_run=true", Role.ADMIN),
            ("notifier", "GET", f"/v1/timing/{incident}", Role.AUDITOR),
            ("notifier", "GET", "/v1/watch", Role.STATION),
        )
    )
    return service, _raw(park, method, path, headers, role=role)


def _raw(park: Park, method: str, path: str, headers: dict[str, bytes], *, role: Role) -> bytes:
    """A request as bytes; headers given replace the usual ones."""
    body = b"{}" if method != "GET" else b""
    usual = {
        "Host": b"here",
        "Authorization": f"Bearer {park.keys[role.value]}".encode(),
        "Content-Type": b"application/json",
        "Idempotency-Key": b"k-1",
        "Content-Length": str(len(body)).encode(),
        "Connection": b"close",
    }
    lines = [name.encode() + b": " + value for name, value in {**usual, **headers}.items()]
    return b"\r\n".join([f"{method} {path} HTTP/1.1".encode(), *lines, b"", body])


async def _status(park: Park, service: str, request: bytes) -> int:
    """Send a request on a connection of its own; gives the status it is answered with."""
    reader, writer = await asyncio.open_connection(*park.address(service))
    try:
        writer.write(request)
        async with asyncio.timeout(SECONDS):
            line = await reader.readline()
            while line.startswith(b"HTTP/1.1 100"):
                await reader.readline()
                line = await reader.readline()
    finally:
        writer.close()
    return int(line.split(b" ")[1])
