"""Runs what blocks in threads that nobody waits for at the end, so many at once and no more.

A gateway that hangs holds its own threads only: each has a pool of its own. A call that nobody
waits for any more goes on until its sockets time out, and counts until then.
"""

import asyncio
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

AT_ONCE = 8


class BusyError(Exception):
    """As many calls as may be are under way."""


class Threads:
    """A bounded number of daemon threads."""

    def __init__(self, name: str, most: int = AT_ONCE) -> None:
        self._name = name
        self._free = threading.BoundedSemaphore(most)

    async def run(self, work: Callable[[], T]) -> T:
        """Run a call in a thread of its own and wait for it.

        Raises:
            BusyError: Too many are under way.
            Exception: What the call raises.
        """
        if not self._free.acquire(blocking=False):
            raise BusyError(self._name)
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[T] = loop.create_future()

        def call() -> None:
            result: T | None = None
            fault: Exception | None = None
            try:
                result = work()
            except Exception as error:  # noqa: BLE001  # it is raised where it is waited for
                fault = error
            finally:
                self._free.release()
            try:
                loop.call_soon_threadsafe(_tell, answer, result, fault)
            except RuntimeError:
                return  # the loop is gone, and whoever waited with it

        threading.Thread(target=call, name=self._name, daemon=True).start()
        return await answer


def _tell(answer: "asyncio.Future[T]", result: T | None, fault: Exception | None) -> None:
    if answer.done():  # nobody waits any more
        return
    if fault is None:
        answer.set_result(result)  # type: ignore[arg-type]  # without a fault there is a result
    else:
        answer.set_exception(fault)
