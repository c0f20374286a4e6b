"""At rest, and under use: processor and memory of each part; memory flat over 100,000 openings.

First nothing happens. Then 60,000 alerts are opened, after which every cache is as full as it gets;
from there on memory is to stay where it is, over 100,000 further openings and then 2,000 whole
lives. Nobody looks after what is opened, so that the ladder sends every team there is; the lives
are therefore those of other centers.
"""

from collections.abc import Mapping

from loadtests.alerts import Reports
from loadtests.arrivals import Limits, fire, steady
from loadtests.bench import Bench
from loadtests.draining import drain
from loadtests.filling import fill
from loadtests.living import LIVED, Lives, Teams
from loadtests.park import Size
from loadtests.processes import Usage, usages
from loadtests.results import Goal, Result
from loadtests.site import Site
from services.cli.instance.instance import SERVICES

REST_SECONDS, SETTLE_SECONDS = 20.0, 5.0
FIRST, OPENINGS, LIVES = 60_000, 100_000, 2_000
LIVES_PER_SECOND, THINK_SECONDS = 35.0, 0.25
DRAIN_SECONDS = 120.0
LIMITS = Limits(in_flight=2000, lag_seconds=1.0, patience=60.0)
FLAT = Goal(at_most=10)
"""Percent more than after the first openings: what the allocator keeps comes and goes."""


async def run(bench: Bench) -> list[Result]:
    """Rest, then open, then live."""
    size = Size(centers=100, teams=8)
    async with bench.site("rest", size) as site:
        results = await _rest(bench, site)
        half = len(site.park.centers) // 2
        reports = Reports(site, centers=site.park.centers[:half])
        await _open(site, reports, bench.count(FIRST))
        before = _memory(site)
        opened = bench.count(OPENINGS)
        await _open(site, reports, opened)
        results += _flat("openings", before, _memory(site), over=opened)
        before = _memory(site)
        others = Reports(site, first=5_000_000, centers=site.park.centers[half:])
        lived = await _live(site, others, bench.count(LIVES))
        return results + _flat("lives", before, _memory(site), over=lived)


async def _rest(bench: Bench, site: Site) -> list[Result]:
    """Measure what the parts use while nothing happens."""
    await site.clock.sleep(SETTLE_SECONDS)
    meter = site.meter()
    await site.clock.sleep(bench.seconds(REST_SECONDS))
    cores, memory = meter.read().cores(), _memory(site)
    return [
        Result(
            scenario="rest",
            what=f"{part} processor",
            unit="% of a core",
            measured=cores[part] * 100,
            details={"memory_mb": round(memory[part].memory_bytes / 2**20, 1)},
        )
        for part in (*SERVICES, "kafka", "postgres")
    ]


def _memory(site: Site) -> Mapping[str, Usage]:
    return usages(site.parts())


def _flat(
    what: str, before: Mapping[str, Usage], after: Mapping[str, Usage], *, over: int
) -> list[Result]:
    """Say how much more memory each service has than before."""
    return [
        Result(
            scenario="rest",
            what=f"{service} growth over {over:,} {what}",
            unit="%",
            measured=(after[service].memory_bytes / before[service].memory_bytes - 1) * 100,
            goal=FLAT,
            details={
                "before_mb": round(before[service].memory_bytes / 2**20, 1),
                "after_mb": round(after[service].memory_bytes / 2**20, 1),
            },
        )
        for service in SERVICES
    ]


async def _open(site: Site, reports: Reports, count: int) -> None:
    """Send alerts, so many at once, and wait until all is worked off.

    Raises:
        ValueError: One was refused, or it took too long.
    """
    await fill(site, reports, count)
    if await drain(site, within=DRAIN_SECONDS) is None:
        raise ValueError(f"the openings were not worked off within {DRAIN_SECONDS:g} s")


async def _live(site: Site, reports: Reports, count: int) -> int:
    """Live incidents to their end, and wait until all is worked off; gives how many did.

    Raises:
        ValueError: More than one in a hundred did not.
    """
    schedule = steady(LIVES_PER_SECOND, count / LIVES_PER_SECOND)
    lives = Lives(site, Teams(site), reports.make(len(schedule)), THINK_SECONDS)
    samples = await fire(schedule, lives.live, clock=site.clock, limits=LIMITS)
    await drain(site, within=DRAIN_SECONDS)
    if samples.counts.get(LIVED, 0) < len(schedule) * 0.99:
        raise ValueError(f"too few lived to their end: {samples.counts}")
    return samples.counts[LIVED]
