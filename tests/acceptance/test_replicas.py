"""Two replicas of every service: one is killed for good, and the other takes its work over."""

from collections.abc import Callable
from pathlib import Path

import pytest

from loadtests.chaos import campaign
from loadtests.chaos.faults import named
from loadtests.chaos.plan import steps
from loadtests.chaos.world import Setting, open_world
from services.cli.stack.stack import Stack

pytestmark = [pytest.mark.timeout(300), pytest.mark.campaign]


async def test_the_other_replica_takes_over_and_nothing_is_lost(
    stack: Stack, scratch: Path, measured: Callable[[str], None]
) -> None:
    faults = named(["dispatcher replica lost", "notifier replica lost", "intake replica lost"])
    drawn = steps(faults, seed=1, replicas=2)

    async with open_world(Setting(data=scratch, replicas=2), stack, progress=print) as world:
        # As many as there are kinds: each takes 14 s and its recovery.
        result = await campaign.run(world, drawn, seconds=45.0, progress=print)

    assert [str(finding) for finding in result.findings] == []
    for ordeal in result.ordeals:
        measured(f"{ordeal.fault.name}: {ordeal.alive:.1f} s until all lived on")
        assert ordeal.held, ordeal
