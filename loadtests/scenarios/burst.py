"""500 alerts within one second over 200 centers: when the last one is on its console.

Three bursts, with a rest between them; the slowest counts. The time runs from the moment the first
POST was meant to leave to the last frame.
"""

from loadtests.alerts import Reports
from loadtests.arrivals import ACCEPTED, Limits, steady
from loadtests.bench import Bench
from loadtests.figures import summary
from loadtests.park import Size
from loadtests.posting import TOLD, Arrivals
from loadtests.pushing import Pushed, Way
from loadtests.results import Goal, Result
from loadtests.site import Site

ALERTS, CENTERS, BURSTS = 500, 200, 3
WARM_ALERTS, WARM_RATE, REST_SECONDS = 100, 50.0, 3.0
GOAL = Goal(at_most=2)
LIMITS = Limits(in_flight=ALERTS, lag_seconds=0.050)


async def run(bench: Bench) -> list[Result]:
    """Measure the bursts."""
    async with bench.site("burst", Size(centers=CENTERS)) as site:
        bursts = await _bursts(bench, site)
    last = [burst.span for burst in bursts]
    fault = next(filter(None, (burst.fault for burst in bursts)), None)
    details = {
        "last_frame_seconds": [round(each, 3) for each in last],
        "frames": [summary(burst.frames, TOLD) for burst in bursts],
        "answers": [summary(burst.answers, ACCEPTED) for burst in bursts],
    }
    return [
        Result(
            scenario="burst",
            what="last frame",
            unit="s",
            measured=max(last),
            goal=GOAL,
            sound=fault is None,
            fault=fault,
            details=details,
        )
    ]


async def _bursts(bench: Bench, site: Site) -> list[Pushed]:
    arrivals = Arrivals(site.clock)
    streams = site.streams(arrivals.take)
    await streams.open(map(site.console, site.park.centers))
    await site.intake.warm(100)
    way = Way(wire=site.intake, arrivals=arrivals, streams=streams, clock=site.clock, limits=LIMITS)
    reports = Reports(site)
    await way.push(reports.make(WARM_ALERTS), steady(WARM_RATE, WARM_ALERTS / WARM_RATE))
    bursts = []
    for _ in range(bench.count(BURSTS)):
        await site.clock.sleep(REST_SECONDS)
        bursts.append(await way.push(reports.make(ALERTS), steady(ALERTS, 1.0)))
    return bursts
