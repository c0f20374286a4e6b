"""A disk that is full, under Postgres and under Kafka: honest answers, and on again with space.

The server's data lies on a small file system in memory, which a file without use fills up.
"""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

from loadtests.chaos.faults.fault import Fault
from loadtests.chaos.faults.reviving import reviving
from loadtests.chaos.faults.servers import start
from loadtests.chaos.scenarios.scenario import CannotError, Scenario, own_servers
from loadtests.chaos.world import World
from services.cli.stack.server import Progress
from services.cli.stack.stack import Stack

SIZE_MEGABYTES = 384
FULL_SECONDS = 12.0
_PIECE = 64 * 1024
_SECONDS = 20
_BALLAST = "ballast"


@contextmanager
def small_disk(data: Path, progress: Progress, *, under: str) -> Iterator[Stack]:
    """Start the usual servers, one of them on a small disk.

    Raises:
        CannotError: This account may not mount file systems.
    """
    place = data / under
    place.mkdir(mode=0o711, parents=True)
    _run("mount", "-t", "tmpfs", "-o", f"size={SIZE_MEGABYTES}m,mode=711", "d115", str(place))
    try:
        with own_servers(data, progress) as stack:
            yield stack
    finally:
        _run("umount", "--lazy", str(place))


def _run(*command: str) -> None:
    if os.geteuid() != 0:
        raise CannotError("mounting a small disk takes root")
    done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False)  # noqa: S603  # our own command, no shell
    if done.returncode:
        raise CannotError(f"{command[0]} is not permitted here: {done.stderr.strip()}")


async def fill(world: World, under: str) -> None:
    """Leave no byte free on the server's disk."""
    with (world.data / under / _BALLAST).open("wb", buffering=0) as ballast, suppress(OSError):
        while True:
            ballast.write(b"\0" * _PIECE)


async def free(world: World, under: str) -> None:
    """Make space again, and start the server if it gave up meanwhile."""
    (world.data / under / _BALLAST).unlink(missing_ok=True)
    await start(world, under)


SCENARIOS = tuple(
    Scenario(
        name=f"{under} disk full",
        servers=partial(small_disk, under=under),
        fault=Fault(
            name=f"{under} disk full",
            inject=partial(fill, under=under),
            heal=reviving(partial(free, under=under)),
            seconds=FULL_SECONDS,
            goal=10.0,
            crowded=False,
        ),
    )
    for under in ("postgres", "kafka")
)
