"""Whatever is killed, every alert answered with 202 is exactly one incident, whole, judged once.

One instance on a Kafka and a Postgres of its own lives through all of it, under load; after each
fault the whole truth is checked, so that what one fault broke cannot hide behind the next.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml
from aiohttp import ClientSession

from incident import messages
from services.cli.client import Client, open_session
from services.cli.instance.instance import Blueprint, Instance
from services.cli.instance.opening import open_instance
from services.cli.stack.stack import Stack, open_stack
from services.runtime.auth import Role
from services.runtime.clock import SystemClock
from tests.acceptance import truth
from tests.acceptance.fleet import PATIENCE, Center, Fleet
from tests.acceptance.topics import read_topic, republish, send_poison
from tests.conftest import scratch_directory

PARK = Path("deploy/local/demo-park.yaml")
LEAD_SECONDS, PER_SECOND = 1.5, 5.0
SERVICES = ("intake", "dispatcher", "notifier")
ARMED = "D115_FAILPOINTS_ALLOWED"
CLOCK = SystemClock()
Measured = Callable[[str], None]

pytestmark = pytest.mark.timeout(240)


@dataclass(slots=True)
class Site:
    """The instance under fault, with everybody in its park."""

    stack: Stack
    instance: Instance
    fleet: Fleet
    auditor: Client
    watching: asyncio.Task[None] = field(init=False)

    def __post_init__(self) -> None:
        self.watching = asyncio.create_task(self.fleet.watch())

    async def under_load(
        self, fault: Callable[[], Awaitable[None]], measured: Callable[[str], None]
    ) -> None:
        """Make a fault while alerts come in, and note how long the next life took after it."""
        enough = asyncio.Event()
        working = asyncio.create_task(self.fleet.work(until=enough, per_second=PER_SECOND))
        try:
            await CLOCK.sleep(LEAD_SECONDS)
            await fault()
            healed = CLOCK.monotonic()
            await self.fleet.recover()
            measured(f"the first whole life after it took {CLOCK.monotonic() - healed:.1f} s")
        finally:
            enough.set()
            await self.heal()
        await working

    async def heal(self) -> None:
        """Start what a failed test may have left dead or armed."""
        for service in self.instance.services.values():
            if truth.is_gone(service):
                await service.start()
            await service.wait_ready()

    async def check(self) -> None:
        """Check everything there is to check, once all is quiet."""
        await truth.wait_quiet(self.instance.dsn, self.auditor)
        found = await truth.read_all(self.instance.dsn)
        await truth.wait_streams(self.instance.dsn, self.fleet.centers)
        assert self.fleet.faults == []
        truth.check_promises(found, self.fleet.promised, self.fleet.closed)
        truth.check_chains(found)
        truth.check_teams(found)
        truth.check_legs(found)
        truth.check_streams(self.fleet.centers)


@pytest.fixture(scope="module")
async def site() -> AsyncIterator[Site]:
    async with AsyncExitStack() as opened:
        patch = opened.enter_context(pytest.MonkeyPatch.context())
        patch.delenv("D115_KAFKA", raising=False)
        patch.delenv("D115_POSTGRES", raising=False)
        directory = opened.enter_context(scratch_directory())
        stack = opened.enter_context(open_stack(directory, any_port=True, progress=print))
        park = yaml.safe_load(PARK.read_text("utf-8"))
        blueprint = Blueprint(name="kills", data=directory, park=park)
        instance = await opened.enter_async_context(open_instance(stack, blueprint, progress=print))
        session = await opened.enter_async_context(open_session())
        site = Site(
            stack=stack,
            instance=instance,
            fleet=_fleet(instance, session, park),
            auditor=instance.client_of(session, Role.AUDITOR, park["park"]["code"]),
        )
        yield site
        site.watching.cancel()
        await asyncio.wait([site.watching])


def _fleet(instance: Instance, session: ClientSession, park: dict[str, Any]) -> Fleet:
    def client(role: Role, code: str) -> Client:
        key = instance.keys.of(role, code)
        return instance.client(session, key, patience=PATIENCE)

    centers = [
        Center(
            code=center["code"],
            operator=client(Role.OPERATOR, center["code"]),
            teams={
                team["code"]: client(Role.TEAM, team["code"])
                for team in park["teams"]
                if team["organisation"] == center["code"]
            },
        )
        for center in park["centers"][:4]
    ]
    return Fleet(station=client(Role.STATION, park["stations"][0]["code"]), centers=centers)


@pytest.mark.parametrize("name", SERVICES)
async def test_a_killed_service_loses_and_doubles_nothing(
    site: Site, name: str, measured: Measured
) -> None:
    service = site.instance.services[name]

    async def fault() -> None:
        await service.kill()
        began = CLOCK.monotonic()
        await service.start()
        await service.wait_ready()
        measured(f"{name} was ready {CLOCK.monotonic() - began:.1f} s after its restart")

    await site.under_load(fault, measured)

    await site.check()


@pytest.mark.parametrize("name", ["dispatcher", "notifier"])
@pytest.mark.parametrize(
    "point", ["before-commit", "after-commit", "before-offset-commit", "between-publish-and-delete"]
)
async def test_a_service_killed_at_a_failpoint_loses_and_doubles_nothing(
    site: Site, name: str, point: str, measured: Measured
) -> None:
    service = site.instance.services[name]

    async def fault() -> None:
        await service.restart({"D115_FAILPOINT": f"{point}:2", ARMED: "1"})
        try:
            await truth.wait_gone(service)
        finally:
            await service.kill()
            await service.start()
            await service.wait_ready()

    await site.under_load(fault, measured)

    await site.check()


async def test_every_record_delivered_twice_and_out_of_order_changes_nothing(
    site: Site, measured: Measured
) -> None:
    shuffle = random.Random(115)

    async def fault() -> None:
        for topic in (messages.ALERTS, messages.INCIDENTS, messages.TIMING):
            records = await read_topic(site.instance, topic, site.stack.kafka.address)
            assert records, f"nothing was read of {topic}"
            shuffle.shuffle(records)
            await republish(site.instance, topic, records, site.stack.kafka.address)

    await site.under_load(fault, measured)

    await site.check()


@pytest.mark.parametrize("server", ["kafka", "postgres"])
async def test_a_killed_store_loses_and_doubles_nothing(
    site: Site, server: str, measured: Measured
) -> None:
    store = getattr(site.stack, server)

    async def fault() -> None:
        await asyncio.to_thread(store.kill)
        await CLOCK.sleep(1.0)
        began = CLOCK.monotonic()
        await asyncio.to_thread(store.restart)
        measured(f"{server} was back {CLOCK.monotonic() - began:.1f} s after its restart")

    await site.under_load(fault, measured)

    await site.check()


async def test_a_poison_message_stops_nothing(site: Site, measured: Measured) -> None:
    async def fault() -> None:
        for topic in (messages.ALERTS, messages.INCIDENTS, messages.TIMING):
            await send_poison(site.instance, topic, site.stack.kafka.address)

    await site.under_load(fault, measured)

    await site.check()
    assert await truth.count_dead_letters(site.instance.dsn) >= len(
        (messages.ALERTS, messages.INCIDENTS, messages.TIMING)
    )
