"""2,000 consoles on one dispatcher: an event to all 200 of a center, memory, and all coming back.

The consoles of ten centers watch while alerts come in. Then every connection is lost at once, as
when a switch restarts, and all come back with their last number while alerts go on. It is settled
once every console is open and has been told all that its center's sequence holds.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from loadtests.alerts import Reports
from loadtests.arrivals import ACCEPTED, Limits, Samples, fire, steady
from loadtests.bench import Bench
from loadtests.consoles import Console
from loadtests.figures import fault_of, milliseconds
from loadtests.park import Size
from loadtests.posting import NEVER, TOLD, Posts
from loadtests.processes import usage_of
from loadtests.results import Goal, Result
from loadtests.site import Site
from loadtests.streams import OPENED, Seen, incident_of

CENTERS, EACH = 10, 200
PER_SECOND, SECONDS = 5.0, 15.0
STORM_SECONDS, LEAD_SECONDS, AT_ONCE, QUIET_SECONDS = 12.0, 1.0, 500, 20.0
FAN_OUT, SETTLED = Goal(at_most=200), Goal(at_most=10)
LIMITS = Limits(in_flight=100, lag_seconds=0.050)
IN_STORM = Limits(in_flight=100, lag_seconds=5.0)  # no latency is judged in it
_POLL_SECONDS = 0.05


async def run(bench: Bench) -> list[Result]:
    """Measure memory, fan-out and the storm."""
    size = Size(centers=CENTERS, profile="observe")
    async with bench.site("consoles", size) as site:
        hall = _hall(site, bench.count(EACH))
        before = _memory(site)
        await hall.open()
        per_console = (_memory(site) - before) / len(hall.consoles)
        reports = Reports(site)
        samples = await _fan_out(hall, reports, bench.seconds(SECONDS))
        settled, storm_fault = await _storm(hall, reports, bench.seconds(STORM_SECONDS))
        return [
            _fan_out_result(samples, hall),
            Result(
                scenario="consoles",
                what="memory each",
                unit="KB",
                measured=per_console / 1024,
                details={"consoles": len(hall.consoles), "dispatcher_mb": _memory(site) / 2**20},
            ),
            Result(
                scenario="consoles",
                what="storm settled",
                unit="s",
                measured=settled,
                goal=SETTLED,
                sound=storm_fault is None,
                fault=storm_fault,
                details={"refusals": sum(console.refusals for console in hall.consoles)},
            ),
        ]


@dataclass(slots=True)
class Hall:
    """All consoles, and when the last of those of its center was told of each incident."""

    site: Site
    consoles: list[Console]
    each: int
    told: Counter[UUID] = field(default_factory=Counter)
    last_at: dict[UUID, float] = field(default_factory=dict)
    chance: random.Random = field(default_factory=lambda: random.Random(1))

    async def open(self) -> None:
        """Open every console that is not open, a bounded number at once."""
        places = asyncio.Semaphore(AT_ONCE)

        async def open_one(console: Console) -> None:
            async with places:
                await console.open(self.site.dispatcher, clock=self.site.clock, chance=self.chance)

        await asyncio.gather(*(open_one(each) for each in self.consoles if not each.is_open))

    def take(self, seen: Seen) -> None:
        """Note a frame on one of the consoles."""
        if seen.type != OPENED:
            return
        incident = incident_of(seen)
        self.told[incident] += 1
        if self.told[incident] == self.each:
            self.last_at[incident] = self.site.clock.monotonic()

    async def positions(self) -> dict[str, int]:
        """Return the last number of each center's sequence, by the path of its stream."""
        connection = await self.site.connect()
        try:
            rows = await connection.fetch(
                "select name, sequence from dispatcher.channel where name like 'center:%'"
            )
        finally:
            await connection.close()
        return {
            f"/v1/centers/{row['name'].removeprefix('center:')}/stream": row["sequence"]
            for row in rows
        }

    def behind(self, last: Mapping[str, int]) -> int:
        """Return how many consoles are not open, or have not been told what there was."""
        return sum(
            not each.is_open or (each.position or 0) < last.get(each.watch.path, 0)
            for each in self.consoles
        )

    async def caught_up(self) -> bool:
        """Wait until every console has been told what there is now; False if that takes long."""
        last = await self.positions()
        return await self.until(lambda: self.behind(last) == 0)

    async def until(self, holds: Callable[[], bool]) -> bool:
        """Wait until something holds, for a bounded time; say whether it does."""
        deadline = self.site.clock.monotonic() + QUIET_SECONDS
        while not holds():
            if self.site.clock.monotonic() > deadline:
                return False
            await self.site.clock.sleep(_POLL_SECONDS)
        return True

    @property
    def gaps(self) -> int:
        """How often a console missed something, or was told something twice."""
        return sum(console.gaps for console in self.consoles)


def _hall(site: Site, each: int) -> Hall:
    hall = Hall(site, [], each)
    hall.consoles = [
        Console(site.console(center), hall.take)
        for center in site.park.centers
        for _ in range(each)
    ]
    return hall


def _memory(site: Site) -> int:
    pid = site.instance.services["dispatcher"].pid
    return 0 if pid is None else usage_of(pid).memory_bytes


async def _fan_out(hall: Hall, reports: Reports, seconds: float) -> Samples:
    """Post alerts, and give the time from each POST to the last frame of its center's consoles."""
    posts = await _post(hall, reports, seconds, limits=LIMITS)
    await hall.until(lambda: posts.intended.keys() <= hall.last_at.keys())
    samples = Samples()
    for incident, intended in posts.intended.items():
        done = hall.last_at.get(incident)
        outcome = NEVER if done is None else TOLD
        samples.note(outcome, intended=intended, sent=intended, done=done or float("inf"))
    return samples


async def _post(hall: Hall, reports: Reports, seconds: float, *, limits: Limits) -> Posts:
    """Post alerts at a steady rate.

    Raises:
        ConnectionError: Not all were accepted.
    """
    schedule = steady(PER_SECOND, seconds)
    posts = Posts(hall.site.intake, reports.make(len(schedule)))
    answers = await fire(schedule, posts.send, clock=hall.site.clock, limits=limits)
    if (fault := fault_of(answers, ACCEPTED)) is not None:
        raise ConnectionError(f"alerts were not accepted: {fault}")
    return posts


async def _storm(hall: Hall, reports: Reports, seconds: float) -> tuple[float, str | None]:
    """Lose every connection; give the seconds until all is settled, and what went wrong."""
    posting = asyncio.create_task(_post(hall, reports, seconds, limits=IN_STORM))
    try:
        await hall.site.clock.sleep(LEAD_SECONDS)  # alerts are on their way when it breaks
        began = hall.site.clock.monotonic()
        for console in hall.consoles:
            console.drop()
        await hall.open()
        came_back = await hall.caught_up()
        settled = hall.site.clock.monotonic() - began
        await posting
    finally:
        posting.cancel()
    whole = await hall.caught_up()
    faults = [
        None if came_back and whole else "consoles stayed behind",
        f"{hall.gaps} gaps" if hall.gaps else None,
    ]
    return settled, ", ".join(filter(None, faults)) or None


def _fan_out_result(samples: Samples, hall: Hall) -> Result:
    fault = fault_of(samples, TOLD)
    return Result(
        scenario="consoles",
        what="fan-out p99",
        unit="ms",
        measured=samples.quantiles(TOLD).p99 * 1000,
        goal=FAN_OUT,
        sound=fault is None,
        fault=fault,
        details={"frames": hall.each, "last_frame": milliseconds(samples.quantiles(TOLD))},
    )
