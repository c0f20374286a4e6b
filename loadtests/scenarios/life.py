"""Whole lives over HTTP: 12 acts an incident, 100 centers, 30 incidents a second for 60 s.

Acts follow one another every 0.75 s, on the schedule of their life; every center has its console
open. Then short probes find how many incidents a second are just held, acts half as far apart.
"""

from dataclasses import asdict, dataclass

from loadtests import costs
from loadtests.accepting import Probe
from loadtests.alerts import Reports
from loadtests.arrivals import ACCEPTED, LaggedError, Limits, Samples, fire, joined, poisson
from loadtests.bench import Bench
from loadtests.draining import drain
from loadtests.figures import fault_of, summary
from loadtests.living import ACTS, ALERT, DONE, LIVED, Lives, Teams
from loadtests.park import Size
from loadtests.processes import Cost
from loadtests.ramp import highest
from loadtests.results import Goal, Result
from loadtests.site import Site
from loadtests.streams import Seen, Watch

RATE, SECONDS, THINK_SECONDS = 30.0, 60.0, 0.75
WARM_RATE, WARM_SECONDS = 10.0, 3.0
PROBE_SECONDS, PROBE_THINK_SECONDS, REST_SECONDS = 6.0, 0.375, 20.0
SIZE = Size(centers=100, teams=8)
SLOWEST = 0.250
LIMITS = Limits(in_flight=3000, lag_seconds=SLOWEST / 10, patience=60.0)
P99 = Goal(at_most=SLOWEST * 1000)
HELD = Goal(at_least=RATE * 0.98)
"""Poisson arrivals: so many of a rate may fail to come in a minute by chance alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lived:
    """What came of a load of lives.

    Attributes:
        acts: What became of the acts, by verb.
        seconds: From the first life's beginning to the last one's.
    """

    lives: Samples
    acts: dict[str, Samples]
    asked_early: int
    seconds: float

    @property
    def worst(self) -> tuple[str, float]:
        """The act with the highest p99, and that p99 in seconds."""
        spread = {
            verb: found.quantiles(*GOOD).p99
            for verb, found in self.acts.items()
            if not found.seconds.keys().isdisjoint(GOOD)
        }
        return max(spread.items(), key=lambda item: item[1])

    @property
    def fault(self) -> str | None:
        """What went wrong beside being slow."""
        return fault_of(joined(self.acts.values()), *GOOD) or fault_of(self.lives, LIVED)

    def why_not_held(self) -> str | None:
        """Say why the rate was not held; None if it was."""
        if self.fault is not None:
            return self.fault
        verb, p99 = self.worst
        return f"p99 of {verb} {p99 * 1000:.0f} ms" if p99 > SLOWEST else None


GOOD = (ACCEPTED, DONE)


async def run(bench: Bench) -> list[Result]:
    """Measure the rate asked for, then find the saturation point."""
    async with bench.site("life", SIZE) as site:
        streams = site.streams(_heed_not)
        await streams.open(map(site.console, site.park.centers))
        await site.intake.warm(20)
        await site.dispatcher.warm(50)
        load = Load(site, Reports(site), Teams(site))
        await load.live(WARM_RATE, WARM_SECONDS, think=PROBE_THINK_SECONDS)
        meter = site.meter()
        lived = await load.live(RATE, bench.seconds(SECONDS), think=THINK_SECONDS)
        cost = meter.read()
        saturation, probes = await _saturation(load, lived)
    return [
        _of_acts(lived, cost),
        _of_rate(lived),
        Result(
            scenario="life",
            what="saturation",
            unit="incidents/s",
            measured=saturation,
            fault=None if saturation else "no rate was held",
            details={"probes": [asdict(probe) for probe in probes], "think": PROBE_THINK_SECONDS},
        ),
    ]


@dataclass(frozen=True, slots=True)
class Load:
    """Who lives, and on which teams."""

    site: Site
    reports: Reports
    teams: Teams

    async def live(self, rate: float, seconds: float, *, think: float) -> Lived:
        """Let lives begin at a rate for so many seconds, and wait for the end of the last.

        Raises:
            LaggedError: The generator was late itself.
        """
        schedule = poisson(rate, seconds, seed=round(rate))
        lives = Lives(self.site, self.teams, self.reports.make(len(schedule)), think)
        whole = await fire(schedule, lives.live, clock=self.site.clock, limits=LIMITS)
        if lives.broken:
            await drain(self.site, within=REST_SECONDS)
            await lives.clear()
        joined(lives.acts.values()).check_lag(LIMITS.lag_seconds)
        return Lived(lives=whole, acts=lives.acts, asked_early=lives.asked_early, seconds=seconds)


async def _saturation(load: Load, lived: Lived) -> tuple[float, list[Probe]]:
    """Find the highest rate that short probes say is held; 0 if they say so of none."""
    probes: list[Probe] = []

    async def probe(rate: float) -> bool:
        p99 = None
        try:
            found = await load.live(rate, PROBE_SECONDS, think=PROBE_THINK_SECONDS)
        except LaggedError as error:
            why: str | None = str(error)
        else:
            why = found.why_not_held()
            p99 = None if found.fault else round(found.worst[1] * 1000, 1)
        probes.append(Probe(rate=round(rate, 1), p99_ms=p99, why=why))
        if why is not None:
            await drain(load.site, within=REST_SECONDS)
        return why is None

    start = RATE if lived.why_not_held() is None else RATE / 2
    return await highest(probe, start=start * 1.4, factor=1.4, narrow=1) or 0.0, probes


def _of_acts(lived: Lived, cost: Cost) -> Result:
    acts = joined(lived.acts.values())
    done = sum(len(acts.seconds.get(outcome, ())) for outcome in GOOD)
    verb, p99 = lived.worst
    details = {
        "slowest_act": verb,
        "acts": {name: summary(found, *GOOD)["milliseconds"] for name, found in lived.acts.items()},
        "outcomes": acts.counts,
        "asked_before_open": lived.asked_early,
        "generator_lag_p99_ms": round(acts.lag() * 1000, 2),
        costs.COST: costs.describe(cost, done, act="act of a life"),
    }
    return Result(
        scenario="life",
        what=f"slowest act's p99 of {len(ACTS) + 1}",
        unit="ms",
        measured=p99 * 1000,
        goal=P99,
        sound=lived.fault is None,
        fault=lived.fault,
        details=details,
    )


def _of_rate(lived: Lived) -> Result:
    ended = lived.lives.counts.get(LIVED, 0)
    why = lived.why_not_held()
    return Result(
        scenario="life",
        what="rate held",
        unit="incidents/s",
        measured=ended / lived.seconds,
        goal=HELD,
        sound=why is None,
        fault=why,
        details={"lives": summary(lived.lives, LIVED), "first_act": ALERT},
    )


def _heed_not(_: Watch, __: Seen) -> None:
    """Consoles are open, and what they are told is read; nothing is asked of it here."""
