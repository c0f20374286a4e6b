"""From POST to the console's stream: 50 alerts a second over 100 centers, beside the bare path.

Every center has its console open. Alerts come at random (Poisson), as callers do. The floor is the
same load on the bare path: produce, consume, one batched transaction, server-sent events, nothing
checked or decided.
"""

from loadtests import costs
from loadtests.alerts import Reports
from loadtests.arrivals import ACCEPTED, Limits, poisson
from loadtests.bench import Bench
from loadtests.figures import summary
from loadtests.floors.running import bare_path, open_floors
from loadtests.park import Size
from loadtests.posting import TOLD, Arrivals
from loadtests.processes import Cost
from loadtests.pushing import Pushed, Way
from loadtests.results import Goal, Result
from loadtests.site import Site
from loadtests.streams import Streams, Watch

RATE, CENTERS = 50.0, 100
SECONDS, FLOOR_SECONDS, WARM_SECONDS = 30.0, 20.0, 3.0
P50 = Goal(at_most=15, ratio_at_most=2)
P99 = Goal(at_most=60, ratio_at_most=2)
LIMITS = Limits(in_flight=500, lag_seconds=0.010)


async def run(bench: Bench) -> list[Result]:
    """Measure the bare path, then the service."""
    async with bench.site("push", Size(centers=CENTERS)) as site:
        bare = await _bare(bench, site)
        pushed, cost = await _real(bench, site)
    spread, floor = pushed.frames.quantiles(TOLD), bare.frames.quantiles(TOLD)
    fault = pushed.fault or (bare.fault and f"floor: {bare.fault}")
    details = {
        "frames": summary(pushed.frames, TOLD),
        "answers": summary(pushed.answers, ACCEPTED),
        "floor_frames": summary(bare.frames, TOLD),
        costs.COST: costs.describe(cost, pushed.frames.counts[TOLD], act="alert pushed"),
    }
    return [
        Result(
            scenario="push",
            what=what,
            unit="ms",
            measured=measured * 1000,
            goal=goal,
            floor=of_floor * 1000,
            sound=fault is None,
            fault=fault,
            details=details if what == "p50" else {},
        )
        for what, measured, goal, of_floor in (
            ("p50", spread.p50, P50, floor.p50),
            ("p99", spread.p99, P99, floor.p99),
        )
    ]


async def _real(bench: Bench, site: Site) -> tuple[Pushed, Cost]:
    arrivals = Arrivals(site.clock)
    streams = site.streams(arrivals.take)
    await streams.open(map(site.console, site.park.centers))
    await site.intake.warm(20)
    way = Way(wire=site.intake, arrivals=arrivals, streams=streams, clock=site.clock, limits=LIMITS)
    reports = Reports(site)
    await _load(way, reports, WARM_SECONDS)
    meter = site.meter()
    pushed = await _load(way, reports, bench.seconds(SECONDS))
    return pushed, meter.read()


async def _bare(bench: Bench, site: Site) -> Pushed:
    floors = await open_floors(bench, site, connections=LIMITS.in_flight)
    async with floors.run("route") as route, floors.run("path") as path:
        arrivals = Arrivals(site.clock)
        streams = Streams(path, arrivals.take)
        await streams.open(Watch(f"/{center}", b"") for center in site.park.centers)
        await route.warm(20)
        way = Way(
            wire=route,
            arrivals=arrivals,
            streams=streams,
            clock=site.clock,
            limits=LIMITS,
            path=bare_path,
        )
        reports = Reports(site)
        await _load(way, reports, WARM_SECONDS)
        return await _load(way, reports, bench.seconds(FLOOR_SECONDS))


async def _load(way: Way, reports: Reports, seconds: float) -> Pushed:
    schedule = poisson(RATE, seconds, seed=round(seconds))
    return await way.push(reports.make(len(schedule)), schedule)
