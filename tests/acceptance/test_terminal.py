"""The command line against a real instance: send, watch, act, drill, doctor, dead letters."""

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from services.cli.instance.instance import Blueprint, Instance
from services.cli.instance.opening import open_instance
from services.cli.park import DEMO_PARK, read_document
from services.cli.stack.stack import Stack
from services.runtime.auth import Role
from services.runtime.clock import SystemClock
from services.runtime.producer import Producer
from services.runtime.records import Record
from tests.conftest import scratch_directory

pytestmark = [pytest.mark.timeout(240), pytest.mark.campaign]
CLOCK = SystemClock()
CENTER, STATION = "heling-center", "qinghe-station"
SCENARIO = """
drill: {name: 演练, center: heling-center, max_minutes: 1}
alerts:
  - {after: 0, place: heling-canteen, severity: blue, text: 演练一}
  - {after: 50, place: heling-b1, severity: blue, text: 演练二}
"""


@dataclass
class Ran:
    """What a command said, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Its NDJSON."""
        return [json.loads(line) for line in self.out.splitlines()]


@dataclass
class Terminal:
    """Runs commands of `d115` against an instance, with keys in files."""

    instance: Instance
    stack: Stack
    folder: Path

    async def start(self, *arguments: str) -> Process:
        environment = {**os.environ, "D115_URL": self.instance.origins.intake}
        command = [sys.executable, "-m", "services.cli", *arguments]
        return await asyncio.create_subprocess_exec(
            *command, stdin=asyncio.subprocess.DEVNULL, stdout=PIPE, stderr=PIPE, env=environment
        )

    async def run(self, *arguments: str) -> Ran:
        return await ended(await self.start(*arguments))

    def as_(self, role: Role, code: str, option: str = "--key-file") -> list[str]:
        path = self.folder / f"{role}-{code}"
        path.write_text(self.instance.keys.of(role, code))
        return [option, str(path)]

    @property
    def station(self) -> list[str]:
        return self.as_(Role.STATION, STATION)

    @property
    def operator(self) -> list[str]:
        return self.as_(Role.OPERATOR, CENTER)

    @property
    def servers(self) -> list[str]:
        kafka, prefix = self.stack.kafka.address, self.instance.topic_prefix
        return ["--kafka", kafka, "--prefix", prefix]

    @property
    def drill(self) -> list[str]:
        center = self.as_(Role.OPERATOR, CENTER, "--center-key-file")
        return [*self.station, *center, "--data", str(self.folder)]


async def ended(process: Process) -> Ran:
    out, err = await process.communicate()
    return Ran(code=process.returncode or 0, out=out.decode(), err=err.decode())


@pytest.fixture(scope="module")
async def terminal(stack: Stack) -> AsyncIterator[Terminal]:
    with scratch_directory() as data:
        async with opened(stack, data) as instance:
            yield Terminal(instance=instance, stack=stack, folder=data)


@asynccontextmanager
async def opened(stack: Stack, data: Path) -> AsyncIterator[Instance]:
    blueprint = Blueprint(name="terminal", data=data, park=read_document(DEMO_PARK), separate=False)
    async with open_instance(stack, blueprint, progress=print) as instance:
        yield instance


async def test_an_alert_is_sent_followed_and_closed_by_its_acts(terminal: Terminal) -> None:
    said = ["send", "打架", "-p", "禾岭家居/食堂", "-k", "打架", "-l", "蓝", "--reference", "T1"]
    following = await terminal.start(*said, "--watch", "--json", *terminal.station)
    assert following.stdout is not None
    id_ = json.loads(await following.stdout.readline())["id"]
    await following.stdout.readline()  # it is open
    again = await terminal.run(*said, "--json", *terminal.station)
    refused = await terminal.run("close", id_, "--disposition", "nonsense", *terminal.operator)
    acted = [
        await terminal.run(*act, *terminal.operator)
        for act in (
            ("acknowledge", id_),
            ("assign", id_, "--teams", "heling-duty-1"),
            ("on-behalf", id_, "--act", "arrive", "--team", "heling-duty-1"),
            ("close", id_, "--disposition", "handled_on_site"),
        )
    ]
    followed = await ended(following)

    assert again.lines[0]["id"] == id_
    assert [each.code for each in acted] == [0, 0, 0, 0]
    assert (refused.code, refused.out, refused.err.count("\n")) == (5, "", 1)
    assert followed.lines[-1]["incident"]["state"] == "closed"
    assert {leg["leg"] for leg in followed.lines[-1]["legs"]} >= {"push", "assign", "on_scene"}
    assert followed.code == 0


async def test_a_killed_drill_is_ended_by_a_later_command(terminal: Terminal) -> None:
    scenario = terminal.folder / "scenario.yaml"
    scenario.write_text(SCENARIO, encoding="utf-8")
    running = await terminal.start("drill", "run", str(scenario), *terminal.drill, "--lang", "en")
    assert running.stderr is not None
    begun = await running.stderr.readline()
    assert b"sent" in await running.stderr.readline(), begun
    running.send_signal(signal.SIGKILL)
    await running.wait()
    over = await terminal.run("drill", "end", *terminal.drill)
    told = await terminal.run("drill", "report", "--json", "--data", str(terminal.folder))
    (report,) = told.lines

    assert over.code == 0
    assert [alert["state"] for alert in report["alerts"]] == ["cancelled", None]
    assert {entry["what"] for entry in report["alerts"][0]["timeline"]} >= {"opened", "cancelled"}
    assert report["left_open"] == []


async def test_a_bad_scenario_sends_nothing(terminal: Terminal) -> None:
    scenario = terminal.folder / "bad.yaml"
    scenario.write_text(SCENARIO.replace("heling-b1", "nowhere"), encoding="utf-8")
    before = await terminal.run("drill", "list", "--data", str(terminal.folder))
    refused = await terminal.run("drill", "run", str(scenario), *terminal.drill)
    after = await terminal.run("drill", "list", "--data", str(terminal.folder))

    assert refused.code == 2
    assert "alerts[1].place" in refused.err
    assert before.out == after.out


async def test_the_doctor_finds_nothing_that_fails_and_then_what_does(terminal: Terminal) -> None:
    key = terminal.as_(Role.SUPERVISOR, "qinghe")
    options = [*terminal.servers, "--json", *key]
    well = await terminal.run("doctor", "--postgres", terminal.instance.dsn, *options)
    ill = await terminal.run("doctor", "--postgres", f"{terminal.instance.dsn}x", *options)
    failing = {each["check"]: each["do"] for each in ill.lines if each["level"] == "fail"}

    assert [each for each in well.lines if each["level"] == "fail"] == []
    assert {"kafka.topics", "postgres.rights", "services.heartbeats", "disk"} <= {
        each["check"] for each in well.lines
    }
    assert (well.code, ill.code) == (0, 4)
    assert failing.keys() == {"postgres"}
    assert failing["postgres"]


async def test_a_dead_letter_is_shown_and_put_back_with_a_count(terminal: Terminal) -> None:
    await poison(terminal)
    letters = await letters_of(terminal, at_least=1)
    place = letters[0]["place"]
    shown = await terminal.run("dead-letters", "show", place, *terminal.servers)
    replayed = await terminal.run("dead-letters", "replay", place, "--json", *terminal.servers)
    again = await letters_of(terminal, at_least=len(letters) + 1)
    wrong = await terminal.run("dead-letters", "replay", "x/0/0", *terminal.servers)

    assert "secret" not in shown.out
    assert shown.lines[0]["body"]["alert"] == 5
    assert replayed.lines[0]["replays"] == 1
    assert max(each["replays"] for each in again) == 1
    assert wrong.code == 2


async def poison(terminal: Terminal) -> None:
    producer = Producer(terminal.stack.kafka.address, clock=CLOCK, client_id="poison")
    await producer.start()
    headers = {
        "ce_id": "1", "ce_type": "alert.received.v1", "ce_source": "/x", "ce_specversion": "1.0",
        "ce_time": "2026-01-01T00:00:00Z",
    }  # fmt: skip
    topic = f"{terminal.instance.topic_prefix}alerts.v1"
    value = b'{"alert": 5, "text": "secret"}'
    await producer.send(Record(topic=topic, key="k", value=value, headers=headers))
    await producer.stop()


async def letters_of(terminal: Terminal, *, at_least: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for _ in range(40):
        found = (await terminal.run("dead-letters", "list", "--json", *terminal.servers)).lines
        if len(found) >= at_least:
            return found
        await CLOCK.sleep(0.25)
    raise AssertionError(found)
