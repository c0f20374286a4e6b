"""Starts again what was killed beside a fault and could not start while the fault lasted."""

from loadtests.chaos.faults.fault import Deed
from loadtests.chaos.world import World


def reviving(heal: Deed) -> Deed:
    """Return a heal that also starts every service that does not run, once the rest is whole."""

    async def heal_and_revive(world: World) -> None:
        await heal(world)
        await world.revive()

    return heal_and_revive
