"""SIGKILL, at any moment: each service alone, and a replica for good."""

from functools import partial

from loadtests.chaos.faults.fault import Fault, Since
from loadtests.chaos.world import World, is_running
from services.cli.instance.instance import SERVICES
from services.runtime.clock import SystemClock

DEATH_SECONDS = 0.3
RESTART_GOAL, TAKEOVER_GOAL = 5.0, 12.0
_TAKEOVER_SECONDS = 14.0
_CLOCK = SystemClock()


async def kill(world: World, service: str) -> None:
    """Kill one process of a service."""
    await world.any_of(service).kill()


async def revive(world: World) -> None:
    """Start what is dead, and return when everything says that it is ready."""
    await world.revive()
    await world.instance.wait_ready()


async def kill_everything(world: World) -> None:
    """Kill every process of every service at once, as a lost machine would."""
    for service in world.services:
        await service.kill()


async def kill_another(world: World) -> None:
    """Kill one process of any service, beside another fault that lasts, and start it again."""
    running = [service for service in world.services if is_running(service)]
    if not running:
        return
    service = world.random.choice(running)
    await service.kill()
    await _CLOCK.sleep(DEATH_SECONDS)
    await service.start()


FAULTS: tuple[Fault, ...] = (
    *(
        Fault(
            name=f"{service} killed",
            inject=partial(kill, service=service),
            heal=revive,
            seconds=DEATH_SECONDS,
            weight=3.0,
            since=Since.HEALING,
            goal=RESTART_GOAL,
            ready_goal=RESTART_GOAL,
            kills=1,
            crowded=False,
        )
        for service in SERVICES
    ),
    Fault(
        name="all services killed",
        inject=kill_everything,
        heal=revive,
        seconds=DEATH_SECONDS,
        weight=0.5,
        since=Since.HEALING,
        goal=RESTART_GOAL + 5.0,  # three processes start side by side on the same cores
        kills=3,
        crowded=False,
    ),
    *(
        Fault(
            name=f"{service} replica lost",
            inject=partial(kill, service=service),
            heal=revive,
            seconds=_TAKEOVER_SECONDS,
            since=Since.INJECTED,
            goal=TAKEOVER_GOAL,
            ready_goal=TAKEOVER_GOAL,
            kills=1,
            replicas=2,
            crowded=False,
        )
        for service in SERVICES
    ),
)
