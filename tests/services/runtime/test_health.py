"""Health says by name what is wrong, in bounded time, and metrics are there to be scraped."""

import asyncio
from contextlib import suppress

import pytest
from prometheus_client import REGISTRY
from typing_extensions import override

from services.runtime import health, metrics
from services.runtime.health import Health, examine
from tests.asgi import AsgiClient
from tests.fakes.clock import FakeClock


async def well() -> str | None:
    return None


async def unwell() -> str | None:
    return "lag of 12 s"


async def broken() -> str | None:
    raise ConnectionRefusedError("postgresql://u:hunter2@h")


async def silent() -> str | None:
    await asyncio.Event().wait()
    return None


@pytest.fixture(autouse=True)
def _short_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "CHECK_SECONDS", 0.01)


async def test_a_process_in_which_all_is_well_is_ready() -> None:
    state = Health()
    state.ready["postgres"] = well
    answer = await AsgiClient(state.app()).get("/readyz")

    assert answer.status == 200
    assert answer.json() == {"status": "ok", "checks": {"postgres": "ok"}, "notes": {}}


async def test_each_thing_that_is_wrong_is_named_with_why() -> None:
    found = await examine({"a": well, "b": unwell, "c": broken, "d": silent})

    assert found == {
        "a": "ok",
        "b": "lag of 12 s",
        "c": "ConnectionRefusedError: postgresql://u:***@h",
        "d": "no answer within 0.01 s",
    }


async def test_a_process_that_is_not_ready_is_still_alive() -> None:
    state = Health()
    state.ready["postgres"] = unwell
    client = AsgiClient(state.app())

    assert (await client.get("/readyz")).status == 503
    assert (await client.get("/healthz")).status == 200


async def test_a_process_that_is_not_alive_is_not_ready_either() -> None:
    state = Health()
    state.alive["consumer"] = unwell
    client = AsgiClient(state.app())

    assert (await client.get("/healthz")).status == 503
    assert (await client.get("/readyz")).json()["checks"] == {"consumer": "lag of 12 s"}


async def test_metrics_come_in_the_form_the_scraper_asks_for() -> None:
    client = AsgiClient(Health().app())
    plain = await client.get("/metrics")
    newer = await client.get("/metrics", {"accept": "application/openmetrics-text;version=1.0.0"})

    assert plain.headers["content-type"].startswith("text/plain")
    assert b"d115_loop_lag_seconds" in plain.body
    assert newer.headers["content-type"].startswith("application/openmetrics-text")
    assert newer.body.endswith(b"# EOF\n")


class LateClock(FakeClock):
    """A clock on which every sleep ends late."""

    @override
    async def sleep(self, seconds: float) -> None:
        self.advance(seconds + 0.5)
        await super().sleep(seconds)


async def test_a_loop_that_wakes_its_tasks_late_is_seen() -> None:
    task = asyncio.create_task(metrics.watch_loop(LateClock()))
    for _ in range(5):
        await asyncio.sleep(0)  # noqa: TID251  # gives way to the task
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task

    assert REGISTRY.get_sample_value("d115_loop_lag_seconds") == pytest.approx(0.5)


async def test_a_note_is_shown_and_fails_nothing() -> None:
    state = Health()
    state.ready["postgres"] = well
    state.notes["notifier"] = unwell

    answer = await AsgiClient(state.app()).get("/readyz")

    assert answer.status == 200
    assert answer.json()["notes"] == {"notifier": "lag of 12 s"}
