"""What is watched: panels and rules against a live instance, and one trace over all services."""

import io
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import aiohttp
import asyncpg
import pytest
from rich.console import Console

from deploy.prometheus.running import MissingError, open_prometheus
from incident.directory import Lookup, read_directory
from services.cli.client import open_session
from services.cli.demo.cast import Cast
from services.cli.demo.performance import Performance
from services.cli.demo.script import write_script
from services.cli.demo.table import Style
from services.cli.instance.instance import Blueprint, Instance
from services.cli.instance.opening import open_instance
from services.cli.park import DEMO_PARK, read_document
from services.cli.stack.stack import Stack
from services.cli.stopping import Stop
from services.cli.texts import Language
from services.runtime.auth import Role
from services.runtime.clock import ScaledClock, SystemClock
from tests.acceptance.collecting import Collector, collecting
from tests.conftest import scratch_directory
from tests.monitoring.asked import expressions, metrics_of, rules, statements

pytestmark = [pytest.mark.timeout(180), pytest.mark.campaign]

SPEED = 60.0
LENGTH = timedelta(minutes=4)
LOOK_SECONDS, PATIENCE_SECONDS = 0.25, 20.0
TRACE = "5f" * 16
REAL = SystemClock()


@dataclass
class Shown:
    """An instance on which a demo was played and one alert is left alone, and what watches it."""

    instance: Instance
    collector: Collector
    prometheus: str | None
    session: aiohttp.ClientSession
    left_alone: UUID | None = None

    async def is_scraped(self) -> bool:
        """Whether every service's figures were read once, before anything is counted."""
        return len(await self.query("up == 1")) == len(self.instance.services)

    async def query(self, expr: str) -> list[dict[str, Any]]:
        """Ask Prometheus; gives the samples."""
        asked = f"{self.prometheus}/api/v1/query"
        async with self.session.post(asked, data={"query": expr}) as answer:
            told = await answer.json()
        assert told["status"] == "success", (expr, told)
        return list(told["data"]["result"])

    async def until(self, holds: Callable[[], Awaitable[bool]], what: str) -> None:
        """Wait until something holds."""
        deadline = REAL.monotonic() + PATIENCE_SECONDS
        while not await holds():
            assert REAL.monotonic() < deadline, what
            await REAL.sleep(LOOK_SECONDS)


@pytest.fixture(scope="module")
async def shown(stack: Stack) -> AsyncIterator[Shown]:
    async with AsyncExitStack() as exits:
        data = exits.enter_context(scratch_directory())
        collector = exits.enter_context(collecting())
        clock = ScaledClock(datetime(2026, 3, 2, 11, tzinfo=UTC), REAL.real(), SPEED)
        blueprint = Blueprint(
            name="monitoring",
            data=data,
            park=read_document(DEMO_PARK),
            clock=clock,
            environment={"D115_OTLP_ENDPOINT": collector.url},
        )
        opening = open_instance(stack, blueprint, progress=print)
        instance = await exits.enter_async_context(opening)
        targets = {
            f"d115-{name}": f"127.0.0.1:{service.ops_port}"
            for name, service in instance.services.items()
        }
        try:
            watching = open_prometheus(targets, every="1s", port=0)
            prometheus = await exits.enter_async_context(watching)
        except MissingError:
            if os.environ.get("CI"):
                raise
            prometheus = None
        session = await exits.enter_async_context(open_session())
        shown = Shown(instance, collector, prometheus, session)
        if prometheus is not None:
            await shown.until(shown.is_scraped, "Prometheus does not reach the services")
        await play(instance)
        shown.left_alone = await report(instance, session)
        yield shown


@pytest.fixture
def watched(shown: Shown) -> Shown:
    if shown.prometheus is None:
        pytest.skip("prometheus is missing: install Debian's package prometheus to run this")
    return shown


async def play(instance: Instance) -> None:
    """Play some minutes of the demo, to the end of every incident."""
    document = read_document(DEMO_PARK)
    park = Lookup(read_directory(document, version=1, now=REAL.real()))
    script = write_script(park, start=instance.clock.now(), length=LENGTH, seed=115)
    style = Style(language=Language.EN, zone=ZoneInfo("Asia/Shanghai"))
    console = Console(file=io.StringIO())
    performance = Performance(
        instance, Cast(script, park), length=LENGTH, style=style, console=console
    )
    outcome = await performance.play(Stop())
    assert outcome.sent


async def report(instance: Instance, session: aiohttp.ClientSession) -> UUID:
    """Report an alert nobody will hear of, in a trace of its reporter's."""
    key = instance.keys.of(Role.STATION, "qinghe-station")
    headers = {"Authorization": f"Bearer {key}", "traceparent": f"00-{TRACE}-{'1' * 16}-01"}
    alert = {
        "reference": {"number": "left-alone-1", "order": "1"},
        "kind": "police-alert",
        "category": "fight",
        "severity": "yellow",
        "text": "two people quarrel",
        "place": {"place": "heling-b1"},
        "reported_at": instance.clock.now().isoformat(),
    }
    url = f"{instance.origins.intake}/v1/alerts"
    async with session.post(url, json=alert, headers=headers) as answer:
        told = await answer.json()
        assert answer.status == 202, told
    return UUID(told["id"])


async def test_every_metric_that_is_asked_for_is_told(shown: Shown) -> None:
    told: set[str] = set()
    for service in shown.instance.services.values():
        async with shown.session.get(f"{service.ops_url}/metrics") as answer:
            text = await answer.text()
        told |= {line.split()[2] for line in text.splitlines() if line.startswith("# TYPE ")}
    asked = {name for each in expressions() for name in metrics_of(each.text)}
    asked |= {name for rule in rules() for name in metrics_of(rule["expr"])}
    assert len(asked) > 40
    assert sorted(asked - told) == []


async def test_no_panel_fails_or_is_empty(watched: Shown) -> None:
    async def is_late() -> bool:
        return bool(await watched.query('d115_legs_late{leg="push"} > 0'))

    async def is_judged() -> bool:
        return bool(await watched.query("d115:legs_missed:ratio6h"))

    await watched.until(is_late, "the alert left alone was not told to be late")
    await watched.until(is_judged, "no rule was evaluated with something judged")
    empty = [asked.panel for asked in expressions() if not await watched.query(asked.text)]
    assert empty == []


async def test_the_alarm_for_what_is_late_fires_on_the_live_instance(watched: Shown) -> None:
    async def fires() -> bool:
        alarms = await watched.query('ALERTS{alertstate="firing"}')
        return {"D115BreachNow", "D115Watchdog"} <= {one["metric"]["alertname"] for one in alarms}

    await watched.until(fires, "D115BreachNow does not fire")
    assert await watched.query('ALERTS{alertname="D115Conservation"}') == []
    assert await watched.query('ALERTS{alertname="D115ServiceDown"}') == []


async def test_a_point_of_a_histogram_leads_to_its_trace(watched: Shown) -> None:
    url = f"{watched.prometheus}/api/v1/query_exemplars"
    now = REAL.real()
    asked = {
        "query": "d115_leg_duration_seconds_bucket",
        "start": (now - timedelta(minutes=10)).isoformat(),
        "end": now.isoformat(),
    }
    async with watched.session.get(url, params=asked) as answer:
        told = await answer.json()
    traces = {one["labels"]["trace_id"] for row in told["data"] for one in row["exemplars"]}
    assert traces
    assert all(len(trace) == 32 for trace in traces)
    known = traces & {
        span.trace_id.hex()
        for request in watched.collector.requests
        for of_service in request.resource_spans
        for scope in of_service.scope_spans
        for span in scope.spans
    }
    assert known


async def test_no_sql_panel_fails_or_is_empty_for_a_reader_who_sees_the_views_only(
    shown: Shown,
) -> None:
    async def is_late() -> bool:
        return bool(await connection.fetch("select from official.live where late_leg is not null"))

    connection = await asyncpg.connect(shown.instance.dsn)
    try:
        await connection.execute("set role d115_grafana")
        await connection.execute("set default_transaction_read_only = on")
        await shown.until(is_late, "the alert left alone is not late in the views")
        now = shown.instance.clock.now()
        since, until = (now - timedelta(days=7)).isoformat(), now.isoformat()
        asked = statements(since, until)
        empty = [each.panel for each in asked if not await connection.fetch(each.text)]
        late = await connection.fetch(
            "select incident from official.live where late_leg is not null"
        )
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.fetch("select body from notifier.incident")
    finally:
        await connection.close()
    assert len(asked) >= 8
    assert empty == []
    assert shown.left_alone in {row["incident"] for row in late}


async def test_the_views_agree_with_the_compliance_figures(shown: Shown) -> None:
    day = shown.instance.clock.now().astimezone(ZoneInfo("Asia/Shanghai")).date()
    since = day - timedelta(days=3)
    client = shown.instance.client_of(shown.session, Role.SUPERVISOR, "qinghe")
    counts = ("n", "met", "amended", "breached", "void", "pending", "not_measured")
    sums = ", ".join(f"sum({count})::int as {count}" for count in counts)
    viewed: dict[tuple[str, str], list[int]] = {}
    official: dict[tuple[str, str], list[int]] = {}
    connection = await asyncpg.connect(shown.instance.dsn)
    try:
        await connection.execute("set role d115_grafana")
        for _ in range(5):  # an incident is open, and clocks run sixty times as fast
            told = await client.get(
                "/v1/compliance", **{"from": str(since), "to": str(day), "group_by": "center"}
            )
            rows = await connection.fetch(
                f"select center, leg, {sums} from official.compliance"  # noqa: S608  # names of ours
                " where day between $1 and $2 group by center, leg",
                since,
                day,
            )
            viewed = {(row["center"], row["leg"]): [row[name] for name in counts] for row in rows}
            official = {
                (group["group"], leg["leg"]): [leg[name] for name in counts]
                for group in told["groups"]
                for leg in group["legs"]
            }
            if viewed == official:
                break
    finally:
        await connection.close()
    assert viewed == official
    assert sum(found[1] for found in viewed.values()) > 0


async def test_one_trace_runs_from_the_report_over_every_service_to_what_clocks_said(
    shown: Shown,
) -> None:
    wanted = {
        "intake": {"POST /v1/alerts"},
        "dispatcher": {"alerts process", "timing process"},
        "notifier": {"alerts process", "incidents process", "target.breached.v1", "step.due.v1"},
    }

    async def is_told() -> bool:
        found = shown.collector.spans_of(TRACE)
        return all(names <= found.get(service, set()) for service, names in wanted.items())

    deadline = REAL.monotonic() + PATIENCE_SECONDS
    while not await is_told() and REAL.monotonic() < deadline:
        await REAL.sleep(LOOK_SECONDS)
    found = shown.collector.spans_of(TRACE)
    assert {service: names - found.get(service, set()) for service, names in wanted.items()} == {
        service: set() for service in wanted
    }
