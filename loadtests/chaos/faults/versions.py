"""A newer service speaks already: messages of a version that the readers do not have yet.

An alert of such a version was promised to a station, so it may not pass unseen: it is put aside,
where people see it and whence it is applied once the readers are newer.
"""

from uuid import uuid5

import asyncpg

from incident import messages
from loadtests.chaos.faults.fault import Fault
from loadtests.chaos.faults.reviving import reviving
from loadtests.chaos.topics import KNOWN, TOPICS, enveloped, send
from loadtests.chaos.world import World
from services.runtime import codec
from services.runtime.clock import SystemClock
from services.runtime.ids import new_id

NAME = "a newer version on every topic"
_SECONDS = 15.0
_CLOCK = SystemClock()


def newer(kind: str) -> str:
    """Return a type's name one version on."""
    name, _, version = kind.rpartition(".v")
    return f"{name}.v{int(version) + 1}"


async def inject(world: World) -> None:
    """Put one message of the next version of a known type on every topic."""
    id_ = uuid5(new_id(), NAME)
    world.memory[NAME] = id_
    for topic in TOPICS:
        body = codec.encode({"shape": "new", "id": str(id_)})
        letter = enveloped(newer(KNOWN[topic]), body, key=str(id_).encode())
        await send(world.bootstrap, world.topic(topic), [letter])


async def heal(world: World) -> None:
    """Return when the alert was put aside; complain where it was passed over in silence."""
    id_ = world.memory.pop(NAME, None)
    if id_ is None:
        return
    deadline = _CLOCK.monotonic() + _SECONDS
    while not await _is_aside(world, str(id_)):
        if _CLOCK.monotonic() > deadline:
            world.complain(f"{NAME}: an alert of {newer(messages.ALERT_RECEIVED)} passed unseen")
            return
        await _CLOCK.sleep(0.2)


async def _is_aside(world: World, key: str) -> bool:
    connection = await asyncpg.connect(world.dsn)
    try:
        return bool(
            await connection.fetchval(
                "select exists (select from dispatcher.dead_letter where topic = $1 and key = $2)",
                world.topic(messages.ALERTS),
                key,
            )
        )
    finally:
        await connection.close()


FAULTS: tuple[Fault, ...] = (Fault(name=NAME, inject=inject, heal=reviving(heal), weight=0.5),)
