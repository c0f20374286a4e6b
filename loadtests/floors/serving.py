"""Runs a floor's ASGI app as a process: uvicorn with the services' settings, none of the guards."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

from starlette.types import ASGIApp, Receive, Send

from services.cli.instance.service import Command, Service
from services.cli.stack.ports import LOOPBACK
from services.cli.stack.server import Progress
from services.runtime.web import WebServer, bind

PREFIX = "FLOOR_"

Opening = Callable[[Mapping[str, str]], AbstractAsyncContextManager[ASGIApp]]
"""Makes the app of the process's environment, and takes it down."""


def serve(opening: Opening) -> None:
    """Serve an app until told to stop."""
    asyncio.run(_serve(opening))


async def _serve(opening: Opening) -> None:
    with bind(LOOPBACK, int(os.environ[f"{PREFIX}PORT"])) as listener:
        async with opening(os.environ) as app:
            server = WebServer(app, listener)
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, server.end)
            serving = asyncio.create_task(server.run_until_ended())
            await server.listening.wait()
            print('{"event":"serving"}', flush=True)
            await serving


@asynccontextmanager
async def run_floor(
    name: str, *, folder: Path, environment: Mapping[str, str], progress: Progress
) -> AsyncIterator[Service]:
    """Run a floor as a process of its own, gone at the end.

    Args:
        name: The module in this folder.
        folder: Where its log goes.
        environment: Its settings.
        progress: Takes a line about each thing done.

    Raises:
        StackError: It could not be started.
    """
    lock = os.open(folder, os.O_RDONLY)
    command = Command(
        name=f"floor-{name}",
        module=f"loadtests.floors.{name}",
        prefixes=(PREFIX,),
        folder=folder,
        lock=lock,
        environment=environment,
    )
    service = Service(command, port=0, ops_port=0, progress=progress)
    try:
        await service.start()
        yield service
    finally:
        await service.stop()
        os.close(lock)


async def answer(send: Send, status: int, body: bytes) -> None:
    """Answer with JSON."""
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def read(receive: Receive) -> bytes:
    """Read a request's body."""
    parts = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(parts)
