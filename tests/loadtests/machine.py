"""A machine whose time passes only when everybody waits: load on it takes no real time."""

import asyncio
from heapq import heappop, heappush

from typing_extensions import override

from tests.fakes.clock import FakeClock

_ROUNDS = 20  # of the loop, until all that can go on without time has done so


class Machine(FakeClock):
    """A clock that goes to the next moment somebody waits for; `run` goes beside the load."""

    def __init__(self) -> None:
        super().__init__()
        self._waiting: list[tuple[float, int, asyncio.Future[None]]] = []
        self._number = 0

    @override
    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            await super().sleep(0)
            return
        self._number += 1
        woken = asyncio.get_running_loop().create_future()
        heappush(self._waiting, (self.monotonic() + seconds, self._number, woken))
        await woken

    async def run(self) -> None:
        """Let time pass, until cancelled."""
        while True:
            for _ in range(_ROUNDS):
                await super().sleep(0)
            if self._waiting:
                moment, _, woken = heappop(self._waiting)
                self.advance(max(0.0, moment - self.monotonic()))
                if not woken.done():
                    woken.set_result(None)
