"""Postgres is restored from a backup that is older than what Kafka was told.

The positions lie in Postgres, so the consumers go back with it and apply again what came since.
What the dispatcher published since is in Kafka and no longer in its database: it takes that back
before it does anything else.
"""

import asyncio
import re
import shutil
import subprocess
from functools import partial
from pathlib import Path

import aiohttp
import asyncpg

from loadtests.chaos.checker.findings import Finding, Wrong
from loadtests.chaos.faults.fault import Fault, Since
from loadtests.chaos.scenarios.scenario import Scenario
from loadtests.chaos.world import World
from services.runtime.clock import SystemClock

MEANWHILE_SECONDS = 10.0
_EMPTY_SECONDS, _POLL_SECONDS = 10.0, 0.1
_CLOCK = SystemClock()
NAME = "restored from an older backup"


def is_told_anew(finding: Finding) -> bool:
    """Excuse what consoles and phones saw: they are sent to read the board anew, as they must."""
    if finding.wrong is Wrong.TEAM_TWICE:
        return "heard of" in finding.detail  # on a phone; on two incidents at once stays wrong
    return finding.wrong in {Wrong.STREAM_GAP, Wrong.STREAM_WRONG}


def _folders(world: World) -> tuple[Path, Path]:
    home = world.data / "postgres"
    return (home / "data").resolve(), home / "backup"


async def back_up(world: World) -> None:
    """Copy the files of a stopped Postgres, and start it again."""
    data, backup = _folders(world)
    postgres = world.stack.postgres
    await asyncio.to_thread(postgres.stop)
    await asyncio.to_thread(_copy, data, backup)
    await asyncio.to_thread(postgres.restart)


async def restore(world: World, *, by_the_book: bool) -> None:
    """Put the backup in the place of the data.

    Args:
        world: Where.
        by_the_book: The services are stopped before, with nothing left to publish; else they run
            on and find another past under their hands.
    """
    data, backup = _folders(world)
    postgres = world.stack.postgres
    if by_the_book:
        await _stop_services(world)
    await asyncio.to_thread(postgres.stop)
    await asyncio.to_thread(shutil.rmtree, data)
    await asyncio.to_thread(_copy, backup, data)
    await asyncio.to_thread(postgres.restart)


async def _stop_services(world: World) -> None:
    """Stop everything; the dispatcher last runs where nobody reaches it, to publish the rest."""
    for name in ("intake", "dispatcher"):
        await asyncio.gather(*(each.stop() for each in world.replicas_of(name)))
    dispatcher = world.replicas_of("dispatcher")[0]
    await dispatcher.start({"DISPATCHER_PORT": "0"})
    await _await_published(world)
    for name in ("dispatcher", "notifier"):
        await asyncio.gather(*(each.stop() for each in world.replicas_of(name)))


async def suffer(world: World, *, by_the_book: bool) -> None:
    """Back up, work on for a while, and go back to the backup."""
    await back_up(world)
    await world.fleet.recover()
    await _CLOCK.sleep(MEANWHILE_SECONDS)
    await restore(world, by_the_book=by_the_book)


async def start_services(world: World) -> None:
    """Start what was stopped; complains where the dispatcher took nothing back."""
    await world.revive()
    reclaimed = await _reclaimed(world)
    world.tell("events taken back", events=reclaimed)
    if not reclaimed:
        world.complain(f"{NAME}: nothing was taken back")


async def _reclaimed(world: World) -> int:
    """Read how many events the dispatcher stored again."""
    deadline = _CLOCK.monotonic() + _EMPTY_SECONDS
    while True:
        found = await _counted(world.replicas_of("dispatcher")[0].ops_url)
        if found or _CLOCK.monotonic() > deadline:
            return found
        await _CLOCK.sleep(_POLL_SECONDS)


async def _counted(ops_url: str) -> int:
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=2)) as session,
            session.get(f"{ops_url}/metrics") as answer,
        ):
            told = re.search(
                r"^d115_store_reclaimed_total (\S+)", await answer.text(), re.MULTILINE
            )
    except (aiohttp.ClientError, TimeoutError):
        return 0
    return int(float(told[1])) if told else 0


async def _await_published(world: World) -> None:
    """Return when the dispatcher has published what it wrote so far."""
    connection = await asyncpg.connect(world.dsn)
    try:
        deadline = _CLOCK.monotonic() + _EMPTY_SECONDS
        while await connection.fetchval("select exists (select from dispatcher.outbox)"):
            if _CLOCK.monotonic() > deadline:
                world.complain(f"{NAME}: the outbox would not get empty")
                return
            await _CLOCK.sleep(_POLL_SECONDS)
    finally:
        await connection.close()


def _copy(source: Path, target: Path) -> None:
    """Copy a folder with owners and times."""
    subprocess.run(["cp", "-a", str(source), str(target)], check=True, timeout=120)  # noqa: S603, S607  # our own folders, no shell


SCENARIOS = tuple(
    Scenario(
        name=name,
        excused=is_told_anew,
        fault=Fault(
            name=name,
            inject=partial(suffer, by_the_book=by_the_book),
            heal=start_services,
            since=Since.HEALING,
            goal=20.0,
            ready_goal=20.0,
            crowded=False,
        ),
    )
    for name, by_the_book in ((NAME, True), (f"{NAME}, under the services' hands", False))
)
