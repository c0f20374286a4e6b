"""How cost grows: 1,000, 10,000, 100,000 and 1,000,000 incidents, and as many open deadlines.

Closed incidents are laid below what is measured, copies of a real one that was lived to its end;
then alerts are opened, lives are lived, a board and a list are read. Nothing here should depend on
how many incidents there have ever been.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from uuid import UUID

from loadtests import costs
from loadtests.alerts import Reports
from loadtests.arrivals import ACCEPTED, Limits, fire, joined, steady
from loadtests.bench import Bench
from loadtests.draining import drain
from loadtests.figures import fault_of, milliseconds
from loadtests.filling import fill
from loadtests.living import DONE, Lives, Teams
from loadtests.park import Size
from loadtests.quantiles import quantiles
from loadtests.results import Result
from loadtests.scenarios import clocks
from loadtests.site import Site
from services.runtime.auth import Role

SIZES = (1_000, 10_000, 100_000, 1_000_000)
OPENINGS, LIVES_PER_SECOND, LIVES_SECONDS, THINK_SECONDS = 2_000, 10.0, 6.0, 0.25
READS = 40
DRAIN_SECONDS = 60.0
LIMITS = Limits(in_flight=1000, lag_seconds=0.1)

_ENDED = "select id from dispatcher.incident where ended_at is not null limit 1"
_LAY = (
    """
insert into dispatcher.incident
    (id, version, state, kind, severity, status, station, center, received_at, updated_at,
     ended_at, head, document, offered_to)
select md5('laid ' || n)::uuid, version, state, kind, severity, status, station,
       ($4::text[])[1 + n % cardinality($4::text[])], received_at - n * interval '1 minute',
       updated_at - n * interval '1 minute', ended_at - n * interval '1 minute', head, document,
       offered_to
from dispatcher.incident, generate_series($1::bigint, $2::bigint) as n
where id = $3
""",
    """
insert into dispatcher.event
    (incident, version, id, type, occurred_at, recorded_at, actor, canonical, previous, hash)
select md5('laid ' || n)::uuid, version, md5('event ' || n || ' ' || version)::uuid, type,
       occurred_at, recorded_at, actor, left(canonical, 400), previous, hash
from dispatcher.event, generate_series($1::bigint, $2::bigint) as n, (select $4::text[]) as unused
where incident = $3 and version in (1, 2)
""",
)
_SETTLE = ("vacuum (analyze) dispatcher.incident", "vacuum (analyze) dispatcher.event")
_SLICE = 50_000


async def run(bench: Bench) -> list[Result]:
    """Measure at each size, incidents first, then deadlines."""
    results = []
    async with bench.site("growth", Size(centers=100, teams=8)) as site:
        ground = Ground(site, Reports(site), Teams(site))
        await ground.live(5.0)
        for size in SIZES:
            bench.progress(f"growth: laying {bench.count(size):,} closed incidents")
            await ground.lay(bench.count(size))
            results += await ground.measure(bench.count(size))
    async with bench.site("growth", Size(centers=20, profile="observe")) as site:
        results += [each.result(None) for each in await clocks.measure(bench, site, SIZES)]
    return results


@dataclass(slots=True)
class Ground:
    """A site with ever more closed incidents."""

    site: Site
    reports: Reports
    teams: Teams
    laid: int = 0

    async def lay(self, size: int) -> None:
        """Bring the closed incidents that were laid to so many."""
        connection = await self.site.connect()
        try:
            like: UUID = await connection.fetchval(_ENDED)
            while self.laid < size:
                last = min(size, self.laid + _SLICE)
                asked = (self.laid + 1, last, like, list(self.site.park.centers))
                async with connection.transaction():
                    for statement in _LAY:
                        await connection.execute(statement, *asked, timeout=120)
                self.laid = last
            for statement in _SETTLE:  # what autovacuum does over days
                await connection.execute(statement, timeout=300)
        finally:
            await connection.close()

    async def live(self, seconds: float) -> list[Result]:
        """Live incidents; gives the cost of an act, and its latency."""
        schedule = steady(LIVES_PER_SECOND, seconds)
        lives = Lives(self.site, self.teams, self.reports.make(len(schedule)), THINK_SECONDS)
        meter = self.site.meter()
        await fire(schedule, lives.live, clock=self.site.clock, limits=LIMITS)
        cost = meter.read()
        await drain(self.site, within=DRAIN_SECONDS)
        acts = joined(lives.acts.values())
        done = sum(len(acts.seconds.get(outcome, ())) for outcome in (ACCEPTED, DONE))
        spread = acts.quantiles(ACCEPTED, DONE)
        fault = fault_of(acts, ACCEPTED, DONE)
        details = {
            "acts_ms": milliseconds(spread),
            costs.COST: costs.describe(cost, done, act="act of a life"),
        }
        what = f"act p99 at {self.laid:,}"
        return [_result(what, "ms", spread.p99 * 1000, details=details, fault=fault)]

    async def measure(self, size: int) -> list[Result]:
        """Measure openings, acts and reads over so many closed incidents."""
        meter = self.site.meter()
        await fill(self.site, self.reports, OPENINGS)
        await drain(self.site, within=DRAIN_SECONDS)
        cost = meter.read()
        opened = {costs.COST: costs.describe(cost, OPENINGS, act="alert accepted and opened")}
        spent = cost.per_act(OPENINGS)
        services = sum(spent[part] for part in ("intake", "dispatcher", "notifier", "postgres"))
        return [
            _result(f"opening at {size:,}", "core-ms", services, details=opened),
            *await self.live(LIVES_SECONDS),
            await self._read("board", lambda center: f"/v1/centers/{center}/board"),
            await self._read("list", lambda center: f"/v1/incidents?center={center}&limit=50"),
        ]

    async def _read(self, what: str, path: Callable[[str], str]) -> Result:
        """Ask for something of several centers, as their operators do."""
        took = []
        for center in self.site.park.centers[:READS]:
            began = self.site.clock.monotonic()
            headers = self.site.headers(Role.OPERATOR, center)
            answer = await self.site.dispatcher.get(path(center), headers)
            took.append(self.site.clock.monotonic() - began)
            if answer.status != 200:
                raise ValueError(f"{path(center)} was answered {answer.status}")
        spread = quantiles(took)
        what = f"{what} p50 at {self.laid:,}"
        return _result(what, "ms", spread.p50 * 1000, details={"ms": milliseconds(spread)})


def _result(
    what: str,
    unit: str,
    measured: float,
    *,
    details: Mapping[str, object],
    fault: str | None = None,
) -> Result:
    return Result(
        scenario="growth",
        what=what,
        unit=unit,
        measured=measured,
        sound=fault is None,
        fault=fault,
        details=details,
    )
