"""One service's wall clock jumps by five minutes, either way, while the others' go on.

The service is started with a clock of its own (skew/sitecustomize.py), which then jumps under it.
The jump must be noticed: counted by the service itself, and noted by its readiness.
"""

from collections.abc import Mapping
from functools import partial
from pathlib import Path

import aiohttp

from loadtests import chaos
from loadtests.chaos.faults.fault import Fault
from loadtests.chaos.world import World
from services.cli.instance.instance import SERVICES
from services.cli.instance.service import Service
from services.runtime.clock import SystemClock

JUMP_SECONDS = 300.0
NOTICED_SECONDS = 4.0
_FOLDER = Path(chaos.__file__).parent / "skew"
_POLL_SECONDS = 0.1
_CLOCK = SystemClock()


def environment(file: Path) -> Mapping[str, str]:
    """Return the settings of a process whose clock a file sets."""
    return {"PYTHONPATH": str(_FOLDER), "D115_CHAOS_CLOCK": str(file)}


async def jump(world: World, service: str, seconds: float) -> None:
    """Start a process with a clock of its own, and have it jump."""
    chosen = world.any_of(service)
    file = world.data / f"clock of {chosen.name}"
    file.write_text("0")
    world.memory[_name(service, seconds)] = chosen, file
    await chosen.restart(environment(file))
    await chosen.wait_ready()
    file.write_text(str(seconds))
    await _await_notice(world, chosen, seconds)


async def set_right(world: World, service: str, seconds: float) -> None:
    """Have the clock jump back, which is a jump too, and start the process plain."""
    found: tuple[Service, Path] | None = world.memory.pop(_name(service, seconds), None)
    if found is None:
        return
    chosen, file = found
    file.write_text("0")
    await _CLOCK.sleep(1.0)
    await chosen.restart()


async def _await_notice(world: World, service: Service, seconds: float) -> None:
    direction = "forward" if seconds > 0 else "back"
    counted = f'd115_clock_jumps_total{{direction="{direction}"}} 1.0'
    deadline = _CLOCK.monotonic() + NOTICED_SECONDS
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=2)) as session:
        while _CLOCK.monotonic() < deadline:
            metrics = await _read(session, f"{service.ops_url}/metrics")
            ready = await _read(session, f"{service.ops_url}/readyz")
            if counted in metrics and "the wall clock jumped" in ready:
                return
            await _CLOCK.sleep(_POLL_SECONDS)
    world.complain(f"{_name(service.name, seconds)}: nobody noticed")


async def _read(session: aiohttp.ClientSession, url: str) -> str:
    try:
        async with session.get(url) as answer:
            return await answer.text()
    except (aiohttp.ClientError, TimeoutError):
        return ""


def _name(service: str, seconds: float) -> str:
    return f"{service} clock {'forward' if seconds > 0 else 'back'}"


FAULTS: tuple[Fault, ...] = tuple(
    Fault(
        name=_name(service, seconds),
        inject=partial(jump, service=service, seconds=seconds),
        heal=partial(set_right, service=service, seconds=seconds),
        seconds=6.0,
        weight=0.3,
        crowded=False,
    )
    for service in SERVICES
    for seconds in (JUMP_SECONDS, -JUMP_SECONDS)
)
