"""Real dispatch records through the running product: every figure is that of a plain script.

The command line is run as people run it, on real Kafka and Postgres.
"""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from services.cli.client import open_session
from services.cli.instance.instance import Blueprint, Instance
from services.cli.instance.opening import open_instance
from services.cli.park import DEMO_PARK, read_document
from services.cli.stack.stack import Stack
from services.runtime.auth import Role
from services.runtime.clock import SystemClock
from tests.acceptance.plain import compute
from tests.conftest import scratch_directory
from tests.services.cli.replay.files import at, row, text

SLICE = Path(__file__).parents[1] / "data" / "sf-fire-calls-slice.csv"

pytestmark = pytest.mark.timeout(240)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str


async def d115(*arguments: object, environment: Mapping[str, str] | None = None) -> Ended:
    """Run the command line."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "services.cli", *map(str, arguments),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, **(environment or {})},
    )  # fmt: skip
    out, err = await process.communicate()
    assert process.returncode is not None
    return Ended(code=process.returncode, out=out.decode(), err=err.decode())


def figures(told: Mapping[str, Any]) -> dict[str, Any]:
    """What a plain script computes too."""
    return {name: told[name] for name in ("calls", "rows", "legs")}


async def test_every_figure_of_the_real_slice_is_that_of_a_plain_script(
    stack: Stack, tmp_path: Path
) -> None:
    report = tmp_path / "outcome.json"
    servers = {"D115_KAFKA": stack.kafka.address, "D115_POSTGRES": stack.postgres.dsn}
    with scratch_directory() as data:
        ended = await d115(
            "replay", SLICE, "--speed", 2000, "--json", report, "--data", data,
            environment=servers,
        )  # fmt: skip
        left = list(data.glob("instances/replay/*.json"))
        assert all(file.read_text() == "{}" for file in left)
    assert ended.code == 0, ended.err
    told = json.loads(report.read_text())
    assert figures(told) == compute(SLICE)
    assert told["accepted"] == told["opened"] == told["closed"] == 81
    assert told["conservation_difference"] == told["rows_skipped"] == 0
    assert told["refused"] == []
    assert told["stamps_disbelieved"] == told["stamps_left_out"] == {}
    assert told["events"] == told["acts"] + 1  # one unit was diverted
    assert 0 < told["wall_seconds"] < 200
    assert await databases_left(stack) == []


async def databases_left(stack: Stack) -> list[str]:
    """The databases of replays that are still there."""
    connection = await asyncpg.connect(stack.postgres.dsn)
    try:
        found = await connection.fetch(
            "select datname from pg_database where datname like 'd115_replay%'"
        )
    finally:
        await connection.close()
    return [each["datname"] for each in found]


async def test_a_replay_called_off_leaves_nothing_behind(stack: Stack) -> None:
    servers = {"D115_KAFKA": stack.kafka.address, "D115_POSTGRES": stack.postgres.dsn}
    with scratch_directory() as data:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "services.cli", "replay", SLICE, "--speed", "100",
            "--data", data,
            stderr=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
            env={**os.environ, **servers},
        )  # fmt: skip
        await accepting(data / "instances" / "replay" / "intake.log", process)
        process.send_signal(signal.SIGINT)
        _, err = await process.communicate()
    assert process.returncode == 130
    assert err.decode().rstrip().splitlines()[-1] == "d115: interrupted; what it started is stopped"
    assert await databases_left(stack) == []


async def accepting(log: Path, process: asyncio.subprocess.Process) -> None:
    """Return once intake has accepted an alert."""
    clock = SystemClock()
    deadline = clock.monotonic() + 120
    while not (log.exists() and '"event":"accepted"' in log.read_text()):
        assert process.returncode is None, await process.communicate()
        assert clock.monotonic() < deadline, log.read_text() if log.exists() else "no log"
        await clock.sleep(0.1)


IRREGULAR: tuple[dict[str, str], ...] = (
    # stamps out of order, missing ones, and a unit that the call is not known to have sent
    row("1", "E01", entry=at("10:00:40 AM"), dispatch=at("10:01:00 AM"),
        response=at("10:04:00 AM"), on_scene=at("10:03:00 AM"), available=at("10:30:00 AM")),
    row("2", "T01", dispatch=at("10:02:00 AM"), available=at("10:06:00 AM"), station_area=""),
    row("3", "E02", entry=at("10:02:30 AM"), dispatch=at("10:02:00 AM"),
        on_scene=at("10:09:00 AM")),
    row("4", "B01", entry=at("10:00:30 AM")),
    row("5", "E03", entry=at("10:01:00 AM"), dispatch=at("10:03:00 AM"),
        available=at("10:05:00 AM"), disposition="Medical Examiner"),
    row("5", "RS1", on_scene=at("10:08:00 AM"), disposition="Medical Examiner"),
    # a unit diverted, then sent to two calls in the same second
    row("6", "E01", entry=at("10:19:00 AM"), dispatch=at("10:20:00 AM"),
        on_scene=at("10:24:59 AM")),
    row("7", "E01", entry=at("10:19:00 AM"), dispatch=at("10:20:00 AM"),
        on_scene=at("10:25:00 AM"), available=at("10:40:00 AM"), disposition="SFPD"),
    # the same unit twice, and a row of the first call at the file's end
    row("8", "T01", received=at("10:30:00 AM"), entry=at("10:31:00 AM"),
        dispatch=at("10:32:00 AM"), available=at("10:33:00 AM")),
    row("8", "T01", received=at("10:30:00 AM"), entry=at("10:31:00 AM"),
        dispatch=at("10:35:00 AM"), on_scene=at("10:36:00 AM"), disposition="Unheard of"),
    row("1", "RS2", dispatch=at("10:00:50 AM"), on_scene=at("10:02:00 AM")),
    # nobody took it
    row("9", "E09"),
)  # fmt: skip
MALFORMED = ("nonsense", row("", "E01"), row("10", received="soon"))


def irregular(folder: Path) -> Path:
    """A file in which much is unusual, and some rows cannot be read."""
    rows = [*IRREGULAR[:4], *(each for each in MALFORMED if isinstance(each, dict)), *IRREGULAR[4:]]
    content = text(rows, end="\r\n")
    file = folder / "irregular.csv"
    file.write_bytes(b"\xef\xbb\xbf" + content.encode() + b"nonsense\r\n\r\n")
    return file


@pytest.fixture
async def running(stack: Stack) -> AsyncIterator[Instance]:
    """An instance with the demo's park, by the real clock, under one address."""
    with scratch_directory() as data:
        blueprint = Blueprint(
            name="running", data=data, park=read_document(DEMO_PARK), separate=False
        )
        async with open_instance(stack, blueprint, progress=print) as instance:
            yield instance


async def test_irregular_records_in_a_running_instance_and_a_check_of_its_log(
    running: Instance, tmp_path: Path
) -> None:
    file, report = irregular(tmp_path), tmp_path / "outcome.json"
    key_file = tmp_path / "key"
    key_file.write_text(f"{running.admin_key}\n")
    url = running.origins.intake
    before = await directory(running)
    ended = await d115(
        "replay", file, "--url", url, "--key-file", key_file, "--speed", 600, "--json", report,
    )  # fmt: skip
    assert ended.code == 0, ended.err
    told = json.loads(report.read_text())
    assert figures(told) == compute(file)
    assert told["accepted"] == told["opened"] == told["closed"] == 9
    assert (told["withdrawn"], told["rows_skipped"]) == (1, 3)
    assert told["refused"] == []
    assert told["stamps_disbelieved"] == {}
    for line in (6, 7, 16):
        assert f"line {line} skipped: " in ended.err
    assert await directory(running) == before
    await check_log(running, url, tmp_path)


async def check_log(running: Instance, url: str, folder: Path) -> None:
    """What `d115 verify` says of the instance, and of one that somebody tampered with."""
    key_file, export = folder / "auditor", folder / "export"
    park = read_document(DEMO_PARK)["park"]["code"]
    key_file.write_text(running.keys.of(Role.AUDITOR, park))
    whole = await d115("verify", url, "--key-file", key_file, "--out", export)
    assert whole.code == 0, whole.out + whole.err
    assert "checked: 9 incidents" in whole.out
    assert (await d115("verify", export)).code == 0
    incident, version = await tamper(running.dsn)
    found = folder / "found.json"
    broken = await d115("verify", url, "--key-file", key_file, "--json", found)
    assert broken.code == 4, broken.out + broken.err
    assert f"changed: incidents {incident} version {version}" in broken.out
    findings = json.loads(found.read_text())["findings"]
    assert {each["incident"] for each in findings if each["incident"]} == {incident}
    await remove(running.dsn, incident)
    gone = await d115("verify", url, "--key-file", key_file)
    assert gone.code == 4
    assert f"removed: incidents {incident}" in gone.out


async def directory(running: Instance) -> dict[str, Any]:
    """The directory in force, without its version."""
    async with open_session() as session:
        told = await running.client(session, running.admin_key).get("/v1/directory")
    found: dict[str, Any] = told["directory"]
    return found


async def tamper(dsn: str) -> tuple[str, int]:
    """Change how an arrival was learned, behind the product's back."""
    return await change(
        dsn,
        """
        update dispatcher.event
        set canonical = replace(canonical, '"via":"radio"', '"via":"phone"')
        where (incident, version) = (
            select incident, version from dispatcher.event
            where type = 'incident.team_arrived.v1' order by incident, version limit 1
        )
        returning incident, version
        """,
    )


async def remove(dsn: str, incident: str) -> None:
    """Take a whole history away, but not its head."""
    statement = "delete from dispatcher.event where incident = $1 returning incident, version"
    await change(dsn, statement, UUID(incident))


async def change(dsn: str, statement: str, *arguments: object) -> tuple[str, int]:
    connection = await asyncpg.connect(dsn)
    try:
        changed = await connection.fetchrow(statement, *arguments)
    finally:
        await connection.close()
    return str(changed["incident"]), changed["version"]
