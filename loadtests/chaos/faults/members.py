"""Strangers in the groups: members that join and leave every two seconds and apply nothing.

Each takes partitions away from the services while it is there, and every coming and going has all
members of the group agree anew.
"""

import asyncio
from collections.abc import Iterable
from contextlib import suppress

from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError

from incident import messages
from loadtests.chaos.faults.fault import Fault
from loadtests.chaos.faults.reviving import reviving
from loadtests.chaos.faults.ways import begin, end
from loadtests.chaos.world import World
from services.runtime.clock import SystemClock
from services.runtime.consumer.membership import Listening, make_consumer
from services.runtime.consumer.places import Place
from services.runtime.disposal import dispose

NAME = "members come and go"
EVERY_SECONDS = 2.0
_JOIN_SECONDS, _LEAVE_SECONDS = 8.0, 2.0
_GROUPS = {
    "dispatcher": messages.ALERTS,
    "dispatcher-timing": messages.TIMING,
    "notifier": messages.INCIDENTS,
}
_CLOCK = SystemClock()


async def _revoked() -> None:
    """Nothing is kept of what was held."""


def _assigned(_places: Iterable[Place]) -> None:
    """Nothing is done with what is given."""


def _stranger(world: World, group: str, topic: str) -> AIOKafkaConsumer:
    return make_consumer(
        world.bootstrap,
        group=world.topic(group),
        topics=[world.topic(topic)],
        member=None,
        listener=Listening(revoked=_revoked, assigned=_assigned),
    )


async def _come_and_go(world: World, group: str, topic: str) -> None:
    while True:
        stranger = _stranger(world, group, topic)
        try:
            with suppress(KafkaError, TimeoutError):  # not let in this time
                async with asyncio.timeout(_JOIN_SECONDS):
                    await stranger.start()
            await _CLOCK.sleep(EVERY_SECONDS)
        finally:
            await dispose(stranger, within=_LEAVE_SECONDS)
        await _CLOCK.sleep(EVERY_SECONDS)


async def inject(world: World) -> None:
    """Begin to come and go, in every group."""

    async def all_of_them() -> None:
        async with asyncio.TaskGroup() as group:
            for name, topic in _GROUPS.items():
                group.create_task(_come_and_go(world, name, topic))

    begin(world, NAME, all_of_them)


async def heal(world: World) -> None:
    """Stay away."""
    await end(world, NAME)


FAULTS: tuple[Fault, ...] = (Fault(name=NAME, inject=inject, heal=reviving(heal), seconds=14.0),)
