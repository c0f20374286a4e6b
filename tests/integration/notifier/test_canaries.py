"""Canaries on the real way: real Kafka and Postgres, all three services, an operator's eye."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import asyncpg
import pytest

from services.cli.client import open_session
from services.cli.instance.instance import Blueprint, Instance
from services.cli.instance.opening import open_instance
from services.cli.park import DEMO_PARK, read_document
from services.cli.stack.stack import Stack
from services.notifier.adapters.canaries import PostgresCanaries
from services.notifier.adapters.canary_intake import IntakeNest
from services.notifier.adapters.postgres import SETTINGS
from services.notifier.handlers.canaries import plan
from services.notifier.handlers.canary_rounds import Aviary
from services.notifier.ports.canaries import CanaryState, Turn
from services.runtime.auth import Role
from services.runtime.clock import SystemClock
from services.runtime.postgres import Database
from tests.fakes.notifier_store import FakeAtlas
from tests.incident.directories import park_lookup

CLOCK = SystemClock()
CENTER = "heling-center"
WITHIN_SECONDS = 30.0

pytestmark = pytest.mark.timeout(180)


async def test_a_canary_goes_the_whole_way_and_rings_nobody(stack: Stack, scratch: Path) -> None:
    async with opened(stack, scratch) as instance:
        await set_due(instance.dsn)
        row = await finished(instance.dsn)
        async with open_session() as session:
            client = instance.client_of(session, Role.OPERATOR, CENTER)
            seen = await client.get(f"/v1/incidents/{row['alert_id']}")
            events = await client.get(f"/v1/incidents/{row['alert_id']}/events")
            park = instance.client_of(session, Role.SUPERVISOR, "qinghe")
            conservation = await park.get("/v1/conservation")

    said = " ".join(entry["text"] for entry in events["events"])
    assert (row["state"], row["fault"]) == ("passed", None)
    assert row["open_seconds"] < 5
    assert seen["alert"]["status"] == "test"
    assert (seen["state"], seen["center"]) == ("cancelled", CENTER)
    assert seen["assignments"] == []
    assert seen["steps"] == []
    assert "step_taken" not in said
    assert conservation["difference"] == 0


async def test_a_canary_that_nobody_opens_fails_and_is_told(notifier_dsn: str) -> None:
    database = await Database.connect(
        notifier_dsn, role="d115_notifier", application="canaries", size=2, settings=SETTINGS
    )
    nest = IntakeNest("http://127.0.0.1:1", "d115_station-1_x", holder=lambda _: "station-1")
    aviary = Aviary(
        canaries=PostgresCanaries(database),
        nest=nest,
        atlas=FakeAtlas(park_lookup()),
        clock=CLOCK,
    )
    try:
        await aviary.round()
        await execute(notifier_dsn, LONG_TRIED)
        await aviary.round()
        await execute(notifier_dsn, LONG_ENDING)
        await aviary.round()
        last = await PostgresCanaries(database).last()
        note = await aviary.note()
    finally:
        await nest.close()
        await database.close()

    assert {entry.state for entry in last} == {CanaryState.FAILED}
    assert note is not None
    assert "not_accepted" in note


async def test_a_turn_is_one_notifier_s_and_comes_back(notifier_dsn: str) -> None:
    database = await Database.connect(
        notifier_dsn, role="d115_notifier", application="canaries", size=2, settings=SETTINGS
    )
    canaries = PostgresCanaries(database)
    now = CLOCK.now()
    try:
        added = await canaries.add(plan(["a", "b"], now=now, zone=ZoneInfo("Asia/Shanghai")))
        again = await canaries.add(plan(["a", "b"], now=now, zone=ZoneInfo("Asia/Shanghai")))
        late = now + timedelta(days=1)
        first = await take(canaries, late, real=now)
        other = await take(canaries, late, real=now)
        back = await take(canaries, late, real=now + timedelta(seconds=21))
    finally:
        await database.close()

    assert (added, again) == (2, 0)
    assert [turn.canary.center for turn in first] == sorted("ab", key=lambda c: order(first, c))
    assert other == []
    assert {turn.canary.center for turn in back} == {"a", "b"}


async def take(canaries: PostgresCanaries, now: datetime, *, real: datetime) -> list[Turn]:
    until = real + timedelta(seconds=20)
    return await canaries.take_turns(now=now, real=real, until=until, limit=5)


def order(turns: list[Turn], center: str) -> datetime:
    return next(turn.canary.planned_at for turn in turns if turn.canary.center == center)


LONG_TRIED = "update notifier.canary set planned_at = planned_at - interval '1 day', tried_at = $1"
LONG_ENDING = "update notifier.canary set ending_at = $1"
DUE = "update notifier.canary set planned_at = $1 where center = $2"


@asynccontextmanager
async def opened(stack: Stack, data: Path) -> AsyncIterator[Instance]:
    blueprint = Blueprint(
        name="canaries", data=data, park=read_document(DEMO_PARK), separate=False, keep=True
    )
    async with open_instance(stack, blueprint, progress=print) as instance:
        yield instance


async def set_due(dsn: str) -> None:
    """Wait until the day is planned, and have one center's canary be due."""
    while (await execute(dsn, DUE, CLOCK.now(), CENTER)) != "UPDATE 1":
        await CLOCK.sleep(0.1)


async def finished(dsn: str) -> asyncpg.Record:
    """Wait for the end of that canary."""
    deadline = CLOCK.monotonic() + WITHIN_SECONDS
    while True:
        connection = await asyncpg.connect(dsn)
        try:
            row = await connection.fetchrow(
                "select state, fault, alert_id, open_seconds, finished_at"
                " from notifier.canary where center = $1",
                CENTER,
            )
        finally:
            await connection.close()
        if row["finished_at"] is not None:
            return row
        assert CLOCK.monotonic() < deadline, dict(row)
        await CLOCK.sleep(0.1)


async def execute(dsn: str, statement: str, *values: object) -> str:
    """Change something past every role."""
    long_ago = CLOCK.real() - timedelta(minutes=5)
    connection = await asyncpg.connect(dsn)
    try:
        done: str = await connection.execute(statement, *(values or (long_ago,)))
    finally:
        await connection.close()
    return done
