"""While Kafka is away alerts are kept in Postgres and reach it later, in order, word for word."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

import aiohttp
import asyncpg
import pytest

from incident.messages import AlertReceived
from services.cli.stack.process import Process
from services.cli.stack.stack import Stack
from services.intake.payloads import examples
from services.runtime import codec
from services.runtime.migrations import migrate
from services.runtime.records import Received
from tests.integration.intake.site import CLOCK, MIGRATIONS, Intake, Site, running, spawn
from tests.integration.intake.test_away import make_site, wait_accepted, wait_saved
from tests.integration.intake.test_promise import now_alert

LIFE = ["alert.received.v1", "alert.updated.v1", "alert.cancelled.v1"]


@pytest.mark.parametrize("fault", ["hangs", "is killed"])
async def test_while_kafka_is_away_every_alert_is_spooled_and_reaches_the_topic_in_order(
    broker: Process, intake_dsn: str, fault: str, measured: Callable[[str], None]
) -> None:
    site = await make_site(broker, intake_dsn)
    async with running(site) as intake:
        await intake.ready()
        assert (await intake.post(now_alert(1)))[1]["status"] == "accepted"
        broker.pause() if fault == "hangs" else broker.kill()
        first = await timed(intake, 2)
        assert first < 2.5
        times = [await timed(intake, number) for number in range(3, 103)]
        assert sorted(times)[-2] < 0.25  # generous: the machine is shared
        changed = await post_life(intake, 200)
        await post_batch(intake, range(300, 450))
        assert (await intake.readiness())[0] == 200
        assert (await intake.notes())["intake kafka"] == "Kafka is away: alerts are spooled"
        await wait_figure(intake, "d115_intake_spool_rows", 101 + 3 + 150)
        assert await intake.figure("d115_intake_spool_oldest_seconds") > 0
        broker.resume() if fault == "hangs" else broker.restart()
        back = CLOCK.monotonic()
        await wait_figure(intake, "d115_intake_spool_rows", 0)
        measured(
            f"Kafka {fault}: first answer {first:.2f} s, then p50 {sorted(times)[50] * 1e3:.0f} ms,"
            f" p99 {sorted(times)[98] * 1e3:.0f} ms; empty {CLOCK.monotonic() - back:.1f} s after"
        )
        await wait_accepted(intake)
        assert (await intake.notes())["intake kafka"] == "ok"
    records = firsts(await site.records())
    assert len({record.key for record in records}) >= 1 + 101 + 1 + 150 + 1
    assert [each.headers["ce_type"] for each in records if each.key == changed] == LIFE
    assert {number_of(record) for record in records} >= {*range(1, 103), *range(300, 450)}
    assert ordered_within_partitions(records)


async def test_the_clocks_run_from_the_acceptance(broker: Process, intake_dsn: str) -> None:
    site = await make_site(broker, intake_dsn)
    async with running(site) as intake:
        await intake.ready()
        broker.pause()
        trace_id = "4bf92f3577b34da6a3ce929d0e0e4736"
        headers = {"traceparent": f"00-{trace_id}-00f067aa0ba902b7-01"}
        told = (await intake.post(now_alert(1), headers=headers))[1]
        await CLOCK.sleep(1.0)
        broker.resume()
        await wait_figure(intake, "d115_intake_spool_rows", 0)
    (record, *_) = await site.records()
    body = codec.decode(record.value, AlertReceived)
    assert told["status"] == "spooled"
    assert codec.to_builtins(body.alert.received_at) == told["received_at"]
    assert record.headers["ce_time"] == codec.to_builtins(body.alert.received_at)
    assert trace_id in record.headers["traceparent"]


async def test_killed_while_draining_nothing_is_lost_and_repeats_are_exact(
    broker: Process, intake_dsn: str
) -> None:
    site = await make_site(broker, intake_dsn)
    armed = {"D115_FAILPOINTS_ALLOWED": "1", "D115_FAILPOINT": "between-publish-and-delete"}
    async with running(site) as intake:
        await intake.ready()
        broker.pause()
        told = [(await intake.post(now_alert(number)))[1] for number in range(1, 41)]
        assert {each["status"] for each in told} == {"spooled"}
        intake.process.kill()
        await intake.process.wait()
    broker.resume()
    for _ in range(2):
        process = await spawn(site, **armed)
        await process.communicate()
        assert process.returncode == -9
        assert await rows_left(site) == 40
    async with running(site) as intake:
        await wait_figure(intake, "d115_intake_spool_rows", 0)
        assert await intake.figure("d115_intake_drained_total") > 0
    records = await site.records()
    assert {record.key for record in records} == {each["id"] for each in told}
    assert len(records) >= 3 * len(told)
    said = defaultdict(set)
    for record in records:
        said[record.headers["ce_id"]].add((record.key, record.value, str(record.headers)))
    assert {len(forms) for forms in said.values()} == {1}
    assert ordered_within_partitions(firsts(records))


@pytest.mark.parametrize(("failpoint", "kept"), [("before-commit", 0), ("after-commit", 1)])
async def test_killed_while_keeping_the_sender_gets_no_answer_and_a_retry_is_the_same_message(
    broker: Process, intake_dsn: str, failpoint: str, kept: int
) -> None:
    site = await make_site(broker, intake_dsn)
    armed = {"D115_FAILPOINTS_ALLOWED": "1", "D115_FAILPOINT": failpoint}
    async with running(site) as intake:
        await intake.ready()
        await wait_saved(intake_dsn, 1)
    broker.kill()
    async with running(site, **armed) as intake:
        with pytest.raises((OSError, aiohttp.ClientError)):
            await intake.post(now_alert(1))
        assert await intake.process.wait() == -9
    assert await rows_left(site) == kept
    async with running(site) as intake:
        assert (await intake.post(now_alert(1)))[0] == 202
        assert await rows_left(site) <= 1
        broker.restart()
        await wait_figure(intake, "d115_intake_spool_rows", 0)
    assert len({record.headers["ce_id"] for record in await site.records()}) == 1


async def test_of_two_replicas_one_drains_at_a_time_and_both_find_kafka_again(
    broker: Process, intake_dsn: str
) -> None:
    site = await make_site(broker, intake_dsn)
    async with running(site) as one, running(site) as two:
        await one.ready()
        await two.ready()
        broker.pause()
        answers = await asyncio.gather(
            *(each.post(now_alert(n)) for n in range(1, 101) for each in (one, two))
        )
        assert {(status, told["status"]) for status, told, _ in answers} == {(202, "spooled")}
        assert await rows_left(site) == 100  # both took each: what waits already waits once
        broker.resume()
        for each in (one, two):
            await wait_figure(each, "d115_intake_spool_rows", 0)
            await wait_accepted(each)
        drained = [await each.figure("d115_intake_drained_total") for each in (one, two)]
        assert sum(drained) >= 100
    records = await site.records()
    assert {told["id"] for _, told, _ in answers} <= {record.key for record in records}


async def test_what_is_new_waits_behind_what_is_spooled_of_the_same_alert(
    broker: Process, intake_dsn: str
) -> None:
    site = await make_site(broker, intake_dsn)
    async with running(site) as intake:
        await intake.ready()
        broker.pause()
        for number in range(1, 6):
            await intake.post(now_alert(number))
        for number in range(100, 160):
            await intake.post(now_alert(number))
        broker.resume()
        lives = list[str]()
        for number in range(1, 6):  # some while it drains, some after
            lives.append(await post_changes(intake, number))
        await wait_empty(site)  # the figure may still be of before anything was spooled
    records = firsts(await site.records())
    for life in lives:
        assert [each.headers["ce_type"] for each in records if each.key == life] == LIFE


async def test_a_full_spool_is_said_to_be_full(broker: Process, intake_dsn: str) -> None:
    site = await make_site(broker, intake_dsn)
    async with running(site, INTAKE_SPOOL_ROWS="5") as intake:
        await intake.ready()
        broker.pause()
        answers = [await intake.post(now_alert(number)) for number in range(1, 8)]
        assert [status for status, _, _ in answers] == [202] * 5 + [503] * 2
        _, problem, headers = answers[-1]
        assert problem["type"] == "/problems/spool-full"
        assert int(headers["Retry-After"]) >= 1
        await wait_figure(intake, "d115_intake_spool_rows", 5)
        assert (await intake.readiness())[1]["intake stores"] == (
            "Kafka is away and the spool is full"
        )
        broker.resume()
        await intake.ready()
        await wait_accepted(intake)
    assert {number_of(record) for record in await site.records()} >= set(range(1, 6))


async def test_when_neither_answers_it_is_503_within_a_bound_and_either_is_enough(
    own_stack: Stack, measured: Callable[[str], None]
) -> None:
    await migrate(own_stack.postgres.dsn, [MIGRATIONS])
    site = Site(kafka=own_stack.kafka.address, dsn=own_stack.postgres.dsn)
    await site.make_topics()
    await site.publish(1)
    async with running(site) as intake:
        await intake.ready()
        own_stack.postgres.pause()
        assert (await intake.post(now_alert(1)))[1]["status"] == "accepted"
        assert (await intake.readiness())[0] == 200
        own_stack.kafka.pause()
        began = CLOCK.monotonic()
        status, problem, headers = await intake.post(now_alert(2))
        first = CLOCK.monotonic() - began
        assert (status, problem["type"]) == (503, "/problems/not-safe")
        assert int(headers["Retry-After"]) >= 1
        assert first < 3.5
        began = CLOCK.monotonic()
        answers = await asyncio.gather(*(intake.post(now_alert(n)) for n in range(3, 43)))
        assert {each[0] for each in answers} == {503}
        assert CLOCK.monotonic() - began < 2.5  # one of them tries Kafka, the others know
        measured(f"neither answers: first {first:.2f} s, 40 more {CLOCK.monotonic() - began:.2f} s")
        assert (await intake.readiness())[1]["intake stores"] == (
            "neither Kafka nor Postgres answers"
        )
        own_stack.kafka.resume()
        await wait_status(intake, "accepted")
        own_stack.kafka.pause()
        own_stack.postgres.resume()
        await wait_status(intake, "spooled")
        own_stack.kafka.resume()
        await wait_figure(intake, "d115_intake_spool_rows", 0)
        await intake.ready()


async def timed(intake: Intake, number: int) -> float:
    """Seconds until an alert was answered as spooled."""
    began = CLOCK.monotonic()
    status, told, _ = await intake.post(now_alert(number))
    assert (status, told["status"]) == (202, "spooled")
    return CLOCK.monotonic() - began


async def post_life(intake: Intake, number: int) -> str:
    """An alert, its update and its cancellation, all spooled; gives its id."""
    told = (await intake.post(now_alert(number)))[1]
    assert told["status"] == "spooled"
    await post_changes(intake, number)
    return str(told["id"])


async def post_batch(intake: Intake, numbers: range) -> None:
    """A batch of alerts, all spooled."""
    alerts = [now_alert(number) for number in numbers]
    body = {"sent_at": CLOCK.real().isoformat(), "alerts": alerts}
    status, told, _ = await intake.post(body, path="/v1/alerts/batch")
    assert (status, told["accepted"]) == (207, len(numbers))
    assert {each["accepted"]["status"] for each in told["results"]} == {"spooled"}


async def post_changes(intake: Intake, number: int) -> str:
    """An update and a cancellation of an alert posted before; gives its id."""
    reference = {"reference": {"number": str(number), "order": "1"}}
    again = (await intake.post(now_alert(number)))[1]  # a retry tells the id
    for body, what in ((examples.UPDATE, "updates"), (examples.CANCELLATION, "cancellation")):
        path = f"/v1/alerts/{again['id']}/{what}"
        status, _, _ = await intake.post({**body, **reference}, path=path)
        assert status == 202
    return str(again["id"])


async def wait_figure(intake: Intake, name: str, value: float) -> None:
    async with asyncio.timeout(25):
        while await intake.figure(name) != value:
            await CLOCK.sleep(0.05)


async def wait_status(intake: Intake, wanted: str) -> None:
    """Post until the store that answers takes it; until it is known, some are answered 503."""
    async with asyncio.timeout(25):
        while (await intake.post(now_alert(1)))[1].get("status") != wanted:
            await CLOCK.sleep(0.1)


async def wait_empty(site: Site) -> None:
    async with asyncio.timeout(25):
        while await rows_left(site):
            await CLOCK.sleep(0.05)


async def rows_left(site: Site) -> int:
    connection = await asyncpg.connect(site.dsn)
    try:
        counted, kept = await connection.fetchrow(
            "select row_count, (select count(*) from intake.spool) from intake.spool_size"
        )
        assert counted == kept
        return int(kept)
    finally:
        await connection.close()


def firsts(records: Sequence[Received]) -> list[Received]:
    """Records without repeats, in their order."""
    seen: dict[str, Received] = {}
    for record in records:
        seen.setdefault(record.headers["ce_id"], record)
    return list(seen.values())


def number_of(record: Received) -> int:
    """The number an alert was posted under, 0 for what is no alert."""
    if record.headers["ce_type"] != "alert.received.v1":
        return 0
    said: dict[str, Any] = codec.decode(record.value, dict)
    return int(said["alert"]["reference"]["number"])


def ordered_within_partitions(records: Sequence[Received]) -> bool:
    """Whether each key's records stand in the order in which they were taken."""
    times = defaultdict[str, list[str]](list)
    for record in records:
        times[record.key].append(record.headers["ce_time"])
    return all(each == sorted(each) for each in times.values())
