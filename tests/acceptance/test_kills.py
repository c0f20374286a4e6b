"""Whatever is killed, every alert answered with 202 is exactly one incident, whole, judged once.

One instance on a Kafka and a Postgres of its own lives through all of it, under load; after each
fault the whole truth is checked, so that what one fault broke cannot hide behind the next.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

import pytest

from incident import messages
from loadtests.chaos.checker.check import check
from loadtests.chaos.checker.reading import read_state
from loadtests.chaos.checker.streams import last_seen
from loadtests.chaos.checker.waiting import wait_quiet
from loadtests.chaos.faults import failpoints
from loadtests.chaos.faults.failpoints import POINTS
from loadtests.chaos.topics import copy_of, poison, read_topic, send
from loadtests.chaos.world import Setting, World, open_world
from services.cli.stack.stack import open_stack
from services.runtime.clock import SystemClock
from tests.conftest import scratch_directory

LEAD_SECONDS, PER_SECOND = 1.5, 5.0
SERVICES = ("intake", "dispatcher", "notifier")
CLOCK = SystemClock()
Measured = Callable[[str], None]

pytestmark = pytest.mark.timeout(240)


@dataclass(slots=True)
class Site:
    """The instance under fault, with everybody in its park."""

    world: World
    watching: asyncio.Task[None] = field(init=False)

    def __post_init__(self) -> None:
        self.watching = asyncio.create_task(self.world.fleet.watch())

    async def under_load(self, fault: Callable[[], Awaitable[None]], measured: Measured) -> None:
        """Make a fault while alerts come in, and note how long the next life took after it."""
        enough, fleet = asyncio.Event(), self.world.fleet
        working = asyncio.create_task(fleet.work(until=enough, per_second=PER_SECOND))
        try:
            await CLOCK.sleep(LEAD_SECONDS)
            await fault()
            took = await fleet.recover()
            measured(f"the first whole life after it took {took:.1f} s")
        finally:
            enough.set()
            await self.world.revive()
            await self.world.instance.wait_ready()
        await working

    async def check(self) -> None:
        """Check everything there is to check, once all is quiet."""
        world = self.world
        left = await wait_quiet(
            world.dsn, world.auditor, seen=lambda: last_seen(world.history.lines)
        )
        assert left == {}
        state = await read_state(world.dsn, world.auditor)
        assert [str(each) for each in check(world.history.lines, state)] == []


@pytest.fixture(scope="module")
async def site() -> AsyncIterator[Site]:
    async with AsyncExitStack() as opened:
        patch = opened.enter_context(pytest.MonkeyPatch.context())
        patch.delenv("D115_KAFKA", raising=False)
        patch.delenv("D115_POSTGRES", raising=False)
        directory = opened.enter_context(scratch_directory())
        stack = opened.enter_context(open_stack(directory, any_port=True, progress=print))
        setting = Setting(data=directory)
        world = await opened.enter_async_context(open_world(setting, stack, progress=print))
        site = Site(world)
        yield site
        site.watching.cancel()
        await asyncio.wait([site.watching])


@pytest.mark.parametrize("name", SERVICES)
async def test_a_killed_service_loses_and_doubles_nothing(
    site: Site, name: str, measured: Measured
) -> None:
    (service,) = site.world.replicas_of(name)

    async def fault() -> None:
        await service.kill()
        began = CLOCK.monotonic()
        await service.start()
        await service.wait_ready()
        measured(f"{name} was ready {CLOCK.monotonic() - began:.1f} s after its restart")

    await site.under_load(fault, measured)

    await site.check()


@pytest.mark.parametrize(
    ("name", "point"), [(name, point) for point, names in POINTS.items() for name in names]
)
async def test_a_service_killed_at_a_failpoint_loses_and_doubles_nothing(
    site: Site, name: str, point: str, measured: Measured
) -> None:
    async def fault() -> None:
        try:
            await failpoints.kill_at(site.world, name, point)
        finally:
            await failpoints.disarm(site.world, name)

    await site.under_load(fault, measured)

    await site.check()


async def test_every_record_delivered_twice_and_out_of_order_changes_nothing(
    site: Site, measured: Measured
) -> None:
    shuffle, world = random.Random(115), site.world

    async def fault() -> None:
        for topic in (messages.ALERTS, messages.INCIDENTS, messages.TIMING):
            records = await read_topic(world.bootstrap, world.topic(topic))
            assert records, f"nothing was read of {topic}"
            letters = [copy_of(record) for record in records]
            shuffle.shuffle(letters)
            await send(world.bootstrap, world.topic(topic), letters)

    await site.under_load(fault, measured)

    await site.check()


@pytest.mark.parametrize("server", ["kafka", "postgres"])
async def test_a_killed_store_loses_and_doubles_nothing(
    site: Site, server: str, measured: Measured
) -> None:
    store = getattr(site.world.stack, server)

    async def fault() -> None:
        await asyncio.to_thread(store.kill)
        await CLOCK.sleep(1.0)
        began = CLOCK.monotonic()
        await asyncio.to_thread(store.restart)
        measured(f"{server} was back {CLOCK.monotonic() - began:.1f} s after its restart")

    await site.under_load(fault, measured)

    await site.check()


async def test_a_poison_message_stops_nothing(site: Site, measured: Measured) -> None:
    topics = (messages.ALERTS, messages.INCIDENTS, messages.TIMING)

    async def fault() -> None:
        for topic in topics:
            await send(site.world.bootstrap, site.world.topic(topic), poison(topic))

    await site.under_load(fault, measured)

    await site.check()
    state = await read_state(site.world.dsn, site.world.auditor)
    assert len(state.dead_letters) >= len(topics)
