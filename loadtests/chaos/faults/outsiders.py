"""Those the services serve, behaving badly: consoles that read nothing, an enterprise's system."""

import asyncio
import socket
from functools import partial
from urllib.parse import urlsplit

import asyncpg

from loadtests.chaos.faults.fault import Fault
from loadtests.chaos.faults.reviving import reviving
from loadtests.chaos.receiver import Manner
from loadtests.chaos.world import World
from services.runtime.auth import Role

SLOW = "consoles read nothing"
CONSOLES = 20
_BUFFER_BYTES = 4096


async def stop_reading(world: World) -> None:
    """Open streams from the very first frame, on small buffers, and read nothing of them."""
    center = world.fleet.centers[0].code
    where = urlsplit(world.any_of("dispatcher").url)
    key = world.instance.keys.of(Role.OPERATOR, center)
    head = (
        f"GET /v1/centers/{center}/stream HTTP/1.1\r\nHost: {where.netloc}\r\n"
        f"Authorization: Bearer {key}\r\nLast-Event-ID: 0\r\n\r\n"
    ).encode()
    loop = asyncio.get_running_loop()
    opened: list[socket.socket] = world.memory.setdefault(SLOW, [])
    for _ in range(CONSOLES):
        taken = socket.socket()
        taken.setblocking(False)  # noqa: FBT003  # the socket module's own way
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER_BYTES)
        opened.append(taken)
        await loop.sock_connect(taken, (where.hostname, where.port))
        await loop.sock_sendall(taken, head)


async def hang_up(world: World) -> None:
    """Close what was left unread."""
    for taken in world.memory.pop(SLOW, []):
        taken.close()


async def misbehave(world: World, manner: Manner) -> None:
    """Have the enterprise's system answer badly from now on."""
    world.receiver.manner = manner


async def behave(world: World, expected: str) -> None:
    """Have it answer well; complains where another outcome than expected was kept meanwhile."""
    world.receiver.manner = Manner.WELL
    strange = [each for each in await _outcomes(world) if each not in {expected, "200"}]
    if strange:
        world.tell("webhooks came to something else", outcomes=strange)


async def _outcomes(world: World) -> list[str]:
    connection = await asyncpg.connect(world.dsn)
    try:
        rows = await connection.fetch(
            "select distinct outcome from dispatcher.delivery"
            " where state = 'queued' and outcome is not null"
        )
    finally:
        await connection.close()
    return [row["outcome"] for row in rows]


FAULTS: tuple[Fault, ...] = (
    Fault(name=SLOW, inject=stop_reading, heal=reviving(hang_up), seconds=8.0, weight=0.5),
    *(
        Fault(
            name=f"webhook {manner.value}",
            inject=partial(misbehave, manner=manner),
            heal=reviving(partial(behave, expected=expected)),
            seconds=8.0,
            weight=0.5,
        )
        for manner, expected in (
            (Manner.HANGS, "timeout"),
            (Manner.FAILS, "500"),
            (Manner.REDIRECTS, "307"),
        )
    ),
)
