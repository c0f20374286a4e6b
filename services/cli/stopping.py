"""Ctrl-C and SIGTERM, told to what runs so that it can end in order."""

import asyncio
import signal
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

T = TypeVar("T")

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Stop:
    """Whether we were told to stop."""

    def __init__(self) -> None:
        self._told = asyncio.Event()

    @property
    def told(self) -> bool:
        """Whether we were."""
        return self._told.is_set()

    async def wait(self) -> None:
        """Return when we are."""
        await self._told.wait()

    def tell(self) -> None:
        """Stop, as the first signal does; a second one then interrupts at once."""
        self._told.set()
        loop = asyncio.get_running_loop()
        for number in _SIGNALS:
            loop.remove_signal_handler(number)

    async def unless_told(self, work: Coroutine[Any, Any, T]) -> T | None:
        """Do some work; when told to stop meanwhile call it off, await its end, and return None."""
        task = asyncio.ensure_future(work)
        told = asyncio.ensure_future(self._told.wait())
        try:
            await asyncio.wait({task, told}, return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                return task.result()
            return None
        finally:
            told.cancel()
            if not task.done():
                task.cancel()
                await asyncio.wait([task])


@contextmanager
def stopping() -> Iterator[Stop]:
    """Take the signals for as long as the block lasts; inside a running loop."""
    stop, loop = Stop(), asyncio.get_running_loop()
    for number in _SIGNALS:
        loop.add_signal_handler(number, stop.tell)
    try:
        yield stop
    finally:
        for number in _SIGNALS:
            loop.remove_signal_handler(number)
