"""Open-loop load: sends leave at the moments of a schedule, whatever became of those before.

Latency counts from the moment a send was *meant* to leave, so that a server that stalls is charged
with all that should have come meanwhile (no coordinated omission). What finds the in-flight cap
reached is not sent and counts as an error. The generator measures how late it was itself, and
refuses to report where that would be taken for the server's doing.
"""

import asyncio
import gc
import os
import random
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from loadtests.quantiles import Quantiles, quantiles, rank
from services.runtime.clock import Clock

ACCEPTED = "202"
CAPPED, UNANSWERED, FAILED = "capped", "unanswered", "failed"
"""What became of sends that have no answer: never sent, not answered in time, connection lost."""

MOST_SENDS = 500_000
LONGEST_SECONDS = 600.0
_LEAD_SECONDS = 0.05
_LOOK_EVERY = 100

GiveUp = Callable[["Samples"], bool]
"""Whether to send no more, as what came so far has answered the question."""

Send = Callable[[int, float], Awaitable[str]]
"""Sends the n-th of a schedule, meant for a moment of the monotonic clock; gives its outcome."""


class LaggedError(Exception):
    """The generator was late itself: what it measured says nothing about the server."""


class TooMuchError(ValueError):
    """A schedule goes beyond what one run may send, or how long it may last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What bounds a run.

    Attributes:
        in_flight: Sends under way at once; beyond it they count as errors.
        lag_seconds: How late the generator may be at its own 99th percentile.
        patience: Real seconds a send may take.
    """

    in_flight: int
    lag_seconds: float
    patience: float = 10.0


@dataclass(slots=True)
class Samples:
    """What became of sends.

    Attributes:
        seconds: Latencies from the intended moment, by outcome, in the order they ended.
        lags: How late each left, beyond what it had to wait for.
    """

    seconds: dict[str, list[float]] = field(default_factory=dict)
    lags: list[float] = field(default_factory=list)

    def note(
        self, outcome: str, *, intended: float, sent: float, done: float, ready: float | None = None
    ) -> None:
        """Note a send that was meant for a moment, left at another, and has ended.

        Args:
            outcome: What became of it.
            intended: The moment it was meant for; all are of the monotonic clock.
            sent: When it left.
            done: When its outcome was known.
            ready: When what it had to wait for was over; what it waited is not the generator's lag.
        """
        self.lags.append(sent - max(intended, ready or intended))
        self.seconds.setdefault(outcome, []).append(done - intended)

    def note_capped(self) -> None:
        """Note that one was not sent."""
        self.seconds.setdefault(CAPPED, []).append(float("inf"))

    @property
    def counts(self) -> dict[str, int]:
        """How many there were of each outcome."""
        return {outcome: len(found) for outcome, found in sorted(self.seconds.items())}

    def errors(self, *good: str) -> int:
        """How many ended otherwise than in these outcomes."""
        return sum(count for outcome, count in self.counts.items() if outcome not in good)

    def quantiles(self, *outcomes: str) -> Quantiles:
        """Give the quantiles of the latencies of these outcomes, in seconds.

        Raises:
            ValueError: There are none.
        """
        return quantiles(each for outcome in outcomes for each in self.seconds.get(outcome, ()))

    def lag(self) -> float:
        """How late the generator was itself, in seconds at the 99th percentile."""
        return rank(sorted(self.lags), 99) if self.lags else 0.0

    def check_lag(self, most: float) -> None:
        """Refuse samples of a generator that was late.

        Raises:
            LaggedError: It was later than so many seconds.
        """
        if self.lag() > most:
            raise LaggedError(
                f"the generator lagged {self.lag() * 1000:.1f} ms at its p99,"
                f" {most * 1000:.0f} ms are allowed"
            )


def steady(rate: float, seconds: float) -> list[float]:
    """Give the offsets in seconds of sends at even distances."""
    return [number / rate for number in range(round(rate * seconds))]


def poisson(rate: float, seconds: float, *, seed: int) -> list[float]:
    """Give the offsets in seconds of sends that come at random at a mean rate, as callers do."""
    return list(_poisson(rate, seconds, random.Random(seed)))


def has_errors(samples: Samples) -> bool:
    """Give up at the first send that is not accepted."""
    return any(outcome != ACCEPTED for outcome in samples.seconds)


async def fire(
    schedule: Sequence[float],
    send: Send,
    *,
    clock: Clock,
    limits: Limits,
    give_up: GiveUp | None = None,
) -> Samples:
    """Send on a schedule and wait for the last outcome.

    Args:
        schedule: Offsets in seconds, ascending.
        send: Sends one.
        clock: What tells the time.
        limits: What bounds the run.
        give_up: Asked now and then whether to send no more.

    Raises:
        TooMuchError: The schedule goes beyond what a run may be.
        LaggedError: The generator was late itself.
    """
    if len(schedule) > MOST_SENDS or (schedule and schedule[-1] > LONGEST_SECONDS):
        raise TooMuchError(f"at most {MOST_SENDS} sends in {LONGEST_SECONDS:g} s")
    samples = Samples()
    with _uncollected(), _ahead():
        await _Firing(send, samples, clock=clock, limits=limits, give_up=give_up).run(schedule)
    samples.check_lag(limits.lag_seconds)
    return samples


class _Firing:
    """One run of a schedule."""

    def __init__(
        self,
        send: Send,
        samples: Samples,
        *,
        clock: Clock,
        limits: Limits,
        give_up: GiveUp | None,
    ) -> None:
        self._send = send
        self._clock = clock
        self._limits = limits
        self._samples = samples
        self._give_up = give_up
        self._running: set[asyncio.Task[None]] = set()
        self._fault: BaseException | None = None

    async def run(self, schedule: Sequence[float]) -> None:
        started = self._clock.monotonic() + _LEAD_SECONDS
        try:
            for number, offset in enumerate(schedule):
                wait = started + offset - self._clock.monotonic()
                if wait > 0 or number % _LOOK_EVERY == 0:
                    await self._clock.sleep(wait)
                if self._is_over(number):
                    break
                self._begin(number, started + offset)
            if self._running:
                await asyncio.wait(self._running)
        finally:
            for task in self._running:
                task.cancel()
        if self._fault is not None:
            raise self._fault

    def _is_over(self, number: int) -> bool:
        if self._fault is not None:
            return True
        if self._give_up is None or number % _LOOK_EVERY:
            return False
        return self._give_up(self._samples)

    def _begin(self, number: int, intended: float) -> None:
        if len(self._running) >= self._limits.in_flight:
            self._samples.note_capped()
            return
        task = asyncio.create_task(self._one(number, intended))
        self._running.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self._fault = task.exception()

    async def _one(self, number: int, intended: float) -> None:
        sent = self._clock.monotonic()
        outcome = await outcome_of(self._send(number, intended), within=self._limits.patience)
        done = self._clock.monotonic()
        self._samples.note(outcome, intended=intended, sent=sent, done=done)


async def outcome_of(sending: Awaitable[str], *, within: float) -> str:
    """Wait for what becomes of a send; a lost connection and a time-out are outcomes too."""
    try:
        async with asyncio.timeout(within):
            return await sending
    except TimeoutError:
        return UNANSWERED
    except OSError:
        return FAILED


def joined(parts: Iterable[Samples]) -> Samples:
    """Put samples of several runs together."""
    whole = Samples()
    for part in parts:
        whole.lags += part.lags
        for outcome, seconds in part.seconds.items():
            whole.seconds.setdefault(outcome, []).extend(seconds)
    return whole


def _poisson(rate: float, seconds: float, chance: random.Random) -> Iterator[float]:
    offset = chance.expovariate(rate)
    while offset < seconds:
        yield offset
        offset += chance.expovariate(rate)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Keep the garbage collector from stopping the generator; a run is short and bounded."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@contextmanager
def _ahead() -> Iterator[None]:
    """Let the generator's thread go before all others where we may (it takes root, on Linux).

    It stands for machines of their own, which would not wait for a core of the services': on two
    cores that are busy it would else be late by itself. What it takes of them stands in the table
    of costs.
    """
    try:
        # What it starts meanwhile is an ordinary process again.
        os.sched_setscheduler(0, os.SCHED_RR | os.SCHED_RESET_ON_FORK, os.sched_param(1))
    except OSError:
        yield
        return
    try:
        yield
    finally:
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
