"""A database restored from an older backup takes back what it had promised.

The other scenarios (three brokers, full disks) run by `python -m loadtests.chaos --scenario NAME`.
"""

from collections.abc import Callable

import pytest

from loadtests.chaos.scenarios import find
from loadtests.chaos.scenarios.backup import NAME
from loadtests.chaos.scenarios.scenario import play
from tests.conftest import scratch_directory

pytestmark = [pytest.mark.timeout(300), pytest.mark.campaign]


async def test_a_restored_database_takes_back_what_was_published(
    measured: Callable[[str], None],
) -> None:
    with scratch_directory() as data:
        played = await play(find(NAME), data, seed=115, progress=print)

    (ordeal,) = played.result.ordeals
    assert played.result.findings == []
    assert ordeal.alive is not None
    measured(f"{NAME}: the first whole life took {ordeal.alive:.1f} s from the services' start")
