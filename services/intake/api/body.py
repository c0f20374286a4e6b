"""Reads a request's body within a length and a time, and ends one that is refused for either."""

import asyncio
from contextlib import suppress

from starlette.requests import ClientDisconnect
from starlette.types import Receive

from services.runtime.problems import Problem

DRAIN_BYTES = 8 * 1024 * 1024
DRAIN_SECONDS = 1.0
CLOSE = {"Connection": "close"}
"""What is left of the body may not be read, so the connection cannot serve another request."""


async def read_body(receive: Receive, *, declared: bytes, limit: int, seconds: float) -> bytes:
    """Read a body, counting what really comes, chunked or not.

    Args:
        receive: Gives its parts.
        declared: Its length as the sender says, empty where it says none.
        limit: The most bytes it may have.
        seconds: Real seconds within which it has to be there.

    Raises:
        Problem: 413 or 408; the sender was given a moment to end the body, lest the answer be lost:
            a connection that is closed while data comes is reset, and the reset overtakes it.
        ClientDisconnect: The sender left.
    """
    parts = _Parts(receive)
    try:
        if declared.isdigit() and int(declared) > limit:
            raise _too_large(limit)
        async with asyncio.timeout(seconds):
            return await parts.read(limit)
    except TimeoutError:
        detail = f"The body took over {seconds:g} s."
        problem = Problem(408, "request-timeout", detail, headers=CLOSE)
    except Problem as error:
        problem = error
    with suppress(TimeoutError, ClientDisconnect):
        async with asyncio.timeout(DRAIN_SECONDS):
            await parts.drain()
    raise problem


class _Parts:
    """The parts of one body, as they come."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._ended = False

    async def read(self, limit: int) -> bytes:
        """Give all of it."""
        part = await self._next()
        if self._ended and len(part) <= limit:  # as most bodies come
            return part
        parts, size = [part], len(part)
        while not self._ended and size <= limit:
            part = await self._next()
            parts.append(part)
            size += len(part)
        if size > limit:
            raise _too_large(limit)
        return b"".join(parts)

    async def drain(self) -> None:
        """Take what still comes, and leave it."""
        left = DRAIN_BYTES
        while left > 0 and not self._ended:
            left -= len(await self._next())

    async def _next(self) -> bytes:
        message = await self._receive()
        self._ended = not message.get("more_body", False)
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        part: bytes = message.get("body", b"")
        return part


def _too_large(limit: int) -> Problem:
    detail = f"The body is longer than the {limit} bytes allowed."
    return Problem(413, "too-large", detail, headers=CLOSE, limit_bytes=limit)
