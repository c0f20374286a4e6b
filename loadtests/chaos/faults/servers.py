"""Kafka and Postgres themselves: killed, frozen, restarted in order."""

import asyncio
from functools import partial

from loadtests.chaos.faults.fault import Fault
from loadtests.chaos.faults.reviving import reviving
from loadtests.chaos.world import World
from services.cli.stack.server import Server

GONE_SECONDS = 1.0
KAFKA_FROZEN_SECONDS = 15.0
POSTGRES_FROZEN_SECONDS = 8.0


def server_of(world: World, name: str) -> Server:
    """Return `kafka` or `postgres` of a world."""
    return world.stack.kafka if name == "kafka" else world.stack.postgres


async def kill(world: World, name: str) -> None:
    """SIGKILL it."""
    await asyncio.to_thread(server_of(world, name).kill)


async def stop(world: World, name: str) -> None:
    """Stop it in order, as for an update."""
    await asyncio.to_thread(server_of(world, name).stop)


async def start(world: World, name: str) -> None:
    """Start it again where it was; one that runs is left alone."""
    server = server_of(world, name)
    if server.pid is None:
        await asyncio.to_thread(server.restart)


async def freeze(world: World, name: str) -> None:
    """SIGSTOP it: connections stay open and nobody answers."""
    await asyncio.to_thread(server_of(world, name).pause)


async def thaw(world: World, name: str) -> None:
    """Let it go on."""
    await asyncio.to_thread(server_of(world, name).resume)


FAULTS: tuple[Fault, ...] = (
    *(
        Fault(
            name=f"{name} killed",
            inject=partial(kill, name=name),
            heal=reviving(partial(start, name=name)),
            seconds=GONE_SECONDS,
        )
        for name in ("kafka", "postgres")
    ),
    *(
        Fault(
            name=f"{name} restarted",
            inject=partial(stop, name=name),
            heal=reviving(partial(start, name=name)),
            seconds=GONE_SECONDS,
            weight=0.5,
        )
        for name in ("kafka", "postgres")
    ),
    *(
        Fault(
            name=f"{name} frozen",
            inject=partial(freeze, name=name),
            heal=reviving(partial(thaw, name=name)),
            seconds=seconds,
        )
        for name, seconds in (
            ("kafka", KAFKA_FROZEN_SECONDS),
            ("postgres", POSTGRES_FROZEN_SECONDS),
        )
    ),
)
