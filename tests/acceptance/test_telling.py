"""Whoever is on duty is told, and so is the station, also over the death of who tells them."""

import json
from base64 import b64encode
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from services.cli.client import open_session
from services.cli.instance.instance import Blueprint, Instance
from services.cli.instance.opening import open_instance
from services.cli.park import DEMO_PARK, read_document
from services.cli.stack.stack import Stack
from services.runtime.auth import Role
from services.runtime.clock import ScaledClock, SystemClock
from tests.conftest import scratch_directory

pytestmark = [pytest.mark.timeout(240), pytest.mark.campaign]

CENTER, STATION = "heling-center", "qinghe-station"
SPEED = 10.0
PATIENCE_SECONDS = 90.0
REAL = SystemClock()


@dataclass(kw_only=True)
class Receiver:
    """A system on the loopback that takes everything and keeps it, in the order it came."""

    origin: str = ""
    came: dict[str, list[tuple[str, Any]]] = field(default_factory=lambda: defaultdict(list))

    async def take(self, request: web.Request) -> web.Response:
        """Keep a request under the last part of its path."""
        body = json.loads(await request.text())
        self.came[request.match_info["who"]].append((request.headers["webhook-id"], body))
        return web.Response(status=204)

    def first(self, who: str) -> dict[str, Any]:
        """What came for somebody, by id, as it came first; a repeat must not differ."""
        found: dict[str, Any] = {}
        for id_, body in self.came[who]:
            assert found.setdefault(id_, body) == body
        return found


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    app = web.Application()
    app.router.add_post("/{who}", receiver.take)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    receiver.origin = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield receiver
    finally:
        await runner.cleanup()


@dataclass(kw_only=True)
class Park:
    """A running instance, with a receiver for its people and its station."""

    instance: Instance
    receiver: Receiver
    session: aiohttp.ClientSession

    async def ask(
        self, method: str, url: str, who: tuple[Role, str], body: object = None, **headers: str
    ) -> Any:  # noqa: ANN401  # whatever JSON was answered
        """Ask as somebody; it must be done."""
        headers |= {"Authorization": f"Bearer {self.instance.keys.of(*who)}"}
        async with self.session.request(method, url, json=body, headers=headers) as answer:
            told = await answer.json()
            assert answer.status < 300, told
        return told

    async def act(self, incident: str, verb: str, body: dict[str, Any]) -> None:
        """Act at the center."""
        url = f"{self.instance.origins.dispatcher}/v1/incidents/{incident}/{verb}"
        await self.ask("POST", url, (Role.OPERATOR, CENTER), body, **{"Idempotency-Key": verb})

    async def report(self, number: str) -> str:
        """Report an alert; gives its id."""
        alert = {
            "reference": {"number": number, "order": "1"},
            "kind": "police-alert",
            "severity": "yellow",
            "text": "王某手机13800000000，两人争吵",
            "place": {"center": CENTER},
        }
        url = f"{self.instance.origins.intake}/v1/alerts"
        return str((await self.ask("POST", url, (Role.STATION, STATION), alert))["id"])

    async def until(self, holds: Callable[[], bool], what: str) -> None:
        """Wait until something holds."""
        deadline = REAL.monotonic() + PATIENCE_SECONDS
        while not holds():
            assert REAL.monotonic() < deadline, (what, dict(self.receiver.came))
            await REAL.sleep(0.1)


def roster(origin: str) -> dict[str, Any]:
    """A roster of the center: one person is deputy and chief, day and night."""
    channel = {"type": "webhook", "address": f"{origin}/deputy"}
    return {
        "time_zone": "Asia/Shanghai",
        "contacts": [{"code": "wu", "name": "吴乙", "channels": [channel]}],
        "posts": [{"code": "deputy", "name": {"zh": "副值班", "en": "Deputy"}}],
        "shifts": [
            {"code": "deputy", "post": "deputy", "first": "2026-01-01", "turns": [["wu"]]},
        ],
    }


@pytest.fixture
async def park(stack: Stack) -> AsyncIterator[Park]:
    async with AsyncExitStack() as exits:
        data = exits.enter_context(scratch_directory())
        receiver = await exits.enter_async_context(receiving())
        blueprint = Blueprint(
            name="telling",
            data=data,
            park=read_document(DEMO_PARK),
            clock=ScaledClock(datetime(2026, 3, 2, 11, tzinfo=UTC), REAL.real(), SPEED),
            environment={
                "NOTIFIER_OUTGOING_ALLOW": "127.0.0.0/8",
                "NOTIFIER_MESSAGE_SECRETS": f"messages:whsec_{b64encode(bytes(32)).decode()}",
            },
        )
        opening = open_instance(stack, blueprint, progress=print)
        instance = await exits.enter_async_context(opening)
        session = await exits.enter_async_context(open_session())
        park = Park(instance=instance, receiver=receiver, session=session)
        notifier = instance.origins.notifier
        await park.ask(
            "PUT", f"{notifier}/v1/rosters/{CENTER}", (Role.CHIEF, CENTER),
            roster(receiver.origin), **{"If-Match": "0"},
        )  # fmt: skip
        await park.ask(
            "PUT", f"{notifier}/v1/callbacks/subscription", (Role.STATION, STATION),
            {"url": f"{receiver.origin}/station"},
        )  # fmt: skip
        yield park


def types(park: Park) -> list[str]:
    """The types of the station's callbacks, in the order they first came."""
    return [body["type"] for body in park.receiver.first("station").values()]


def told_deputy(park: Park) -> list[dict[str, Any]]:
    """What the deputy was told of incidents, the monthly test of the channel aside."""
    told = park.receiver.first("deputy").values()
    return [body for body in told if body["purpose"] != "monthly"]


def is_in_order(told: list[str], wanted: list[str]) -> bool:
    """Whether all that is wanted came, each after the one before."""
    places: Iterator[str] = iter(told)
    return all(each in places for each in wanted)


async def test_deputy_and_station_are_told_once_though_the_notifier_is_killed(park: Park) -> None:
    incident = await park.report("telling-1")
    await park.until(lambda: bool(park.receiver.came["station"]), "no callback")
    await park.act(incident, "receipt", {})
    notifier = park.instance.services["notifier"]
    await notifier.kill()
    await notifier.start()
    await notifier.wait_ready()
    await park.until(lambda: bool(told_deputy(park)), "the deputy was not told")
    await park.act(incident, "acknowledge", {})
    told = told_deputy(park)
    await park.until(lambda: len(told_deputy(park)) > len(told), "no stand-down")
    await park.act(incident, "close", {"disposition": "by_telephone"})
    await park.until(lambda: any("closed" in each for each in types(park)), "not closed")
    wanted = ["accepted", "delivered", "acknowledged", "closed"]
    short = [each.removesuffix(".v1").rpartition(".")[2] for each in types(park)]
    assert is_in_order(short, wanted), short
    everything = json.dumps([*park.receiver.came.values()], ensure_ascii=False)
    assert "13800000000" not in everything
    assert "王某" not in everything
    url = f"{park.instance.origins.notifier}/v1/messages?incident={incident}"
    kept = await park.ask("GET", url, (Role.CHIEF, CENTER))
    sent = {id_ for id_, _ in park.receiver.came["deputy"]}
    assert len(sent) == len(park.receiver.first("deputy")) >= 2
    assert len(kept["messages"]) >= 2
