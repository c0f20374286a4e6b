"""Kafka frozen, killed or not there yet; Postgres not there; a stop in the middle."""

import asyncio
import itertools

import aiohttp
import asyncpg

from services.cli.stack.process import Process
from tests.integration.intake.site import CLOCK, NOWHERE, Intake, Site, running, spawn
from tests.integration.intake.test_promise import now_alert
from tests.services.intake.park import document


async def make_site(broker: Process, dsn: str) -> Site:
    site = Site(kafka=broker.address, dsn=dsn)
    await site.make_topics()
    await site.publish(1)
    return site


async def test_a_start_without_kafka_knows_its_senders_from_the_saved_copy_and_spools_at_once(
    broker: Process, intake_dsn: str
) -> None:
    site = await make_site(broker, intake_dsn)
    async with running(site) as intake:
        await intake.ready()
        await wait_saved(intake_dsn, 1)
    broker.kill()
    async with running(site) as intake:
        status, checks = await intake.readiness()
        assert (status, checks["intake directory"], checks["intake stores"]) == (200, "ok", "ok")
        assert (await intake.notes())["intake kafka"] == "Kafka is away: alerts are spooled"
        assert (await intake.post(now_alert(), headers={"authorization": "Bearer x"}))[0] == 401
        assert (await intake.post(now_alert(severity="purple")))[0] == 422
        began = CLOCK.monotonic()
        status, told, _ = await intake.post(now_alert())
        assert (status, told["status"]) == (202, "spooled")
        assert CLOCK.monotonic() - began < 1
        broker.restart()
        assert await wait_accepted(intake) > 0
    ids = [record.headers["ce_id"] for record in await site.records()]
    assert len(ids) >= 2


async def test_without_any_directory_it_is_not_ready_and_takes_nothing(
    broker: Process, intake_dsn: str
) -> None:
    site = Site(kafka=broker.address, dsn=intake_dsn)
    await site.make_topics()
    async with running(site) as intake:
        status, checks = await intake.readiness()
        assert (status, checks["intake directory"]) == (503, "no directory has come yet")
        status, problem, headers = await intake.post(now_alert())
        assert (status, problem["type"]) == (503, "/problems/no-directory")
        assert "Retry-After" in headers
        await site.publish(1)
        await intake.ready()
        assert (await intake.post(now_alert()))[0] == 202


async def test_without_postgres_the_directory_comes_from_kafka(kafka: str, site: Site) -> None:
    alone = Site(kafka=kafka, dsn=NOWHERE, prefix=site.prefix)
    async with running(alone) as intake:
        await intake.ready()
        assert (await intake.post(now_alert()))[0] == 202


async def test_a_newer_directory_holds_at_once_and_an_older_one_never(
    intake: Intake, site: Site
) -> None:
    fewer = document()
    fewer["keys"] = [key for key in fewer["keys"] if key["id"] != "station"]
    assert (await intake.post(now_alert()))[0] == 202
    await site.publish(3, **fewer)
    async with asyncio.timeout(10):
        while (await intake.post(now_alert()))[0] != 401:
            await CLOCK.sleep(0.05)
    await site.publish(2)
    await site.publish(4, centers="none")
    await wait_saved(site.dsn, 3)
    assert (await intake.post(now_alert()))[0] == 401
    await site.publish(5)
    await wait_saved(site.dsn, 5)
    assert (await intake.post(now_alert()))[0] == 202


async def test_a_stop_answers_what_is_open_and_is_over_in_five_seconds(
    broker: Process, intake_dsn: str
) -> None:
    site = await make_site(broker, intake_dsn)
    async with running(site) as intake:
        await intake.ready()
        assert (await intake.post(now_alert()))[0] == 202
        broker.pause()
        open_ones = [asyncio.ensure_future(intake.post(now_alert(n))) for n in range(1, 6)]
        await CLOCK.sleep(0.2)  # until they are inside
        began = CLOCK.monotonic()
        code = await intake.stop()
        assert CLOCK.monotonic() - began < 5.5
        assert code == 0
        answers = [await each for each in open_ones]
        assert {(status, told["status"]) for status, told, _ in answers} == {(202, "spooled")}


async def test_a_stop_lets_what_kafka_takes_be_answered_with_202(
    intake: Intake, site: Site
) -> None:
    open_ones = [asyncio.ensure_future(intake.post(now_alert(n))) for n in range(1, 101)]
    await open_ones[0]
    code = await intake.stop()
    assert code == 0
    accepted = set()
    for each in open_ones:
        try:
            status, told, _ = await each
        except (OSError, aiohttp.ClientError):  # it had not been let in any more
            continue
        assert status in {202, 503}
        accepted |= {told["id"]} if status == 202 else set()
    assert {record.key for record in await site.records()} >= accepted


async def test_another_clock_than_the_databases_is_refused(site: Site) -> None:
    clock = "2026-01-01T00:00:00+00:00;2026-01-01T00:00:00+00:00;60"
    process = await spawn(site, D115_CLOCK=clock)
    said, _ = await process.communicate()
    assert process.returncode == 1
    assert "ClockMismatchError" in said.decode()


async def wait_accepted(intake: Intake) -> int:
    """Post until Kafka takes it at once; gives how often that was."""
    async with asyncio.timeout(20):
        for count in itertools.count(1):
            if (await intake.post(now_alert(900_000 + count)))[1]["status"] == "accepted":
                return count
            await CLOCK.sleep(0.1)
    raise AssertionError


async def wait_saved(dsn: str, version: int) -> None:
    """Wait until the copy in Postgres is at a version."""
    connection = await asyncpg.connect(dsn)
    try:
        async with asyncio.timeout(10):
            while await connection.fetchval("select version from intake.directory") != version:
                await CLOCK.sleep(0.05)
    finally:
        await connection.close()
