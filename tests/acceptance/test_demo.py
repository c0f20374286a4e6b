"""The demo, as anybody runs it: it plays to its end, tells the truth, and leaves nothing behind."""

import asyncio
import json
import os
import secrets
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from services.cli.stack.stack import Stack

pytestmark = pytest.mark.timeout(180)

MARK = "D115_TEST_MARK"
FIRST_ENDED_SECONDS = 15


@asynccontextmanager
async def demo(
    scratch: Path, *options: str, environment: Mapping[str, str] | None = None
) -> AsyncIterator[tuple[Process, str]]:
    """Run the demo in a process of its own; gives it and a mark that all it starts bears."""
    mark = secrets.token_hex(8)
    bare = {name: value for name, value in os.environ.items() if not name.startswith("D115_")}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "services.cli", "demo", "--data", str(scratch / "data"), *options),
        stdout=PIPE,
        stderr=PIPE,
        env={**bare, **(environment or {}), MARK: mark},
        start_new_session=True,
    )
    try:
        yield process, mark
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def left_behind(mark: str) -> list[str]:
    """Name the processes that bear a mark."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if (
                entry.name.isdigit()
                and f"{MARK}={mark}".encode() in (entry / "environ").read_bytes()
            ):
                found.append((entry / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        except OSError:
            continue  # it ended meanwhile, or is not ours
    return found


async def test_the_demo_plays_to_its_end_and_leaves_nothing_behind(scratch: Path) -> None:
    report = scratch / "report.json"
    options = ("--minutes", "5", "--speed", "60", "--lang", "en", "--json", str(report))
    async with demo(scratch, *options) as (process, mark):
        said, errors = await process.communicate()

    told = json.loads(report.read_text())
    text = said.decode()
    assert process.returncode == 0, errors.decode()
    assert left_behind(mark) == []
    assert (told["sent"], told["ended"], told["open"]) == (6, 6, 0)
    assert told["conservation_difference"] == 0
    assert told["surprises"] == []
    assert told["first_ended_seconds"] < FIRST_ENDED_SECONDS
    assert told["legs"]["push"]["n"] == 6
    assert told["legs"]["on_scene"]["by"]["person"]["n"] == told["legs"]["on_scene"]["n"] == 5
    assert "auto-assigned" in text
    assert "conservation difference: 0" in text
    assert "\x1b" not in text


async def test_ctrl_c_gives_the_figures_and_leaves_nothing_behind(
    scratch: Path, stack: Stack
) -> None:
    servers = {"D115_KAFKA": stack.kafka.address, "D115_POSTGRES": stack.postgres.dsn}
    async with demo(scratch, environment=servers) as (process, mark):
        assert process.stdout is not None
        async for line in process.stdout:
            if "已办结" in line.decode():
                break
        process.send_signal(signal.SIGINT)
        said, errors = await process.communicate()

    assert process.returncode == 0, errors.decode()
    assert left_behind(mark) == []
    assert "守恒差: 0" in said.decode()
