"""The dispatcher as it runs: alerts come in by Kafka, acts by HTTP, and consoles see it at once."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

import asyncpg
import pytest

from incident import chain
from incident.messages import AlertReceived
from services.cli.sse import Frame
from tests.conftest import Databases
from tests.integration.dispatcher.life.running import CLOCK, Running, run_dispatcher, until
from tests.integration.dispatcher.life.site import prepare
from tests.services.dispatcher.park import EAST, WEST, alert, incident_id

STREAM = f"/v1/centers/{WEST}/stream"
Measured = Callable[[str], None]


@pytest.fixture(scope="module")
async def started(
    kafka: str, databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Running]:
    """One dispatcher for all tests of this module, each with incidents of its own."""
    dsn = await databases.create(await databases.template("dispatcher life", prepare))
    log: Path = tmp_path_factory.mktemp("dispatcher") / "log"
    async with run_dispatcher(kafka, dsn, log) as made:
        yield made
    await databases.drop(dsn)


@pytest.fixture
async def running(started: Running) -> Running:
    """The dispatcher, running, whatever became of it in the test before."""
    if not started.is_running:
        await started.start()
    return started


def alerts(*numbers: int, center: str = WEST) -> list[AlertReceived]:
    """Alerts of this moment."""
    now = CLOCK.now()
    return [
        AlertReceived(alert=replace(alert(number, center=center), received_at=now, reported_at=now))
        for number in numbers
    ]


async def test_an_alert_is_on_the_console_within_a_second(
    running: Running, measured: Measured
) -> None:
    await running.say(*alerts(100))
    await running.opened(100)  # it has joined its group by now
    async with running.watching(STREAM) as frames:
        await _until_type(frames, "heartbeat")
        spans = []
        for number in range(101, 106):
            began = CLOCK.monotonic()
            await running.say(*alerts(number))
            frame = await _until_type(frames, "incident.opened.v1")
            spans.append(CLOCK.monotonic() - began)
            assert frame.data["incident"]["id"] == str(incident_id(number))
            assert "profile" not in frame.data["incident"]
        began = CLOCK.monotonic()
        assert await running.act(105, "acknowledge") == 200
        await _until_type(frames, "incident.acknowledged.v1")
        spans.append(CLOCK.monotonic() - began)
    measured(f"alert to frame {max(spans[:-1]):.3f} s at most, act to frame {spans[-1]:.3f} s")
    assert sorted(spans)[len(spans) // 2] < 1


async def test_a_life_is_lived_and_every_step_is_told_in_order(running: Running) -> None:
    await running.say(*alerts(111))
    await running.opened(111)
    board = await running.get(f"/v1/centers/{WEST}/board")
    async with running.watching(STREAM, after=board["sequence"]) as frames:
        for holder, verb, body in (
            ("operator", "acknowledge", {}),
            ("operator", "assign", {"teams": ["west-a"]}),
            ("west-a", "accept", {}),
            ("west-a", "depart", {}),
            ("west-a", "arrive", {"proof": "tap"}),
            ("west-a", "resolve", {"disposition": "mediated_on_site", "text": "双方已和解"}),
            ("operator", "close", {"disposition": "mediated_on_site"}),
        ):
            assert await running.act(111, verb, body, holder) == 200
        told, _ = await _until_events(frames, 9, after=board["sequence"])
    assert [frame.data["event"]["version"] for frame in told] == list(range(2, 11))
    found = await running.get(f"/v1/incidents/{incident_id(111)}")
    assert (found["state"], found["disposition"]) == ("closed", "mediated_on_site")
    events = (await running.get(f"/v1/incidents/{incident_id(111)}/events"))["events"]
    hashes = [chain.GENESIS, *(entry["hash"] for entry in events)]
    for previous, entry in zip(hashes, events, strict=False):
        assert entry["hash"] == chain.link(previous, entry["text"])


async def test_what_was_done_is_said_in_the_order_of_its_versions(running: Running) -> None:
    """Sixty alerts and two acts on each, all at once; then nothing waits any more."""
    numbers = range(201, 261)
    await running.say(*alerts(*numbers[::2]), *alerts(*numbers[1::2], center=EAST))
    for number in numbers:
        await running.opened(number)
    done = await asyncio.gather(
        *(
            running.act(number, verb, {}, "operator" if number % 2 else "east-operator")
            for number in numbers
            for verb in ("acknowledge", "request-help")
        )
    )
    assert set(done) == {200}
    await until(lambda: _is_empty(running))
    for told in (await running.said(numbers, 60 * 4)).values():
        assert [message.incident.version for message in told] == [1, 2, 3, 4]
        head = chain.GENESIS
        for message in told:
            assert message.previous == head
            head = chain.link(head, message.event)
            assert message.hash == head


async def test_a_console_resumes_after_a_restart_with_no_gap(
    running: Running, measured: Measured
) -> None:
    async with running.watching(STREAM) as frames:
        await _until_type(frames, "heartbeat")
        await running.say(*alerts(301))
        last = (await _until_type(frames, "incident.opened.v1")).sequence
    assert last is not None
    await running.kill()
    await running.say(*alerts(302, 303))
    began = CLOCK.monotonic()
    await running.start()
    async with running.watching(STREAM, after=last) as frames:
        told, latest = await _until_events(frames, 2, after=last)
        measured(f"restart to the frames of what came meanwhile {CLOCK.monotonic() - began:.2f} s")
        assert await running.act(302, "receipt") == 200
        await _until_events(frames, 1, after=latest)
    opened = {frame.data["incident"]["id"] for frame in told[:2]}
    assert opened == {str(incident_id(302)), str(incident_id(303))}


async def test_health_and_figures_are_told_without_a_key(running: Running) -> None:
    await running.say(*alerts(501))
    await running.opened(501)
    async with running.http.get(f"{running.ops}/readyz") as answer:
        ready = await answer.json()
        assert answer.status == 200, ready
    assert {"dispatcher postgres", "dispatcher history"} <= ready["checks"].keys()
    assert ready["notes"]["dispatcher kafka"] == "ok"
    assert set(ready["checks"].values()) == {"ok"}
    assert "nobody watches the clocks" in ready["notes"]["dispatcher notifier"]
    async with running.http.get(f"{running.ops}/healthz") as answer:
        assert answer.status == 200
    async with running.http.get(f"{running.ops}/metrics") as answer:
        figures = await answer.text()
    for name in (
        "d115_incidents_opened_total",
        "d115_outbox_rows",
        "d115_outbox_oldest_seconds",
        "d115_stream_readers",
        "d115_http_request_seconds_bucket",
        "d115_notifier_silent_seconds",
        "d115_directory_version",
        "d115_postgres_idle_connections",
    ):
        assert f"\n{name}" in figures, name


async def test_nothing_personal_reaches_the_log(running: Running) -> None:
    await running.say(*alerts(401))
    await running.opened(401)
    assert await running.act(401, "note", {"text": "王某 13800000000"}) == 200
    assert await running.act(401, "note", {"text": 13800000000}) == 422
    whole = running.log.read_text()
    assert "13800000000" not in whole
    assert "王某" not in whole
    assert "d115_operator_" not in whole


async def test_it_stops_in_time_with_streams_open_and_tells_them(
    running: Running, measured: Measured
) -> None:
    async with AsyncExitStack() as streams:
        watched = [await streams.enter_async_context(running.watching(STREAM)) for _ in range(20)]
        for frames in watched:
            await _until_type(frames, "heartbeat")
        code, seconds = await running.stop()
        rest = [[frame.type async for frame in frames] for frames in watched]
    measured(f"stop with 20 open streams {seconds:.2f} s")
    assert code == 0
    assert seconds < 5
    assert all(set(types) <= {"heartbeat", "center.desk.v1"} for types in rest)
    ours = [line for line in running.lines() if "aiokafka" not in line.get("logger", "")]
    assert not [line for line in ours if line["level"] == "error"]


async def _until_type(frames: AsyncIterator[Frame], type_: str) -> Frame:
    async with asyncio.timeout(10):
        async for frame in frames:
            if frame.type == type_:
                return frame
    raise AssertionError(f"the stream ended before {type_}")


async def _until_events(
    frames: AsyncIterator[Frame], count: int, *, after: int
) -> tuple[list[Frame], int]:
    """Read so many frames of incidents, and the last number; how desks stand may come between."""
    told = list[Frame]()
    async with asyncio.timeout(10):
        async for frame in frames:
            if frame.sequence is None:
                continue
            assert frame.sequence == after + 1
            after = frame.sequence
            told += [frame] if frame.type.startswith("incident.") else []
            if len(told) == count:
                return told, after
    raise AssertionError("the stream ended")


async def _fetch(running: Running, query: str) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(running.dsn)
    try:
        return list(await connection.fetch(query))
    finally:
        await connection.close()


async def _is_empty(running: Running) -> bool:
    rows = await _fetch(running, "select count(*) as n from dispatcher.outbox")
    return bool(rows[0]["n"] == 0)
