"""Scenarios: faults that need a world of their own, each run alone."""

from loadtests.chaos.scenarios import alone, backup, brokers, disks
from loadtests.chaos.scenarios.scenario import Scenario

SCENARIOS: tuple[Scenario, ...] = (
    *brokers.SCENARIOS,
    *disks.SCENARIOS,
    *backup.SCENARIOS,
    *alone.SCENARIOS,
)


def find(name: str) -> Scenario:
    """Return the scenario of a name.

    Raises:
        ValueError: There is none.
    """
    known = {scenario.name: scenario for scenario in SCENARIOS}
    if name not in known:
        raise ValueError(f"no scenario {name!r}; there are: {', '.join(known)}")
    return known[name]
