"""Nothing is applied to a database that went back in time until it is level again."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any, cast

import pytest
from aiokafka.errors import GroupCoordinatorNotAvailableError

from services.dispatcher.adapters.guarding import HOLD_SECONDS, Guard, SetBackError
from services.dispatcher.adapters.reclaiming import Reclaimer
from services.runtime.consumer.places import Place
from services.runtime.records import Received
from tests.fakes.clock import FakeClock

PLACE = Place("alerts.v1", 0)


class FakeReclaimer:
    """Says where the groups stand, and notes what it is asked to take back."""

    def __init__(self) -> None:
        self.stands = {PLACE: 10}
        self.asked = 0
        self.behind: list[Place] = []
        self.taken_back: list[Sequence[Place]] = []
        self.faults: list[Exception] = []
        self.away: list[Exception] = []

    async def find_set_back(self) -> list[Place]:
        self.asked += 1
        if self.away:
            raise self.away.pop()
        return self.behind

    async def positions(self) -> dict[Place, int]:
        return self.stands

    async def take_back(self, behind: Sequence[Place]) -> int:
        if self.faults:
            raise self.faults.pop()
        self.taken_back.append(behind)
        return 1


def a_record(offset: int) -> Received:
    return Received(
        topic=PLACE.topic,
        partition=PLACE.partition,
        offset=offset,
        key="",
        value=b"",
        headers={},
        timestamp=datetime(2026, 3, 2, tzinfo=UTC),
    )


async def guarded() -> tuple[Guard, FakeReclaimer, list[int], Any]:
    reclaimer, applied = FakeReclaimer(), list[int]()
    guard = Guard(cast("Reclaimer", reclaimer), FakeClock())
    await guard.begin()

    async def apply(_connection: object, records: Sequence[Received]) -> None:
        applied.extend(record.offset for record in records)

    return guard, reclaimer, applied, guard.over(apply)


@dataclass(kw_only=True)
class Start:
    """A dispatcher that has just started; `time` moves only where a test says so."""

    reclaimer: FakeReclaimer = field(default_factory=FakeReclaimer)
    clock: FakeClock = field(default_factory=FakeClock)
    began: list[str] = field(default_factory=list)
    guard: Guard = field(init=False)

    def __post_init__(self) -> None:
        self.guard = Guard(cast("Reclaimer", self.reclaimer), self.clock)

    def holds(self) -> bool:
        return self.guard.holds

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        async def note(name: str) -> None:
            self.began.append(name)

        tasks = [
            asyncio.create_task(self.guard.run()),
            asyncio.create_task(self.guard.after(partial(note, "relay"))()),
        ]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)


async def until(found: Callable[[], bool]) -> None:
    async with asyncio.timeout(1):
        while not found():
            await FakeClock().sleep(0)


async def test_nothing_is_published_or_decided_before_it_has_looked() -> None:
    start = Start()
    assert start.holds()
    assert await start.guard.check() is not None
    async with start.running():
        await until(lambda: start.began == ["relay"])
    assert start.reclaimer.asked == 1
    assert not start.holds()
    assert (await start.guard.check(), await start.guard.note()) == (None, None)


async def test_a_new_kafka_without_its_table_of_groups_is_asked_again() -> None:
    start = Start()
    start.reclaimer.away = [GroupCoordinatorNotAvailableError(), OSError("refused")]
    async with start.running():
        await until(lambda: start.began == ["relay"])
    assert start.reclaimer.asked == 3


async def test_commands_wait_five_seconds_for_kafka_and_then_no_longer() -> None:
    start = Start()
    start.clock.advance(HOLD_SECONDS - 0.1)
    assert start.holds()
    start.clock.advance(0.1)
    assert not start.holds()
    assert await start.guard.check() is None
    said = await start.guard.note()
    assert said is not None
    assert said.startswith("nothing is consumed or published since the start 5 s ago")


async def test_a_store_found_set_back_holds_commands_however_long_it_takes() -> None:
    start = Start()
    start.reclaimer.behind = [PLACE]
    start.reclaimer.faults = [OSError("away")]
    await start.guard.begin()
    start.clock.advance(HOLD_SECONDS + 60)
    assert start.holds()
    async with start.running():
        await until(lambda: start.began == ["relay"])
    assert start.reclaimer.taken_back == [[PLACE]]
    assert not start.holds()


async def test_what_goes_on_or_comes_again_is_applied() -> None:
    guard, _, applied, apply = await guarded()
    for offset in (10, 11, 11, 12):
        await apply(None, [a_record(offset)])
    assert applied == [10, 11, 11, 12]
    assert not guard.is_set_back


@pytest.mark.parametrize("offset", [9, 0])
async def test_nothing_is_applied_once_it_went_back(offset: int) -> None:
    guard, _, applied, apply = await guarded()
    with pytest.raises(SetBackError):
        await apply(None, [a_record(offset)])
    with pytest.raises(SetBackError):
        await apply(None, [a_record(12)])
    assert guard.is_set_back
    assert applied == []


async def test_it_goes_on_from_the_older_place_when_all_is_taken_back() -> None:
    guard, reclaimer, applied, apply = await guarded()
    reclaimer.faults = [OSError("away")]
    with pytest.raises(SetBackError):
        await apply(None, [a_record(3)])
    running = asyncio.create_task(guard.run())
    async with asyncio.timeout(1):
        while guard.is_set_back:
            await FakeClock().sleep(0)
    running.cancel()
    await asyncio.wait([running])
    assert reclaimer.taken_back == [[PLACE]]
    await apply(None, [a_record(3)])
    assert applied == [3]
