"""SIGKILL at the worst moments: an armed service kills itself when it comes to a failpoint."""

from functools import partial

from loadtests.chaos.faults.fault import Fault, Since
from loadtests.chaos.faults.kills import RESTART_GOAL, revive
from loadtests.chaos.world import World, is_running
from services.cli.instance.service import Service
from services.runtime.clock import SystemClock

ARMED = "D115_FAILPOINTS_ALLOWED"
WITHIN_SECONDS = 20.0
_POLL_SECONDS = 0.05
_CLOCK = SystemClock()

POINTS: dict[str, tuple[str, ...]] = {
    "before-commit": ("dispatcher", "notifier"),
    "after-commit": ("dispatcher", "notifier"),
    "before-offset-commit": ("dispatcher", "notifier"),
    "between-publish-and-delete": ("dispatcher", "notifier"),
    "during-webhook": ("dispatcher",),
}
"""Which services come to each failpoint."""


class NotReachedError(Exception):
    """A service did not come to the failpoint it was armed with."""


async def kill_at(world: World, service: str, point: str) -> None:
    """Kill a process, start it armed, and return when it has killed itself at the failpoint.

    Raises:
        NotReachedError: It has not in time.
    """
    chosen = world.any_of(service)
    await chosen.kill()
    count = world.random.randint(1, 4)
    await chosen.start({"D115_FAILPOINT": f"{point}:{count}", ARMED: "1"})
    deadline = _CLOCK.monotonic() + WITHIN_SECONDS
    while is_running(chosen):
        if _CLOCK.monotonic() > deadline:
            raise NotReachedError(f"{chosen.name} did not come to {point} within its time")
        await _CLOCK.sleep(_POLL_SECONDS)


async def disarm(world: World, service: str) -> None:
    """Start it plain, also where it never came to the failpoint and still runs armed."""
    for each in world.replicas_of(service):
        if is_running(each) and is_armed(each):
            await each.kill()
    await revive(world)


def is_armed(service: Service) -> bool:
    """Say whether a running process would kill itself."""
    return "D115_FAILPOINT" in service.environment


FAULTS: tuple[Fault, ...] = tuple(
    Fault(
        name=f"{service} killed {point}",
        inject=partial(kill_at, service=service, point=point),
        heal=partial(disarm, service=service),
        weight=1.0,
        since=Since.HEALING,
        goal=RESTART_GOAL,
        ready_goal=RESTART_GOAL,
        kills=2,
        crowded=False,
    )
    for point, services in POINTS.items()
    for service in services
)
