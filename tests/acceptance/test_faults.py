"""Faults of the infrastructure and of messages, each once, under load, on the real parts.

The campaign (`make chaos`) makes all of them, longer and over one another.
"""

from collections.abc import Callable

import pytest

from loadtests.chaos import campaign
from loadtests.chaos.faults import named
from loadtests.chaos.plan import Step
from loadtests.chaos.world import Setting, open_world
from services.cli.stack.stack import Stack
from tests.conftest import scratch_directory

FAULTS = [
    "commit ambiguous",
    "postgres connections reset",
    "duplicates out of order",
    "topics replayed from the start",
    "poison on every topic",
    "fields nobody knows",
    "a type nobody knows",
]
LONGEST_SECONDS = 200.0

pytestmark = [pytest.mark.timeout(300), pytest.mark.campaign]


async def test_no_fault_loses_or_doubles_anything(
    stack: Stack, measured: Callable[[str], None]
) -> None:
    with scratch_directory() as data:
        async with open_world(Setting(data=data, seed=115), stack, progress=print) as world:
            steps = iter([Step(fault=fault) for fault in named(FAULTS)])
            result = await campaign.run(
                world, steps, seconds=LONGEST_SECONDS, progress=lambda _: None
            )
    for ordeal in result.ordeals:
        alive = "never" if ordeal.alive is None else f"{ordeal.alive:.1f} s"
        measured(f"{ordeal.fault.name}: the first whole life after it took {alive}")
    assert [ordeal.fault.name for ordeal in result.ordeals] == FAULTS
    assert result.findings == []
