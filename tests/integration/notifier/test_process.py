"""The notifier as a process: what it needs, how it stops, and that being killed loses nothing."""

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import aiohttp
import pytest

from incident.alert import Alert
from incident.lifecycle import Incident
from services.runtime.clock import SystemClock
from services.runtime.web import bind, port_of
from tests.builders import OBSERVE, an_alert, an_incident
from tests.integration.notifier.site import Site, until
from tests.services.notifier.watching import version

CLOCK = SystemClock()
KILLED = -signal.SIGKILL


def free_port() -> int:
    with bind("127.0.0.1", 0) as listener:
        return port_of(listener)


def environment(site: Site, **more: str) -> dict[str, str]:
    rest = {name: value for name, value in os.environ.items() if not name.startswith("D115_")}
    return {
        **rest,
        "D115_KAFKA": site.kafka,
        "D115_POSTGRES": site.dsn,
        "D115_TOPIC_PREFIX": site.prefix,
        "NOTIFIER_PORT": str(free_port()),
        "NOTIFIER_OPS_PORT": str(free_port()),
        **more,
    }


@asynccontextmanager
async def process(given: dict[str, str]) -> AsyncIterator[Process]:
    """Run a notifier; kill it at the end if it still runs."""
    started = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "services.notifier", env=given, stdout=PIPE, stderr=PIPE
    )
    reading = asyncio.create_task(_drain(started))
    try:
        yield started
    finally:
        if started.returncode is None:
            started.kill()
        await started.wait()
        await reading


async def _drain(started: Process) -> None:
    assert started.stdout is not None
    while await started.stdout.readline():
        pass


async def ask(given: dict[str, str], path: str) -> tuple[int, str]:
    """Ask the ops port; status 0 while nobody answers."""
    url = f"http://127.0.0.1:{given['NOTIFIER_OPS_PORT']}{path}"
    try:
        async with aiohttp.ClientSession() as session, session.get(url) as answer:
            return answer.status, await answer.text()
    except aiohttp.ClientError:
        return 0, ""


async def is_ready(given: dict[str, str]) -> bool:
    return (await ask(given, "/readyz"))[0] == 200


async def test_it_says_what_it_lacks_and_stops_in_time(site: Site) -> None:
    given = environment(site)
    async with process(given) as notifier:
        await until(lambda: is_ready(given))
        told = json.loads((await ask(given, "/readyz"))[1])
        assert told["status"] == "ok"
        assert told["notes"]["notifier dispatcher"] == "dispatcher was not heard yet"
        metrics = (await ask(given, "/metrics"))[1]
        for name in ("d115_timer_lag_seconds", "d115_leg_duration_seconds", "d115_outbox_rows"):
            assert name in metrics
        began = CLOCK.monotonic()
        notifier.terminate()
        assert await notifier.wait() == 0
        assert CLOCK.monotonic() - began < 5


async def test_every_fault_of_its_settings_is_named_at_once(site: Site) -> None:
    given = environment(site, NOTIFIER_TIME_ZONE="Mars/Olympus", NOTIFIER_COLOUR="red")
    del given["D115_KAFKA"]
    ended = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "services.notifier", env=given, stderr=PIPE
    )
    _, said = await ended.communicate()
    assert ended.returncode == 2
    for fault in ("D115_KAFKA is not set", "NOTIFIER_TIME_ZONE", "NOTIFIER_COLOUR"):
        assert fault in said.decode()


@pytest.mark.parametrize(
    "failpoint", ["before-commit:3", "after-commit:3", "between-publish-and-delete:2"]
)
async def test_being_killed_loses_and_doubles_nothing(site: Site, failpoint: str) -> None:
    lives = [_life(number) for number in range(1, 151)]
    armed = environment(site, D115_FAILPOINT=failpoint, D115_FAILPOINTS_ALLOWED="1")
    for step in range(3):
        await site.say(*(life[step] for life in lives))
    async with process(armed) as first:
        async with asyncio.timeout(40):
            assert await first.wait() == KILLED
    async with process(environment(site)):
        await until(lambda: _facts_are(site, 3 * 150), within=40)
        await until(lambda: _outbox_is_empty(site))
    rows = await site.fetch(
        "select fact, count(*) as n, count(distinct incident_id) as ids"
        " from notifier.timing_event group by fact"
    )
    assert {row["fact"]: (row["n"], row["ids"]) for row in rows} == {
        f"met/1/{leg}": (150, 150) for leg in ("push", "acknowledge", "total")
    }


def _life(number: int) -> Sequence[Alert | Incident]:
    alert = an_alert(number=number, reported=None)
    stamps = {"pushed": 20.0, "acknowledged": 30.0}
    pushed = an_incident({"pushed": 20.0}, alert=alert, profile=OBSERVE)
    ended = an_incident(stamps, alert=alert, profile=OBSERVE, ended=50)
    return alert, version(pushed, 2, told=20), version(ended, 4, told=50)


async def _facts_are(site: Site, count: int) -> bool:
    return len(await site.facts()) == count


async def _outbox_is_empty(site: Site) -> bool:
    (row,) = await site.fetch("select count(*) as n from notifier.outbox")
    return bool(row["n"] == 0)
