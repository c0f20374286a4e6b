"""Opening 20,000 alerts that wait, with relay and notifier running, beside a bare batched insert.

The dispatcher is stopped, the alerts are accepted by intake, the dispatcher is started. The rate
runs from the first batch of openings to the last, by the times of the rows; the last batch is
left out, since it ends after its rows' time. The floor inserts the rows of 5,000 of them again
(incident, event, personal, frame, outbox: the same bytes), one transaction for every 200.
"""

from dataclasses import dataclass

from incident.messages import ALERTS as ALERTS_TOPIC
from loadtests import costs
from loadtests.alerts import Reports
from loadtests.bench import Bench
from loadtests.draining import drain, open_ledger
from loadtests.filling import fill
from loadtests.floors import openings
from loadtests.park import Size
from loadtests.processes import Cost
from loadtests.results import Goal, Result
from loadtests.site import Site

ALERTS, FLOOR_ALERTS, CENTERS = 20_000, 5_000, 100
OPENING_SECONDS, DRAIN_SECONDS, POLL_SECONDS = 120.0, 60.0, 0.2
GOAL = Goal(at_least=1500)

_SPAN = """
select count(*) as opened,
       count(*) filter (where recorded_at = last) as in_last,
       extract(epoch from last - first)::float8 as seconds
from dispatcher.event,
     (select min(recorded_at) as first, max(recorded_at) as last
      from dispatcher.event where version = 1) as span
where version = 1
group by first, last
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """What came of a backlog.

    Attributes:
        rate: Openings a second.
        drained: The seconds after the last opening until relay and notifier were done with all;
            None if they took too long.
    """

    count: int
    rate: float
    drained: float | None
    cost: Cost


async def run(bench: Bench) -> list[Result]:
    """Measure the openings, then the floor."""
    count = bench.count(ALERTS)
    async with bench.site("backlog", Size(centers=CENTERS)) as site:
        opened = await _open(site, count)
        floor, rows = await openings.measure(site, count=bench.count(FLOOR_ALERTS))
    fault = None if opened.count == count else f"{opened.count} of {count} were opened"
    details = {
        "drained_seconds_after": opened.drained,
        "floor_rows": rows,
        costs.COST: costs.describe(opened.cost, opened.count, act="alert opened"),
    }
    return [
        Result(
            scenario="backlog",
            what="openings",
            unit="alerts/s",
            measured=opened.rate,
            goal=GOAL,
            floor=floor,
            sound=fault is None,
            fault=fault,
            details=details,
        )
    ]


async def _open(site: Site, count: int) -> Opened:
    dispatcher = site.instance.services["dispatcher"]
    await dispatcher.stop()
    await fill(site, Reports(site), count)
    await dispatcher.start()
    meter = site.meter()
    await _await_opened(site, count)
    drained = await drain(site, within=DRAIN_SECONDS)
    cost = meter.read()
    connection = await site.connect()
    try:
        found = await connection.fetchrow(_SPAN)
    finally:
        await connection.close()
    if found is None or not found["seconds"]:
        raise ValueError("nothing was opened, or all at once")
    rate = (found["opened"] - found["in_last"]) / found["seconds"]
    return Opened(count=found["opened"], rate=rate, drained=drained, cost=cost)


async def _await_opened(site: Site, count: int) -> None:
    """Return when the dispatcher has applied what waits, or took too long."""
    deadline = site.clock.monotonic() + OPENING_SECONDS
    async with open_ledger(site) as ledger:
        while site.clock.monotonic() < deadline:
            if await ledger.applied(ALERTS_TOPIC, "dispatcher") >= count:
                return
            await site.clock.sleep(POLL_SECONDS)
