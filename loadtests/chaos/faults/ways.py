"""The way to Postgres: resets, lost replies to a commit, a black hole, a full pool, a slow line.

All of it is done by the proxy that stands between the services and Postgres; the campaign's own
checks go straight.
"""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

from loadtests.chaos.faults.fault import Fault
from loadtests.chaos.faults.reviving import reviving
from loadtests.chaos.proxy import Proxy, Way
from loadtests.chaos.world import World
from services.runtime.clock import SystemClock

RESET_EVERY_SECONDS = 0.7
LOST_REPLIES, LOST_REQUESTS = 0.1, 0.05
SLOW_SECONDS = 0.03
_WORKING = "task of {}"
_CLOCK = SystemClock()


def begin(world: World, name: str, work: Callable[[], Awaitable[None]]) -> None:
    """Keep doing something until `end`."""

    async def working() -> None:
        await work()

    world.memory[_WORKING.format(name)] = asyncio.create_task(working(), name=name)


async def end(world: World, name: str) -> None:
    """Stop what `begin` began; does nothing where it did not.

    Raises:
        Exception: What the work failed with.
    """
    task: asyncio.Task[None] | None = world.memory.pop(_WORKING.format(name), None)
    if task is None:
        return
    task.cancel()
    await asyncio.wait([task])
    if not task.cancelled() and (error := task.exception()) is not None:
        raise error


def way_of(world: World) -> Proxy:
    """Return the proxy before Postgres."""
    return world.proxies["postgres"]


async def heal(world: World) -> None:
    """Be a plain way again."""
    way_of(world).heal()


RESETS = "postgres connections reset"


async def reset_often(world: World) -> None:
    """Break every connection to Postgres, again and again."""
    proxy = way_of(world)

    async def resetting() -> None:
        while True:
            world.memory[f"resets of {RESETS}"] = (
                world.memory.get(f"resets of {RESETS}", 0) + proxy.reset()
            )
            await _CLOCK.sleep(RESET_EVERY_SECONDS)

    begin(world, RESETS, resetting)


async def stop_resets(world: World) -> None:
    """Leave the connections alone."""
    await end(world, RESETS)
    if broken := world.memory.pop(f"resets of {RESETS}", 0):
        world.tell("connections to postgres reset", connections=broken)


AMBIGUOUS = "commit ambiguous"


async def lie(world: World) -> None:
    """Drop the replies to some commits that stand, and some commits before they arrive."""
    proxy = way_of(world)
    world.memory[AMBIGUOUS] = proxy.lost_replies, proxy.lost_requests
    proxy.lose_replies(LOST_REPLIES, seed=world.random.getrandbits(32))
    proxy.lose_requests(LOST_REQUESTS, seed=world.random.getrandbits(32))


async def tell_truth(world: World) -> None:
    """Let commits pass; complains where none was ever ambiguous: then nothing was tried."""
    proxy = way_of(world)
    proxy.heal()
    before = world.memory.pop(AMBIGUOUS, None)
    if before is None:
        return
    replies, requests = proxy.lost_replies - before[0], proxy.lost_requests - before[1]
    world.tell("ambiguous commits", stood=replies, never_arrived=requests)
    if not replies:
        world.complain(f"{AMBIGUOUS}: no reply to a commit was dropped while it lasted")


async def hold(world: World, ways: Way, application: str | None) -> None:
    """Let nothing pass, of one service or of all: every connection of its pool is in use."""
    way_of(world).hold(ways, application)


async def slow_down(world: World) -> None:
    """Make every piece wait."""
    way_of(world).latency = SLOW_SECONDS


def _held(name: str, ways: Way, application: str | None, *, seconds: float) -> Fault:
    inject = partial(hold, ways=ways, application=application)
    return Fault(name=name, inject=inject, heal=reviving(heal), seconds=seconds)


FAULTS: tuple[Fault, ...] = (
    Fault(name=RESETS, inject=reset_often, heal=reviving(stop_resets), seconds=6.0),
    Fault(name=AMBIGUOUS, inject=lie, heal=reviving(tell_truth), seconds=8.0, weight=2.0),
    _held("dispatcher pool exhausted", Way.BACK, "d115-dispatcher", seconds=7.0),
    _held("notifier pool exhausted", Way.BACK, "d115-notifier", seconds=7.0),
    _held("postgres unreachable", Way.BOTH, None, seconds=8.0),
    _held("postgres hears nothing", Way.THERE, None, seconds=6.0),
    Fault(name="postgres far away", inject=slow_down, heal=reviving(heal), seconds=6.0, weight=0.5),
)
