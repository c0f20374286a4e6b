"""What comes over Kafka and should not: twice, out of order, from the start, unreadable."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

import asyncpg
from aiokafka.structs import ConsumerRecord

from loadtests.chaos.faults.fault import Fault
from loadtests.chaos.faults.reviving import reviving
from loadtests.chaos.topics import (
    KNOWN,
    TOPICS,
    Letter,
    copy_of,
    enveloped,
    poison,
    read_topic,
    retyped,
    send,
)
from loadtests.chaos.world import World
from services.runtime import codec
from services.runtime.clock import SystemClock

NEWEST = 150
"""Records of each partition that are said again: the latest are those still under way."""
SET_ASIDE_SECONDS = 20.0
POISON = "poison on every topic"
_POSITIONS = ("dispatcher", "notifier")
_READERS = {"alerts.v1": 2, "incidents.v1": 1, "timing.v1": 1, "directory.v1": 1}
"""How many groups read each topic: each puts what it cannot read aside by itself."""
_CLOCK = SystemClock()


async def repeat(world: World) -> None:
    """Say what every topic holds once more, in another order."""
    for topic in TOPICS:
        records = await read_topic(world.bootstrap, world.topic(topic), newest=NEWEST)
        letters = [copy_of(record) for record in records]
        world.random.shuffle(letters)
        await send(world.bootstrap, world.topic(topic), letters)


async def replay(world: World) -> None:
    """Send every group back to the start of its topics, under its readers' hands."""
    connection = await asyncpg.connect(world.dsn)
    try:
        for schema in _POSITIONS:
            await connection.execute(f"update {schema}.consumer_position set next_offset = 0")  # noqa: S608  # our own two names
    finally:
        await connection.close()


async def spoil(world: World) -> None:
    """Put what nobody can read on every topic."""
    world.memory[POISON] = await count_dead_letters(world.dsn)
    for topic in TOPICS:
        await send(world.bootstrap, world.topic(topic), poison(topic))


async def await_set_aside(world: World) -> None:
    """Return when each reader has put aside all that it could not read, else complain."""
    before = world.memory.pop(POISON, None)
    if before is None:
        return
    expected = before + sum(len(poison(topic)) * _READERS[topic] for topic in TOPICS)
    deadline = _CLOCK.monotonic() + SET_ASIDE_SECONDS
    while (found := await count_dead_letters(world.dsn)) < expected:
        if _CLOCK.monotonic() > deadline:
            world.complain(f"{POISON}: {found - before} of {expected - before} put aside")
            return
        await _CLOCK.sleep(0.2)


async def count_dead_letters(dsn: str) -> int:
    """Count what was put aside by the dispatcher and the notifier."""
    connection = await asyncpg.connect(dsn)
    try:
        return int(
            await connection.fetchval(
                "select (select count(*) from dispatcher.dead_letter)"
                " + (select count(*) from notifier.dead_letter)"
            )
        )
    finally:
        await connection.close()


Write = Callable[[str, Sequence[ConsumerRecord]], list[Letter]]


async def write_to_all(world: World, write: Write) -> None:
    """Put letters on every topic, made from what it holds."""
    for topic in TOPICS:
        records = await read_topic(world.bootstrap, world.topic(topic), newest=20)
        await send(world.bootstrap, world.topic(topic), write(topic, records))


def grown(topic: str, records: Sequence[ConsumerRecord]) -> list[Letter]:
    """Return known messages with a field that nobody knows: they are read all the same."""
    letters = []
    for record in records:
        kind = dict(record.headers).get("ce_type", b"").decode(errors="replace")
        if kind != KNOWN[topic]:
            continue
        with suppress(codec.DecodeError):  # poison of another fault
            body: dict[str, Any] = codec.decode(record.value, dict)
            grown_body = codec.encode({"mood": {"calm": [1, None]}, **body})
            letters.append(retyped(record, kind, grown_body))
    return letters


def unknown(topic: str, _records: Sequence[ConsumerRecord]) -> list[Letter]:
    """Return messages of a type that does not exist."""
    return [enveloped("weather.changed.v1", codec.encode({"about": topic, "wind": 7}))] * 5


async def nothing(_world: World) -> None:
    """There is nothing to heal."""


FAULTS: tuple[Fault, ...] = (
    Fault(
        name="duplicates out of order",
        inject=repeat,
        heal=reviving(nothing),
        seconds=1.0,
        weight=2.0,
    ),
    Fault(
        name="topics replayed from the start", inject=replay, heal=reviving(nothing), seconds=1.0
    ),
    Fault(name=POISON, inject=spoil, heal=reviving(await_set_aside), goal=10.0),
    Fault(
        name="fields nobody knows",
        inject=partial(write_to_all, write=grown),
        heal=reviving(nothing),
        weight=0.5,
    ),
    Fault(
        name="a type nobody knows",
        inject=partial(write_to_all, write=unknown),
        heal=reviving(nothing),
        weight=0.5,
    ),
)
