"""All faults a campaign draws from.

A fault is a value (fault.py). A module of this folder holds a `FAULTS` tuple of those that belong
together and is listed here; nothing else is needed for the campaign to draw from it.
"""

from loadtests.chaos.faults import (
    clocks,
    failpoints,
    kills,
    members,
    outsiders,
    records,
    servers,
    versions,
    ways,
)
from loadtests.chaos.faults.fault import Fault

FAULTS: tuple[Fault, ...] = (
    *kills.FAULTS,
    *failpoints.FAULTS,
    *servers.FAULTS,
    *ways.FAULTS,
    *members.FAULTS,
    *records.FAULTS,
    *versions.FAULTS,
    *outsiders.FAULTS,
    *clocks.FAULTS,
)


def named(names: list[str]) -> tuple[Fault, ...]:
    """Return the faults of these names; all of them for none.

    Raises:
        KeyError: There is no such fault.
    """
    known = {fault.name: fault for fault in FAULTS}
    return tuple(known[name] for name in names) if names else FAULTS
