"""One caller for as long as a command takes."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from services.cli.client import Client, open_session
from services.cli.reach import Reached

PATIENCE_SECONDS = 10.0

T = TypeVar("T")


def call(reached: Reached, work: Callable[[Client], Awaitable[T]]) -> T:
    """Do some work as somebody, and return what came of it."""

    async def run() -> T:
        async with open_session() as session:
            client = Client(session, reached.origins, key=reached.key, patience=PATIENCE_SECONDS)
            return await work(client)

    return asyncio.run(run())
