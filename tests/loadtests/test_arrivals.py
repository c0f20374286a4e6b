"""The load is open loop: what a server does never changes when the next send is meant to leave."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from itertools import pairwise

import pytest

from loadtests.arrivals import (
    CAPPED,
    FAILED,
    LONGEST_SECONDS,
    MOST_SENDS,
    UNANSWERED,
    GiveUp,
    LaggedError,
    Limits,
    Samples,
    TooMuchError,
    fire,
    has_errors,
    joined,
    poisson,
    steady,
)
from tests.loadtests.machine import Machine

LIMITS = Limits(in_flight=100, lag_seconds=0.01)
STALLED_AT, STALLED_UNTIL = 2.0, 3.0

Answering = Callable[[float], Awaitable[str]]
"""Answers what came at a moment, in seconds since the machine was made."""


async def load(
    machine: Machine,
    schedule: Sequence[float],
    answer: Answering,
    *,
    limits: Limits = LIMITS,
    give_up: GiveUp | None = None,
) -> Samples:
    """Put load on a machine."""
    began = machine.monotonic()
    driving = asyncio.create_task(machine.run())

    async def send(_: int, __: float) -> str:
        return await answer(machine.monotonic() - began)

    try:
        return await fire(schedule, send, clock=machine, limits=limits, give_up=give_up)
    finally:
        driving.cancel()
        with suppress(asyncio.CancelledError):
            await driving


async def test_a_stall_shows_in_the_latency_of_all_that_was_meant_to_come_meanwhile() -> None:
    machine = Machine()

    async def stalls_for_a_second(now: float) -> str:
        stalled = STALLED_AT <= now < STALLED_UNTIL
        await machine.sleep(STALLED_UNTIL - now if stalled else 0.001)
        return "202"

    samples = await load(machine, steady(50, 5), stalls_for_a_second)

    slow = [each for each in samples.seconds["202"] if each > 0.002]
    assert len(samples.seconds["202"]) == 250
    assert len(slow) == pytest.approx(50, abs=1)  # a second of the schedule
    assert sum(slow) / len(slow) == pytest.approx(0.5, abs=0.02)
    assert samples.quantiles("202").maximum == pytest.approx(1.0, abs=0.03)


async def test_sends_leave_on_time_while_none_is_answered() -> None:
    machine = Machine()
    came: list[float] = []

    async def never(now: float) -> str:
        came.append(now)
        await machine.sleep(60)
        return "202"

    await load(machine, steady(10, 2), never)

    distances = {round(late - early, 6) for early, late in pairwise(came)}
    assert (len(came), distances) == (20, {0.1})


async def test_beyond_the_cap_nothing_is_sent_and_each_counts_as_an_error() -> None:
    machine = Machine()

    async def slow(_: float) -> str:
        await machine.sleep(60)
        return "202"

    limits = Limits(in_flight=7, lag_seconds=0.01)
    samples = await load(machine, steady(10, 2), slow, limits=limits)

    assert samples.counts == {"202": 7, CAPPED: 13}
    assert samples.errors("202") == 13
    assert samples.quantiles("202", CAPPED).maximum == float("inf")


async def test_a_generator_that_was_late_itself_refuses_to_report() -> None:
    machine = Machine()

    async def keeps_the_generator(_: float) -> str:
        machine.advance(0.05)  # the loop does something else: the next one leaves late
        return "202"

    with pytest.raises(LaggedError, match="the generator lagged"):
        await load(machine, steady(100, 1), keeps_the_generator)


async def test_what_a_send_had_to_wait_for_is_latency_and_no_lag_of_the_generator() -> None:
    samples = Samples()

    samples.note("200", intended=10.0, sent=13.0, done=13.5, ready=13.0)

    assert samples.seconds == {"200": [3.5]}
    assert samples.lag() == 0.0
    samples.check_lag(0.01)


async def test_a_lost_connection_and_a_missing_answer_are_outcomes() -> None:
    machine = Machine()

    async def loses(now: float) -> str:
        if now > 0.5:
            raise ConnectionResetError
        await asyncio.Event().wait()
        return "202"

    limits = Limits(in_flight=10, lag_seconds=10, patience=0.05)
    samples = await load(machine, [0.0, 1.0], loses, limits=limits)

    assert samples.counts == {FAILED: 1, UNANSWERED: 1}


async def test_a_fault_of_the_bench_itself_is_raised() -> None:
    machine = Machine()

    async def wrong(_: float) -> str:
        raise KeyError("a mistake")

    with pytest.raises(KeyError, match="a mistake"):
        await load(machine, steady(10, 1), wrong)


async def test_a_run_that_has_its_answer_sends_no_more() -> None:
    machine = Machine()

    async def sheds(now: float) -> str:
        return "429" if now > 1 else "202"

    samples = await load(machine, steady(100, 60), sheds, give_up=has_errors)

    assert sum(samples.counts.values()) <= 200


@pytest.mark.parametrize("schedule", [[0.0] * (MOST_SENDS + 1), [LONGEST_SECONDS + 1]])
async def test_a_run_is_bounded_in_count_and_time(schedule: list[float]) -> None:
    async def answers(_: float) -> str:
        return "202"

    with pytest.raises(TooMuchError):
        await load(Machine(), schedule, answers)


def test_an_even_schedule_has_even_distances() -> None:
    assert steady(4, 1.5) == [0.0, 0.25, 0.5, 0.75, 1.0, 1.25]


def test_random_arrivals_keep_the_mean_rate_and_repeat_with_their_seed() -> None:
    schedule = poisson(100, 60, seed=3)

    assert schedule == poisson(100, 60, seed=3) != poisson(100, 60, seed=4)
    assert schedule == sorted(schedule)
    assert len(schedule) == pytest.approx(6000, rel=0.05)
    assert all(0 < offset < 60 for offset in schedule)


def test_samples_of_several_runs_are_put_together() -> None:
    parts = [
        Samples(seconds={"202": [1.0]}, lags=[0.1]),
        Samples(seconds={"202": [2.0], "429": [3.0]}),
    ]

    whole = joined(parts)

    assert (whole.counts, whole.lags) == ({"202": 2, "429": 1}, [0.1])
