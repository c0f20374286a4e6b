"""A round of the canaries, with fakes: what is sent, kept, counted and told."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID, uuid5

import pytest
from prometheus_client import REGISTRY
from typing_extensions import override

from services.notifier.handlers.canary_rounds import Aviary
from services.notifier.ports.canaries import (
    Canaries,
    Canary,
    CanaryFault,
    CanaryState,
    LastCanary,
    Nest,
    NotTakenError,
    Sight,
    Turn,
)
from tests.builders import at
from tests.fakes.clock import FakeClock
from tests.fakes.notifier_store import FakeAtlas
from tests.incident.directories import park_lookup

SPACE = UUID(int=115)


@dataclass
class FakeCanaries(Canaries):
    kept: dict[str, Canary] = field(default_factory=dict)
    sights: dict[str, Sight] = field(default_factory=dict)

    @override
    async def add(self, canaries: Sequence[Canary]) -> int:
        for canary in canaries:
            self.kept.setdefault(canary.center, canary)
        return len(self.kept)

    @override
    async def take_turns(
        self, *, now: datetime, real: datetime, until: datetime, limit: int
    ) -> list[Turn]:
        due = [
            canary
            for canary in self.kept.values()
            if canary.finished_at is None and canary.planned_at <= now
        ]
        return [Turn(canary=each, sight=self.sights.get(each.center)) for each in due[:limit]]

    @override
    async def save(self, canary: Canary) -> None:
        self.kept[canary.center] = canary

    @override
    async def last(self) -> list[LastCanary]:
        return [
            LastCanary(
                center=each.center,
                state=each.state,
                finished_at=each.finished_at,
                fault=each.fault,
                passed_at=each.finished_at if each.state is CanaryState.PASSED else None,
            )
            for each in self.kept.values()
            if each.finished_at is not None
        ]


@dataclass
class FakeNest(Nest):
    away: bool = False
    sent: list[str] = field(default_factory=list)
    taken_back: list[str] = field(default_factory=list)

    @override
    async def send(self, canary: Canary, *, kind: str) -> UUID:
        if self.away:
            raise NotTakenError("intake answered 503")
        self.sent.append(canary.center)
        return self.name(canary)

    @override
    async def take_back(self, canary: Canary, alert: UUID) -> None:
        if self.away:
            raise NotTakenError("intake answered 503")
        self.taken_back.append(canary.center)

    @override
    def name(self, canary: Canary) -> UUID:
        return uuid5(SPACE, canary.center)


@dataclass
class World:
    clock: FakeClock = field(default_factory=FakeClock)
    canaries: FakeCanaries = field(default_factory=FakeCanaries)
    nest: FakeNest = field(default_factory=FakeNest)

    def __post_init__(self) -> None:
        self.aviary = Aviary(
            canaries=self.canaries,
            nest=self.nest,
            atlas=FakeAtlas(park_lookup()),
            clock=self.clock,
        )

    async def plan_all_for_now(self) -> None:
        await self.aviary.round()
        now = self.clock.now()
        for center, canary in self.canaries.kept.items():
            self.canaries.kept[center] = replace(canary, planned_at=now)


@pytest.fixture
def world() -> World:
    return World()


async def test_a_day_without_faults(world: World) -> None:
    passed = results("passed", "")
    await world.plan_all_for_now()
    for _ in range(2):
        await world.aviary.round()
    now = world.clock.now()
    for center in world.canaries.kept:
        world.canaries.sights[center] = Sight(
            opened_at=now, received_at=now, pushed=True, ended=True
        )
    for _ in range(3):
        await world.aviary.round()

    centers = sorted(park_lookup().centers)
    assert sorted(world.nest.sent) == centers
    assert sorted(world.nest.taken_back) == centers
    assert {each.state for each in world.canaries.kept.values()} == {CanaryState.PASSED}
    assert await world.aviary.note() is None
    assert results("passed", "") - passed == len(centers)


async def test_intake_away_fails_every_canary_and_says_so(world: World) -> None:
    await world.plan_all_for_now()
    world.nest.away = True
    for _ in range(5):
        await world.aviary.round()
        world.clock.advance(45)
    await world.aviary.round()

    faults = {each.fault for each in world.canaries.kept.values() if each.finished_at}
    note = await world.aviary.note()
    assert faults == {CanaryFault.NOT_ACCEPTED}
    assert note is not None
    assert "not_accepted" in note
    assert REGISTRY.get_sample_value("d115_canary_failing_centers") == len(
        [each for each in world.canaries.kept.values() if each.finished_at]
    )


async def test_a_day_is_planned_once_and_the_next_one_anew(world: World) -> None:
    await world.aviary.round()
    first = dict(world.canaries.kept)
    world.canaries.kept.clear()
    await world.aviary.round()
    assert world.canaries.kept == {}

    world.clock.advance(timedelta(days=1).total_seconds())
    await world.aviary.round()
    assert world.canaries.kept.keys() == first.keys()
    assert world.clock.now() > at(0)


def results(result: str, fault: str) -> float:
    labels = {"result": result, "fault": fault}
    return REGISTRY.get_sample_value("d115_canary_results_total", labels) or 0.0
