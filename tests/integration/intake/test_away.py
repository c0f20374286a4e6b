"""Kafka frozen, killed or not there yet; Postgres not there; a stop in the middle."""

import asyncio

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


async def test_while_kafka_hangs_the_answer_is_503_in_time(
    broker: Process, intake_dsn: str
) -> None:
    site = await make_site(broker, intake_dsn)
    async with running(site) as intake:
        await intake.ready()
        id_ = (await intake.post(now_alert(1)))[1]["id"]
        broker.pause()
        began = CLOCK.monotonic()
        answers = await asyncio.gather(*(intake.post(now_alert(n)) for n in (1, 2, 3)))
        waited = CLOCK.monotonic() - began
        for status, problem, headers in answers:
            assert (status, problem["type"]) == (503, "/problems/not-safe")
            assert int(headers["Retry-After"]) >= 1
        assert 2.0 < waited < 3.5
        broker.resume()
        async with asyncio.timeout(20):
            while (again := await intake.post(now_alert(1)))[0] != 202:
                await CLOCK.sleep(0.2)
        assert again[1]["id"] == id_
        assert id_ in {record.key for record in await site.records()}


async def test_a_batch_while_kafka_hangs_is_503_in_time(broker: Process, intake_dsn: str) -> None:
    site = await make_site(broker, intake_dsn)
    async with running(site) as intake:
        await intake.ready()
        broker.pause()
        began = CLOCK.monotonic()
        alerts = [now_alert(n) for n in range(1, 301)]
        sent_at = CLOCK.real().isoformat()
        status, problem, _ = await intake.post(
            {"sent_at": sent_at, "alerts": alerts}, path="/v1/alerts/batch"
        )
        assert (status, problem["type"]) == (503, "/problems/not-safe")
        assert CLOCK.monotonic() - began < 3.5


async def test_a_start_without_kafka_knows_its_senders_from_the_saved_copy(
    broker: Process, intake_dsn: str
) -> None:
    site = await make_site(broker, intake_dsn)
    async with running(site) as intake:
        await intake.ready()
        await wait_saved(intake_dsn, 1)
    broker.kill()
    async with running(site) as intake:
        status, checks = await intake.readiness()
        assert status == 503
        assert checks["intake directory"] == "ok"
        assert checks["intake kafka"] == "Kafka is away"
        assert (await intake.post(now_alert(), headers={"authorization": "Bearer x"}))[0] == 401
        assert (await intake.post(now_alert(severity="purple")))[0] == 422
        began = CLOCK.monotonic()
        assert (await intake.post(now_alert()))[0] == 503
        assert CLOCK.monotonic() - began < 3.5
        broker.restart()
        await intake.ready()
        assert (await intake.post(now_alert()))[0] == 202
    assert len(await site.records()) == 1


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
        assert {(await each)[0] for each in open_ones} == {503}


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


async def wait_saved(dsn: str, version: int) -> None:
    """Wait until the copy in Postgres is at a version."""
    connection = await asyncpg.connect(dsn)
    try:
        async with asyncio.timeout(10):
            while await connection.fetchval("select version from intake.directory") != version:
                await CLOCK.sleep(0.05)
    finally:
        await connection.close()
