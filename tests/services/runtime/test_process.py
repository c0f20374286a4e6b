"""A process serves until told to stop, stops in time, and says with its code how it ended."""

import asyncio
import json
import os
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from services.runtime.clock import SystemClock
from services.runtime.web import OneOrigin, PortTakenError, bind, port_of
from tests.asgi import AsgiClient

ROOT = Path(__file__).parents[3]
PATIENCE = 20.0


class Probe:
    """A probe process, its ports and what it said."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.said = list[str]()
        self.api = self.ops = ""

    async def hear(self, wanted: str) -> str:
        """Read what it says until a line begins as wanted."""
        assert self.process.stderr is not None
        while line := (await self.process.stderr.readline()).decode().rstrip():
            self.said.append(line)
            if line.startswith(wanted):
                return line
        raise AssertionError(f"never said {wanted!r}: {self.said}, {await self.log()}")

    async def serving(self) -> None:
        """Wait until it serves."""
        _, port, ops_port = (await self.hear("serving")).split()
        self.api, self.ops = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{ops_port}"

    async def stop(self) -> tuple[int, float]:
        """Tell it to stop; returns its code and the seconds it took."""
        began = SystemClock().monotonic()
        self.process.terminate()
        code = await self.process.wait()
        return code, SystemClock().monotonic() - began

    async def end(self) -> int:
        """Wait until it ends by itself."""
        return await self.process.wait()

    async def log(self) -> list[dict[str, Any]]:
        """Read its log once it has ended."""
        assert self.process.stdout is not None
        return [json.loads(line) for line in (await self.process.stdout.read()).splitlines()]


@asynccontextmanager
async def probe(how: str, *ports: int, stop_seconds: float = 5.0) -> AsyncIterator[Probe]:
    command = [sys.executable, "-m", "tests.services.runtime.probe", how]
    numbers = [str(port) for port in ports or (0, 0)]
    process = await asyncio.create_subprocess_exec(
        *command,
        *numbers,
        str(stop_seconds),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},
    )
    try:
        async with asyncio.timeout(PATIENCE):
            yield Probe(process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def test_a_stop_ends_streams_answers_open_requests_and_closes_in_reverse(
    http: aiohttp.ClientSession,
) -> None:
    async with probe("streaming") as running:
        await running.serving()
        slow = asyncio.create_task(http.get(f"{running.api}/slow"))
        await running.hear("asked")
        async with http.get(f"{running.api}/stream") as stream:
            assert await stream.content.read(6) == b"first "
            code, seconds = await running.stop()
            rest = await stream.content.read()
        answer = await (await slow).text()
        await running.hear("closed second")
        await running.hear("closed first")
        log = await running.log()

    assert (code, rest, answer) == (0, b"last", "answered")
    assert seconds < 5
    assert [line["fault"] for line in log if line["event"] == "hook_failed"] == [
        "ValueError: cannot close"
    ]


async def test_three_services_share_one_origin_and_one_report_of_health(
    http: aiohttp.ClientSession,
) -> None:
    async with probe("together") as running:
        await running.serving()
        found = {
            path: await (await http.get(running.api + path)).text()
            for path in ("/v1/alerts", "/v1/alerts/7/updates", "/v1/compliance", "/v1/centers/c")
        }
        ready = await http.get(f"{running.ops}/readyz")
        checks = (await ready.json())["checks"]
        metrics = await (await http.get(f"{running.ops}/metrics")).text()
        code, _ = await running.stop()

    assert (code, ready.status) == (0, 200)
    assert found == {
        "/v1/alerts": "intake /v1/alerts",
        "/v1/alerts/7/updates": "intake /v1/alerts/7/updates",
        "/v1/compliance": "notifier /v1/compliance",
        "/v1/centers/c": "dispatcher /v1/centers/c",
    }
    assert checks == dict.fromkeys(
        ["process", "intake store", "dispatcher store", "notifier store"], "ok"
    )
    assert 'd115_http_request_seconds_count{method="GET",route=' in metrics


@pytest.mark.parametrize(
    ("how", "why"), [("dying", "ValueError: no more"), ("ending", "it ended by itself")]
)
async def test_a_task_that_ends_by_itself_ends_the_process(how: str, why: str) -> None:
    async with probe(how) as running:
        code = await running.end()
        log = await running.log()

    (line,) = [line for line in log if line["event"] == "task_ended"]
    assert (code, line["task"], line["fault"]) == (1, "one relay", why)


async def test_a_service_that_cannot_be_wired_ends_the_process_and_closes_the_others() -> None:
    async with probe("unable") as running:
        await running.hear("closed second")
        await running.hear("closed first")
        code = await running.end()
        log = await running.log()

    (line,) = [line for line in log if line["event"] == "service_failed"]
    assert (code, line["fault"]) == (1, "ValueError: no such database")


async def test_a_stop_that_comes_while_a_service_still_waits_is_obeyed() -> None:
    async with probe("endless") as running:
        await running.hear("wiring")
        code, seconds = await running.stop()

    assert code == 0
    assert seconds < 3


async def test_a_task_that_will_not_end_is_named_and_left() -> None:
    async with probe("stubborn", stop_seconds=2.5) as running:
        await running.serving()
        code, seconds = await running.stop()
        log = await running.log()

    assert code == 1
    assert "one relay" in [
        line.get("task") for line in log if line["event"] == "task_would_not_end"
    ]
    assert seconds < 6


async def test_a_process_that_blocks_is_ended_all_the_same() -> None:
    async with probe("blocking", stop_seconds=1) as running:
        await running.serving()
        code, seconds = await running.stop()
        log = await running.log()

    assert code == 1
    assert seconds < 3
    assert log[-1]["event"] == "stop_overran"


@pytest.mark.parametrize("taken", [0, 1])
async def test_a_taken_port_is_said_in_one_line(taken: int) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = port_of(other)
        ports = (port, 0) if taken == 0 else (0, port)
        async with probe("together", *ports) as running:
            line = await running.hear("port")
            code = await running.end()

    assert code == 3
    assert line == f"port {port} on 127.0.0.1 cannot be had: Address already in use"


def test_a_port_is_taken_without_listening_on_it() -> None:
    with bind("127.0.0.1", 0) as listener, socket.socket() as client:
        assert client.connect_ex(("127.0.0.1", port_of(listener))) != 0


def test_an_address_of_another_machine_cannot_be_had() -> None:
    with pytest.raises(PortTakenError, match=r"port 0 on 192\.0\.2\.1 cannot be had"):
        bind("192.0.2.1", 0)


async def test_a_path_that_only_begins_alike_is_not_a_services_own() -> None:
    async def app(*_: object) -> None:
        raise AssertionError

    answer = await AsgiClient(OneOrigin({"/v1/alerts": app})).get("/v1/alertsomething")

    assert (answer.status, answer.json()["type"]) == (404, "/problems/not-found")
