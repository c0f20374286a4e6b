"""The loop that looks at what is due."""

import asyncio
from collections.abc import Callable, Collection
from dataclasses import replace

import pytest

from incident.alert import IncidentId
from services.notifier.deadlines import BUSY_SECONDS, POLL_SECONDS, Deadlines
from services.notifier.handlers.gate import PATIENCE
from services.runtime.clock import SystemClock
from tests.builders import RECEIVED, an_alert, an_incident
from tests.fakes.clock import FakeClock
from tests.services.notifier.watching import ID, Notifier, version

GOOD = IncidentId(replace(an_alert(number=2)).id)


class Loop:
    """A loop on a store in memory, with a clock moved by hand."""

    def __init__(self, notifier: Notifier, settled: Collection[int] = range(6)) -> None:
        self.clock = FakeClock(RECEIVED)
        self.settled = settled
        self.told = 0
        self.notifier = notifier
        self.deadlines = Deadlines(
            store=notifier.store,
            atlas=notifier.atlas,
            clock=self.clock,
            partitions=6,
            settled=lambda: self.settled,
            told=self._tell,
        )

    def _tell(self) -> None:
        self.told += 1

    async def at(self, seconds: float) -> int:
        """Move the clock to so many seconds after receipt and look once."""
        self.clock.advance(seconds - (self.clock.now() - RECEIVED).total_seconds())
        return await self.deadlines.sweep()

    async def run(self, *, until: Callable[[], bool]) -> None:
        """Run the loop itself until something holds."""
        real = SystemClock()
        task = asyncio.create_task(self.deadlines.run())
        try:
            async with asyncio.timeout(5):
                while not until():
                    await real.sleep(0)
        finally:
            task.cancel()
            await asyncio.wait([task])


@pytest.fixture
async def loop() -> Loop:
    notifier = Notifier()
    for number in (1, 2):
        opened = an_incident(alert=an_alert(number=number, reported=None))
        await notifier.hears(version(opened, 1, told=0.1), now=0.2)
    return Loop(notifier)


async def test_what_is_due_is_said_and_goes_out_at_once(loop: Loop) -> None:
    assert await loop.at(4.999999) == 0
    assert loop.told == 0
    assert await loop.at(5) == 2
    assert loop.told == 1
    assert loop.notifier.facts == ["step/1/enterprise-webhook/1"] * 2


async def test_after_a_start_nothing_is_said_until_all_is_applied_that_was_there(
    loop: Loop,
) -> None:
    loop.settled = ()
    assert await loop.at(9.9) == 0
    loop.settled = {3}
    assert await loop.at(9.95) == 2


async def test_the_watcher_waits_ten_seconds_at_most(loop: Loop) -> None:
    loop.settled = ()
    assert await loop.at(PATIENCE - 0.001) == 0
    assert await loop.at(PATIENCE) == 2


async def test_a_deadline_that_fails_leaves_the_others_alone_and_is_tried_again(
    loop: Loop,
) -> None:
    loop.notifier.store.broken.add(ID)
    await loop.at(5)
    lines = loop.notifier.store.tables.log
    assert {line.incident for line in lines} == {GOOD}
    assert await loop.at(5.5) == 0  # it rests
    loop.notifier.store.broken.clear()
    await loop.at(6)
    assert {line.incident for line in loop.notifier.store.tables.log} == {GOOD, ID}


async def test_a_deadline_that_fails_five_times_is_set_aside(loop: Loop) -> None:
    loop.notifier.store.broken.add(ID)
    for second in range(5, 60):
        await loop.at(second)
    kept = loop.notifier.store.tables.deadlines[ID]
    assert (kept.set_aside, kept.attempts) == (True, 5)


async def test_what_was_set_aside_is_open_again_once_something_is_heard_of_it(loop: Loop) -> None:
    loop.notifier.store.broken.add(ID)
    for second in range(5, 60):
        await loop.at(second)
    loop.notifier.store.broken.clear()
    pushed = an_incident({"pushed": 59}, alert=an_alert(reported=None))
    await loop.notifier.hears(version(pushed, 2, told=59), now=60)
    await loop.at(104)
    assert "step/1/auto-assign/1" in [
        line.fact.key for line in loop.notifier.store.tables.log if line.incident == ID
    ]


async def test_a_fault_that_passes_is_waited_out_and_sets_nothing_aside(loop: Loop) -> None:
    loop.clock.advance(5)
    loop.notifier.store.faults = [ConnectionError("away"), ConnectionError("away")]
    await loop.run(until=lambda: len(loop.notifier.facts) == 2)
    assert all(kept.attempts == 0 for kept in loop.notifier.store.tables.deadlines.values())
    assert loop.clock.sleeps[:2] == [0.1, 0.2]


async def test_it_looks_ten_times_a_second(loop: Loop) -> None:
    await loop.run(until=lambda: len(loop.clock.sleeps) >= 3)
    assert set(loop.clock.sleeps) == {POLL_SECONDS}
    assert POLL_SECONDS <= 0.25


async def test_it_looks_sooner_again_where_something_was_due(loop: Loop) -> None:
    loop.clock.advance(5)
    await loop.run(until=lambda: len(loop.clock.sleeps) >= 2)
    assert loop.clock.sleeps[:2] == [BUSY_SECONDS, POLL_SECONDS]
    assert BUSY_SECONDS < POLL_SECONDS


async def test_it_says_how_long_nothing_was_looked_at(loop: Loop) -> None:
    await loop.at(1)
    loop.clock.advance(7)
    assert loop.deadlines.silent_seconds == pytest.approx(7)
    loop.notifier.store.faults = [ConnectionError("away")]
    with pytest.raises(ConnectionError):
        await loop.at(9)
    assert loop.deadlines.silent_seconds == pytest.approx(8)


async def test_it_says_that_its_partitions_are_in_good_hands_once_a_second(loop: Loop) -> None:
    loop.settled = {1, 4}
    for tenth in range(31):
        await loop.at(tenth / 10)
    assert loop.notifier.store.tables.beats == {1: 4, 4: 4}
