"""A client that will not stop is cut off, and nobody else is."""

import asyncio

from services.runtime.clock import SystemClock
from services.runtime.disposal import dispose


class Part:
    """Runs a task that ends only when it is cancelled twice."""

    __module__ = "aiokafka.part"

    def __init__(self) -> None:
        self.task = asyncio.create_task(self.work())

    async def work(self) -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            await asyncio.Event().wait()


class Stuck:
    """A client whose stop never ends."""

    __module__ = "aiokafka.stuck"

    def __init__(self) -> None:
        self._part = Part()
        self._setting = None

    async def stop(self) -> None:
        await asyncio.Event().wait()


async def bystander() -> None:
    await asyncio.Event().wait()


async def test_what_hangs_is_cut_off_in_time_and_bystanders_live() -> None:
    clock, stuck, other = SystemClock(), Stuck(), Part()
    beside = asyncio.create_task(bystander())
    await SystemClock().sleep(0)
    began = clock.monotonic()
    assert not await dispose(stuck, within=0.05)
    assert clock.monotonic() - began < 1.0
    assert stuck._part.task.done()
    assert not beside.done()
    assert not other.task.done()
    for task in (beside, other.task, other.task):
        task.cancel()
        await SystemClock().sleep(0)


class SelfCancelling:
    """A client whose stop awaits a task that it has just cancelled, as aiokafka's fetcher does."""

    __module__ = "aiokafka.fetcher"

    async def stop(self) -> None:
        task = asyncio.create_task(asyncio.Event().wait())
        task.cancel()
        await task


async def test_a_cancellation_within_a_client_ends_nobody_outside() -> None:
    assert not await dispose(SelfCancelling(), within=1.0)


async def test_whoever_disposes_can_be_cancelled() -> None:
    disposing = asyncio.create_task(dispose(Stuck(), within=60.0))
    await SystemClock().sleep(0)
    disposing.cancel()
    await asyncio.wait([disposing])
    assert disposing.cancelled()


async def test_what_stops_in_order_is_let_go() -> None:
    class Willing:
        async def stop(self) -> None:
            """Stop."""

    assert await dispose(Willing(), within=1.0)
