"""Posts alerts at a rate for a while, and judges whether the rate was held."""

from dataclasses import dataclass, field
from typing import Protocol

from loadtests.alerts import Report
from loadtests.arrivals import (
    ACCEPTED,
    GiveUp,
    LaggedError,
    Limits,
    Samples,
    fire,
    has_errors,
    steady,
)
from loadtests.posting import Path, Posts, intake_path
from loadtests.ramp import highest
from loadtests.wire import Wire
from services.runtime.clock import Clock

TRIES = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """A rate that was tried.

    Attributes:
        why: Why it was not held; None if it was.
        lagged: The generator was late itself, so that nothing is known of the server.
    """

    rate: float
    p99_ms: float | None
    why: str | None
    lagged: bool = False


class Made(Protocol):
    """Makes what is posted."""

    def make(self, number: int) -> list[Report]:
        """Make so many, none of them twice."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What takes alerts, and what holding a rate means there.

    Attributes:
        slowest: Seconds that 99 percent of the answers may take.
        probes: What was tried so far.
    """

    wire: Wire
    reports: Made
    clock: Clock
    limits: Limits
    slowest: float
    path: Path = intake_path
    probes: list[Probe] = field(default_factory=list)

    async def load(self, rate: float, seconds: float, *, give_up: GiveUp | None = None) -> Samples:
        """Post at a rate for so many seconds.

        Raises:
            LaggedError: The generator was late itself.
        """
        schedule = steady(rate, seconds)
        posts = Posts(self.wire, self.reports.make(len(schedule)), self.path)
        return await fire(
            schedule, posts.send, clock=self.clock, limits=self.limits, give_up=give_up
        )

    async def try_rate(self, rate: float, seconds: float) -> Samples | None:
        """Try a rate; gives the samples if it was held: all accepted, and soon enough."""
        why, p99, lagged = None, None, False
        samples = None
        try:
            lost = _Lost(slowest=self.slowest, most=round(rate * seconds) // 100)
            samples = await self.load(rate, seconds, give_up=lost)
        except LaggedError as error:
            why, lagged = str(error), True
        else:
            if samples.seconds.get(ACCEPTED):
                p99 = samples.quantiles(ACCEPTED).p99
            why = self._why_not(samples, p99)
        p99_ms = None if p99 is None else round(p99 * 1000, 1)
        self.probes.append(Probe(rate=round(rate, 1), p99_ms=p99_ms, why=why, lagged=lagged))
        return samples if why is None else None

    async def highest(self, *, start: float, seconds: float) -> float | None:
        """Find the highest rate that short probes say is held.

        A rate is not held if it was not twice: in a few seconds one stall of the machine, which 30
        seconds would bear, is more than one percent.
        """

        async def probe(rate: float) -> bool:
            for _ in range(TRIES):
                if await self.try_rate(rate, seconds) is not None:
                    return True
            return False

        return await highest(probe, start=start, factor=1.5)

    async def hold(
        self, rate: float, seconds: float, *, tries: int = 4, step: float = 1.15
    ) -> tuple[float, Samples] | None:
        """Hold a rate for longer; one that is not held is tried a step lower."""
        for _ in range(tries):
            if (samples := await self.try_rate(rate, seconds)) is not None:
                return rate, samples
            rate /= step
        return None

    def _why_not(self, samples: Samples, p99: float | None) -> str | None:
        errors = samples.errors(ACCEPTED)
        if errors:
            return f"{errors} not accepted: {samples.counts}"
        if p99 is None or p99 > self.slowest:
            return f"p99 over {self.slowest * 1000:.0f} ms"
        return None


class _Lost:
    """Whether a rate is known not to be held: one was not accepted, or too many came too late."""

    def __init__(self, *, slowest: float, most: int) -> None:
        self._slowest = slowest
        self._most = most
        self._seen = self._late = 0

    def __call__(self, samples: Samples) -> bool:
        accepted = samples.seconds.get(ACCEPTED, [])
        self._late += sum(took > self._slowest for took in accepted[self._seen :])
        self._seen = len(accepted)
        return self._late > self._most or has_errors(samples)
