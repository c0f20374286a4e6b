"""What a scenario is: one fault that needs servers of its own, under the campaign's load.

Three brokers, small disks, a backup that is restored: none of it fits beside other faults.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from loadtests.chaos import campaign
from loadtests.chaos.campaign import Result
from loadtests.chaos.checker.findings import Finding
from loadtests.chaos.faults.fault import Fault
from loadtests.chaos.plan import Step
from loadtests.chaos.world import Setting, World, open_world
from services.cli.stack.server import Progress
from services.cli.stack.stack import Stack, open_stack

LONGEST_SECONDS = 600.0

Opening = Callable[[Path, Progress], AbstractContextManager[Stack]]
"""Starts servers on a folder, and stops them at the end; raises `CannotError` where it cannot."""


class CannotError(Exception):
    """This machine does not let the scenario be made; the message says why."""


@contextmanager
def own_servers(data: Path, progress: Progress) -> Iterator[Stack]:
    """Start the usual two, whatever servers the environment names."""
    named = {name: os.environ.pop(name, None) for name in ("D115_KAFKA", "D115_POSTGRES")}
    try:
        with open_stack(data, any_port=True, progress=progress) as stack:
            yield stack
    finally:
        os.environ.update({name: value for name, value in named.items() if value is not None})


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One fault with a world of its own.

    Attributes:
        name: After `--scenario`.
        fault: What happens, once.
        servers: What it happens to.
        replicas: Processes of each service.
        excused: Says of a finding that it must be so after such a fault.
    """

    name: str
    fault: Fault
    servers: Opening = field(default=own_servers)
    replicas: int = 1
    excused: Callable[[Finding], bool] = lambda _: False

    def steps(self) -> Iterator[Step]:
        """Give the fault, once."""
        return iter((Step(fault=self.fault),))

    def excuse(self, result: Result) -> None:
        """Take out of the findings what must be so."""
        result.findings = [each for each in result.findings if not self.excused(each)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """What a scenario came to, with the world it was played in, which is gone by now."""

    world: World
    result: Result


async def play(scenario: Scenario, data: Path, *, seed: int = 1, progress: Progress) -> Played:
    """Bring the scenario's world up, make its fault under load, heal, wait and check.

    Args:
        scenario: Which.
        data: An empty folder that every account may pass through.
        seed: Whatever is drawn by chance follows from it.
        progress: Takes a line about each thing done.

    Raises:
        CannotError: This machine does not let it be made.
        StackError: A server or a service could not be started.
    """
    setting = Setting(data=data, seed=seed, replicas=scenario.replicas)
    with scenario.servers(data, progress) as stack:
        async with open_world(setting, stack, progress=progress) as world:
            result = await campaign.run(
                world, scenario.steps(), seconds=LONGEST_SECONDS, progress=progress
            )
    scenario.excuse(result)
    return Played(world=world, result=result)
