"""What goes wrong without anybody being killed: frozen services, cut connections, crossing acts.

After each the whole truth is checked, as it is after a kill.
"""

import asyncio
import json
import signal
from collections.abc import AsyncIterator, Coroutine
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import pytest
import yaml
from aiohttp import ClientSession

from loadtests.chaos.checker.check import check_kept
from loadtests.chaos.checker.reading import read_state
from loadtests.chaos.checker.waiting import wait_quiet
from services.cli.answers import Acted, RefusedError
from services.cli.client import Client, open_session
from services.cli.instance.instance import Blueprint, Instance
from services.cli.instance.opening import open_instance
from services.cli.stack.stack import Stack
from services.runtime.auth import Role
from services.runtime.clock import SystemClock
from tests.conftest import scratch_directory

PARK = Path("deploy/local/demo-park.yaml")
HOME, OTHER, TEAM = "heling-center", "chengshi-center", "heling-duty-1"
PATIENCE = 60.0
FROZEN_SECONDS = 17.0  # longer than any client of Kafka goes without an answer
CLOCK = SystemClock()

pytestmark = pytest.mark.timeout(180)


@dataclass(slots=True)
class Site:
    """An instance and some of those in its park.

    Attributes:
        promised: Every alert that was answered with 202.
    """

    instance: Instance
    session: ClientSession
    park: str
    promised: set[UUID] = field(default_factory=set)
    _numbers: "count[int]" = field(default_factory=lambda: count(1))

    def caller(self, role: Role, code: str, *, patience: float = PATIENCE) -> Client:
        """A caller with the key of somebody in the park."""
        return self.instance.client(
            self.session, self.instance.keys.of(role, code), patience=patience
        )

    @property
    def operator(self) -> Client:
        """The operator of the center at home."""
        return self.caller(Role.OPERATOR, HOME)

    def alert(self, center: str = HOME) -> dict[str, Any]:
        """An alert under a reference of its own."""
        return {
            "reference": {"number": f"B{next(self._numbers)}", "order": "1"},
            "kind": "police-alert",
            "severity": "yellow",
            "text": "车间有人争吵",
            "place": {"center": center},
        }

    async def report(self, alert: dict[str, Any] | None = None) -> UUID:
        """Report an alert and note the promise."""
        station = self.caller(Role.STATION, "qinghe-station")
        accepted = await station.send_alert(alert or self.alert())
        self.promised.add(accepted.id)
        return accepted.id

    async def open(self, center: str = HOME) -> UUID:
        """Report an alert and take its receipt, so that it is open."""
        id_ = await self.report(self.alert(center))
        await self.caller(Role.OPERATOR, center).act(id_, "receipt", await_opening=True)
        return id_

    async def check(self) -> None:
        """Check everything there is to check, once all is quiet."""
        dsn, auditor = self.instance.dsn, self.caller(Role.AUDITOR, self.park)
        assert await wait_quiet(dsn, auditor) == {}
        state = await read_state(dsn, auditor)
        assert self.promised <= state.incidents.keys(), "a promised alert is no incident"
        plain = replace(state, figures=[])  # some lived several rounds, which it does not know
        assert [str(each) for each in check_kept(plain, self.promised)] == []
        assert not state.dead_letters


@pytest.fixture(scope="module")
async def site(stack: Stack) -> AsyncIterator[Site]:
    async with AsyncExitStack() as opened:
        directory = opened.enter_context(scratch_directory())
        park = yaml.safe_load(PARK.read_text("utf-8"))
        blueprint = Blueprint(name="breakers", data=directory, park=park)
        instance = await opened.enter_async_context(open_instance(stack, blueprint, progress=print))
        session = await opened.enter_async_context(open_session())
        yield Site(instance=instance, session=session, park=park["park"]["code"])


async def test_services_that_were_frozen_go_on_where_they_stood(site: Site) -> None:
    frozen = [site.instance.services[name] for name in ("dispatcher", "notifier")]
    pids = [service.pid for service in frozen]
    began = await site.open()
    for service in frozen:
        await service.kill(signal.SIGSTOP)
    meanwhile = [await site.report() for _ in range(5)]
    await CLOCK.sleep(FROZEN_SECONDS)
    for service in frozen:
        await service.kill(signal.SIGCONT)

    for id_ in (began, *meanwhile):
        await site.operator.act(id_, "acknowledge", await_opening=True)
        await site.operator.act(id_, "close", {"disposition": "by_telephone"})

    await asyncio.gather(*(service.wait_ready() for service in frozen))
    await site.check()
    assert [service.pid for service in frozen] == pids
    assert all(Path(f"/proc/{pid}").exists() for pid in pids)


async def test_an_alert_whose_sender_is_cut_off_is_there_once_or_not_at_all(site: Site) -> None:
    halves, wholes = ([site.alert() for _ in range(10)] for _ in range(2))
    await asyncio.gather(
        *(_send_and_cut(site, alert, short_by=9) for alert in halves),
        *(_send_and_cut(site, alert, short_by=0) for alert in wholes),
    )

    again = [await site.report(alert) for alert in wholes]

    for id_ in again:
        await site.operator.act(id_, "receipt", await_opening=True)
    there = [each["alert"]["reference"] async for each in site.operator.list_incidents()]
    assert [there.count(alert["reference"]) for alert in wholes] == [1] * len(wholes)
    assert [there.count(alert["reference"]) for alert in halves] == [0] * len(halves)
    await site.check()


async def test_acts_that_cross_leave_one_story(site: Site) -> None:
    await asyncio.gather(*(_merge_both_ways(site) for _ in range(3)))
    await asyncio.gather(*(_transfer_as_it_is_taken(site) for _ in range(3)))
    for _ in range(3):
        await _close_as_the_team_reports(site)

    await site.check()


async def _merge_both_ways(site: Site) -> None:
    one, two = await site.open(), await site.open()
    done = await _at_once(
        site.operator.act(one, "merge", {"into": str(two)}),
        site.operator.act(two, "merge", {"into": str(one)}),
    )
    states = {(await _state(site.operator, id_))["state"] for id_ in (one, two)}
    assert (len(done), states) == (1, {"closed", "pushed"})


async def _transfer_as_it_is_taken(site: Site) -> None:
    id_ = await site.open()
    away = {"center": OTHER, "reason": "wrong_center"}
    await _at_once(site.operator.act(id_, "transfer", away), site.operator.act(id_, "acknowledge"))
    other = site.caller(Role.OPERATOR, OTHER)
    await other.act(id_, "acknowledge")
    told = await _state(other, id_)
    assert (told["center"], told["state"], len(told["rounds"])) == (OTHER, "acknowledged", 2)


async def _close_as_the_team_reports(site: Site) -> None:
    id_, team = await site.open(), site.caller(Role.TEAM, TEAM)
    await site.operator.act(id_, "assign", {"teams": [TEAM]})
    await team.act(id_, "accept")
    await _at_once(
        team.act(id_, "depart"),
        team.act(id_, "arrive", {"proof": "tap"}),
        team.act(id_, "resolve", {"text": "已劝离"}),
        site.operator.act(id_, "close", {"disposition": "handled_on_site"}),
    )
    told = await _state(site.operator, id_)
    assert (told["state"], told["assignments"][0]["ended_at"] is None) == ("closed", False)


async def _at_once(*acts: Coroutine[Any, Any, Acted]) -> list[Acted]:
    """Let acts race; give those that were done. A refusal is an answer, a fault is none."""
    ended = await asyncio.gather(*acts, return_exceptions=True)
    strange = [each for each in ended if not isinstance(each, Acted | RefusedError)]
    assert not strange
    return [each for each in ended if isinstance(each, Acted)]


async def _state(caller: Client, id_: UUID) -> dict[str, Any]:
    return await caller.get(f"/v1/incidents/{id_}")


async def _send_and_cut(site: Site, alert: dict[str, Any], *, short_by: int) -> None:
    """Send an alert, without its last bytes, and drop the connection before any answer."""
    where = urlsplit(site.instance.origins.intake)
    body = json.dumps(alert).encode()
    key = site.instance.keys.of(Role.STATION, "qinghe-station")
    head = (
        f"POST /v1/alerts HTTP/1.1\r\nHost: {where.netloc}\r\nAuthorization: Bearer {key}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    _, writer = await asyncio.open_connection(where.hostname, where.port)
    writer.write(head.encode() + body[: len(body) - short_by])
    with suppress(ConnectionError):
        await writer.drain()
    writer.transport.abort()
