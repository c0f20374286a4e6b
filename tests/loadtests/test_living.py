"""A life's acts keep the life's own schedule; what holds one up shows in its latency."""

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import cast
from uuid import UUID

from loadtests.alerts import Report
from loadtests.living import ACTS, ALERT, BROKEN, DONE, LIVED, Lives, Teams
from loadtests.park import Park, Size, build
from loadtests.site import Site
from loadtests.wire import Answer, Wire
from tests.loadtests.machine import Machine

THINK = 1.0
ENGAGED = Answer(409, json.dumps({"type": "/problems/team-engaged"}).encode())
EARLY = Answer(404, json.dumps({"type": "/problems/not-yet-open"}).encode())

Reply = Callable[[str, str], Answer | float]
"""Answers a verb and a body: at once, or with 200 after so many seconds."""


@dataclass
class Desk:
    """Stands for a site: answers acts, and notes when each came."""

    clock: Machine
    reply: Reply
    park: Park = field(default_factory=lambda: build(Size(centers=1, teams=2)))
    came: list[tuple[str, float]] = field(default_factory=list)

    @property
    def intake(self) -> Wire:
        return cast("Wire", self)

    dispatcher = intake

    def headers(self, *_: object) -> bytes:
        return b""

    async def post(self, path: str, body: bytes, headers: bytes = b"") -> Answer:
        del headers
        verb = path.rpartition("/")[2]
        self.came.append((verb, self.clock.monotonic()))
        if verb == "alerts":
            return Answer(202, b"{}")
        reply = self.reply(verb, body.decode())
        if isinstance(reply, Answer):
            return reply
        await self.clock.sleep(reply)
        return Answer(200, b"{}")


async def live(reply: Reply) -> tuple[Lives, Desk, str]:
    """Live one life."""
    machine = Machine()
    desk = Desk(machine, reply)
    site = cast("Site", desk)
    report = Report(UUID(int=1), desk.park.centers[0], b"{}", b"")
    lives = Lives(site, Teams(site), [report], THINK)
    driving = asyncio.create_task(machine.run())
    outcome = await lives.live(0, machine.monotonic())
    driving.cancel()
    with suppress(asyncio.CancelledError):
        await driving
    return lives, desk, outcome


def moments(desk: Desk) -> list[float]:
    """Seconds from the life's beginning at which each act came."""
    return [round(at - desk.came[0][1], 3) for _, at in desk.came]


async def test_a_life_has_twelve_acts_each_a_think_time_after_the_one_before() -> None:
    lives, desk, outcome = await live(lambda *_: 0.0)

    assert outcome == LIVED
    assert moments(desk) == [step * THINK for step in range(12)]
    assert all(samples.counts in ({"202": 1}, {DONE: 1}) for samples in lives.acts.values())
    assert list(lives.acts) == [ALERT, *(act.verb for act in ACTS)]


async def test_an_act_that_must_wait_for_a_slow_one_is_charged_with_the_wait() -> None:
    lives, _, _ = await live(lambda verb, _: 2.5 if verb == "acknowledge" else 0.0)

    late = {verb: samples.seconds.get(DONE, [0.0])[0] for verb, samples in lives.acts.items()}
    assert [round(late[verb], 3) for verb in ("acknowledge", "assign", "accept", "depart")] == [
        2.5, 1.5, 0.5, 0.0,
    ]  # fmt: skip
    assert all(samples.lag() == 0.0 for samples in lives.acts.values())


async def test_an_act_before_the_opening_is_asked_again_within_its_own_time() -> None:
    answers = iter([EARLY, EARLY])

    lives, _, outcome = await live(lambda *_: next(answers, 0.0))

    assert (outcome, lives.asked_early) == (LIVED, 2)
    assert round(lives.acts["receipt"].seconds[DONE][0], 3) == 0.04


async def test_a_team_the_service_sent_elsewhere_is_passed_over() -> None:
    refused = iter([ENGAGED])

    lives, desk, outcome = await live(
        lambda verb, _: next(refused, 0.0) if verb == "assign" else 0.0
    )

    assert outcome == LIVED
    assert [verb for verb, _ in desk.came].count("assign") == 2
    assert lives.acts["assign"].counts == {DONE: 1}


async def test_a_refused_act_breaks_the_life_off_and_counts() -> None:
    lives, desk, outcome = await live(
        lambda verb, _: Answer(503, b"{}") if verb == "depart" else 0.0
    )

    assert (outcome, desk.came[-1][0]) == (BROKEN, "depart")
    assert lives.acts["depart"].errors(DONE) == 1
    assert [case.team for case in lives.broken] == [desk.park.teams[desk.park.centers[0]][0]]
