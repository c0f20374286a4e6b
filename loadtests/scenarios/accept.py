"""The highest rate one intake process takes for 30 s, beside a bare route; then twice that rate.

Held means: every alert accepted, and p99 <= 250 ms. The rate is found by short probes and then
held; the other services run meanwhile, may lag, and must have caught up within 60 s. Twenty
stations send, so that no station's own rate limit is what is measured.

The floor is a bare ASGI route that only publishes: the same server, the same producer, the very
bytes that intake publishes, on the same topic, so that the other services take as much of the two
cores from it as from intake. What it does while they are idle is stated beside it.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from incident.messages import ALERTS
from loadtests import costs
from loadtests.accepting import Made, Probe, Target
from loadtests.alerts import Reports
from loadtests.arrivals import ACCEPTED, Limits, Samples
from loadtests.bench import Bench
from loadtests.draining import drain
from loadtests.figures import fault_of, summary
from loadtests.floors import messages, producer
from loadtests.floors.running import Floors, bare_path, open_floors
from loadtests.park import Size
from loadtests.processes import Cost
from loadtests.results import Goal, Result
from loadtests.site import Site

SCENARIO = "accept"
SIZE = Size(centers=100)
SLOWEST, SLOWEST_BEYOND = 0.250, 0.500
PROBE_SECONDS, HOLD_SECONDS = 4.0, 30.0
FLOOR_PROBE_SECONDS, FLOOR_HOLD_SECONDS, IDLE_HOLD_SECONDS = 2.0, 10.0, 4.0
FLOOR_TRIES, FLOOR_STEP = 6, 1.25
HOLD_TRIES, HOLD_STEP = 5, 1.2
START_RATE, IDLE_START_RATE, BUSY_START_RATE, WARM_RATE = 400.0, 1800.0, 1000.0, 200.0
DRAIN_SECONDS, LONGEST_DRAIN_SECONDS, REST_SECONDS = 60.0, 75.0, 30.0
FLOOR_RECORDS = 20_000
SHED = "429"
LIMITS = Limits(in_flight=2000, lag_seconds=SLOWEST / 10)
LIMITS_BEYOND = Limits(in_flight=2000, lag_seconds=SLOWEST_BEYOND / 10)

RATE = Goal(at_least=700, ratio_at_least=0.7)
DRAIN = Goal(at_most=DRAIN_SECONDS)
BEYOND = Goal(at_most=SLOWEST_BEYOND * 1000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Floor:
    """What the bare parts did.

    Attributes:
        records: Records a second of the bare producer.
        idle: Alerts a second of the bare route while the services were idle.
        busy: The same while they applied what it published.
    """

    records: float
    idle: float
    busy: float
    probes: Sequence[Probe]


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What intake did.

    Attributes:
        samples: None if no rate was held for the whole time.
        drained: The seconds until all that was accepted was worked off; None if it took too long.
    """

    rate: float | None
    samples: Samples | None
    probes: Sequence[Probe]
    cost: Cost
    drained: float | None


async def run(bench: Bench) -> list[Result]:
    """Measure the floors, the rate held, and what happens beyond it."""
    async with bench.site(f"{SCENARIO}-floor", SIZE) as site:
        floor = await _floor(bench, site)
    async with bench.site(SCENARIO, SIZE) as site:
        held = await _held(bench, site)
        beyond = [] if held.rate is None else [await _beyond(bench, site, held.rate)]
    return [*_of_floor(floor), _of_rate(held, floor), _of_drain(held), *beyond]


async def _floor(bench: Bench, site: Site) -> Floor:
    floors = await open_floors(bench, site, connections=LIMITS.in_flight)
    alerts = await messages.learn(site, Reports(site))
    records = await producer.measure(
        site.stack.kafka.address,
        floors.topic,
        alerts.make(1)[0].body,
        count=bench.count(FLOOR_RECORDS),
        clock=site.clock,
    )
    idle, _ = await _route(
        floors, alerts, floors.topic, start=IDLE_START_RATE, hold=bench.seconds(IDLE_HOLD_SECONDS)
    )
    busy, probes = await _route(
        floors,
        alerts,
        site.topic(ALERTS),
        start=BUSY_START_RATE,
        hold=bench.seconds(FLOOR_HOLD_SECONDS),
    )
    return Floor(records=records, idle=idle, busy=busy, probes=probes)


async def _route(
    floors: Floors, alerts: Made, topic: str, *, start: float, hold: float
) -> tuple[float, list[Probe]]:
    """Find what the bare route holds, publishing on a topic.

    Raises:
        ValueError: It held nothing.
    """
    async with floors.run("route", topic=topic) as route:
        target = Target(
            wire=route,
            reports=alerts,
            clock=floors.site.clock,
            limits=LIMITS,
            slowest=SLOWEST,
            path=bare_path,
        )
        await target.load(WARM_RATE, 2.0)
        rate = await target.highest(start=start, seconds=FLOOR_PROBE_SECONDS)
        held = rate and await target.hold(rate, hold, tries=FLOOR_TRIES, step=FLOOR_STEP)
    if not held:
        raise ValueError(f"the bare route held no rate: {target.probes[-1].why}")
    return held[0], target.probes


async def _held(bench: Bench, site: Site) -> Held:
    target = Target(
        wire=site.intake,
        reports=Reports(site),
        clock=site.clock,
        limits=LIMITS,
        slowest=SLOWEST,
    )
    await target.load(WARM_RATE, 2.0)
    found = await target.highest(start=START_RATE, seconds=PROBE_SECONDS)
    held, meter = None, site.meter()
    for step in range(HOLD_TRIES if found else 0):
        # What the probes left to the other services is not to be worked off within the 30 seconds.
        await drain(site, within=REST_SECONDS)
        meter = site.meter()
        rate = (found or 0.0) / HOLD_STEP**step
        held = await target.hold(rate, bench.seconds(HOLD_SECONDS), tries=1)
        if held is not None:
            break
    drained = await drain(site, within=LONGEST_DRAIN_SECONDS)
    held_rate, samples = held or (None, None)
    return Held(
        rate=held_rate, samples=samples, probes=target.probes, cost=meter.read(), drained=drained
    )


async def _beyond(bench: Bench, site: Site, rate: float) -> Result:
    """Ask twice the rate of it: it sheds, answers those it takes in time, and stays up."""
    intake = site.instance.services["intake"]
    pid = intake.pid
    target = Target(
        wire=site.intake,
        reports=Reports(site, first=5_000_000),
        clock=site.clock,
        limits=LIMITS_BEYOND,
        slowest=SLOWEST_BEYOND,
    )
    seconds = bench.seconds(HOLD_SECONDS)
    samples = await target.load(2 * rate, seconds)
    await intake.wait_ready()
    fault = fault_of(samples, ACCEPTED, SHED)
    if intake.pid != pid:
        fault = "intake was started anew"
    accepted = samples.quantiles(ACCEPTED)
    details = {
        "offered_per_second": round(2 * rate, 1),
        "accepted_per_second": round(accepted.n / seconds, 1),
        "accepted": summary(samples, ACCEPTED),
        "shed": summary(samples, SHED),
    }
    return Result(
        scenario=SCENARIO,
        what="p99 at twice the rate",
        unit="ms",
        measured=accepted.p99 * 1000,
        goal=BEYOND,
        sound=fault is None,
        fault=fault,
        details=details,
    )


def _of_floor(floor: Floor) -> list[Result]:
    stated = (
        ("bare producer", "records/s", floor.records),
        ("bare route, services idle", "alerts/s", floor.idle),
    )
    return [
        Result(scenario=SCENARIO, what=what, unit=unit, measured=measured)
        for what, unit, measured in stated
    ]


def _of_rate(held: Held, floor: Floor) -> Result:
    details: dict[str, object] = {
        "probes": [asdict(probe) for probe in held.probes],
        "floor_probes": [asdict(probe) for probe in floor.probes],
    }
    if held.samples is not None:
        details["answers"] = summary(held.samples, ACCEPTED)
        acts = held.samples.counts[ACCEPTED]
        details[costs.COST] = costs.describe(held.cost, acts, act="alert accepted")
    return Result(
        scenario=SCENARIO,
        what="rate",
        unit="alerts/s",
        measured=held.rate if held.rate or held.probes[-1].lagged else 0.0,
        goal=RATE,
        floor=floor.busy,
        fault=None if held.rate else f"no rate was held: {held.probes[-1].why}",
        details=details,
    )


def _of_drain(held: Held) -> Result:
    late = held.drained is None
    return Result(
        scenario=SCENARIO,
        what="drain",
        unit="s",
        measured=LONGEST_DRAIN_SECONDS if held.drained is None else held.drained,
        goal=DRAIN,
        fault="not drained when this was given up" if late else None,
    )
