"""From due to `timing.v1`: 200 due a second, with 100,000 and then 1,000,000 deadlines open.

Incidents are told as opened, each received so long ago that its push is at risk, and then due, at a
moment of a schedule. Every fact the notifier says of them is read from Kafka and compared with the
moment it was due at. The other deadlines are open and far away; they are only in the way.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from aiokafka import AIOKafkaConsumer
from aiokafka.structs import ConsumerRecord

from incident.messages import INCIDENTS, TARGET_AT_RISK, TARGET_BREACHED, TIMING, TargetChanged
from loadtests import costs
from loadtests.bench import Bench
from loadtests.figures import milliseconds
from loadtests.openings import Pattern, opened_at, pattern, told
from loadtests.park import Size
from loadtests.processes import Cost
from loadtests.quantiles import Quantiles, quantiles
from loadtests.results import Goal, Result
from loadtests.site import Site
from services.runtime import codec
from services.runtime.producer import Producer

SIZES = (100_000, 1_000_000)
PER_SECOND, SECONDS = 200.0, 15.0
LEG, TARGET_SECONDS, AT_RISK_PERCENT = "push", 60.0, 75
LEAD_SECONDS = 6.0
"""From telling the incidents to the first of their moments: they have to be applied by then."""

LATE_SECONDS = 10.0
GOAL_MS, GROWTH = 300.0, 1.2

SEED = """
insert into notifier.incident (
    id, partition, version, state, center, fingerprint, opened_at, body, alert_known,
    alert_received_at, legs
)
select md5('bench-' || n)::uuid, n % 6, 1, 'open', center, fingerprint, $3, '{}', true, $3, legs
from notifier.incident, generate_series($1::integer, $2::integer) as n
where id = $4
"""  # no body: only those that come due are read, and bodies lie out of line
SEED_DEADLINES = """
insert into notifier.deadline (incident_id, key, kind, due_at, partition)
select md5('bench-' || n)::uuid, 'due/1/push', 'due',
       $3::timestamptz + make_interval(secs => (n % 86400)), n % 6
from generate_series($1::integer, $2::integer) as n
"""
SETTLE = ("vacuum (analyze) notifier.incident", "vacuum (analyze) notifier.deadline", "checkpoint")


async def run(bench: Bench) -> list[Result]:
    """Measure at each number of open deadlines."""
    async with bench.site("clocks", Size(centers=20, profile="observe")) as site:
        found = await measure(bench, site, SIZES)
    first, *larger = found
    return [
        first.result(Goal(at_most=GOAL_MS)),
        *(
            each.result(Goal(at_most=GOAL_MS, ratio_at_most=GROWTH), floor=first.lags.p99 * 1000)
            for each in larger
        ),
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Timed:
    """How late the clocks spoke.

    Attributes:
        deadlines: How many were open.
        lags: From due to read from Kafka, in seconds.
        fault: What went wrong beside being late.
    """

    deadlines: int
    lags: Quantiles
    cost: Cost
    fault: str | None

    def result(self, goal: Goal | None, *, floor: float | None = None) -> Result:
        """Return it as a result; the floor is in milliseconds."""
        return Result(
            scenario="clocks",
            what=f"p99 of {self.deadlines:,} open",
            unit="ms",
            measured=self.lags.p99 * 1000,
            goal=goal,
            floor=floor,
            sound=self.fault is None,
            fault=self.fault,
            details={
                "due_to_kafka_ms": milliseconds(self.lags),
                costs.COST: costs.describe(self.cost, self.lags.n, act="fact said"),
            },
        )


async def measure(bench: Bench, site: Site, sizes: Sequence[int]) -> list[Timed]:
    """Fill up to each number of open deadlines and measure there."""
    like = await pattern(site)
    found, there = [], 0
    for size in sizes:
        wanted = bench.count(size)
        bench.progress(f"clocks: filling up to {wanted:,} open deadlines")
        await _fill(site, like, first=there + 1, last=wanted)
        there = wanted
        found.append(await _measure(site, like, deadlines=wanted, seconds=bench.seconds(SECONDS)))
    return found


async def _fill(site: Site, like: Pattern, *, first: int, last: int) -> None:
    far = site.clock.now() + timedelta(days=1)
    connection = await site.connect()
    try:
        await connection.execute(SEED, first, last, far, like.incident.id, timeout=300)
        await connection.execute(SEED_DEADLINES, first, last, far, timeout=300)
        for statement in SETTLE:  # what autovacuum and the checkpointer do over days
            await connection.execute(statement, timeout=300)
    finally:
        await connection.close()


async def _measure(site: Site, like: Pattern, *, deadlines: int, seconds: float) -> Timed:
    at_risk = TARGET_SECONDS * (100 - AT_RISK_PERCENT) / 100
    start = site.clock.now() + timedelta(seconds=LEAD_SECONDS + at_risk)
    dues = [
        start + timedelta(seconds=number / PER_SECOND)
        for number in range(int(PER_SECOND * seconds))
    ]
    async with _listening(site) as ear:
        ear.expect(await _tell(site, like, dues))
        await _until(site, start - timedelta(seconds=at_risk))
        meter = site.meter()
        await _until(site, dues[-1])
        cost = meter.read()
        await ear.hear_all(within=LATE_SECONDS)
    return Timed(deadlines=deadlines, lags=quantiles(ear.lags), cost=cost, fault=ear.fault())


async def _tell(site: Site, like: Pattern, dues: Sequence[datetime]) -> list[UUID]:
    """Tell of incidents whose pushes are due at these moments."""
    received = [due - timedelta(seconds=TARGET_SECONDS) for due in dues]
    incidents = list(opened_at(like.incident, received))
    producer = Producer(site.stack.kafka.address, clock=site.clock, client_id="bench")
    await producer.start()
    try:
        topic = site.topic(INCIDENTS)
        outcomes = await producer.send_all([told(each, like.event, topic) for each in incidents])
    finally:
        await producer.stop()
    failed = [outcome for outcome in outcomes if outcome is not None]
    if failed:
        raise ConnectionError(f"{len(failed)} openings were not told: {failed[0]}")
    return [each.id for each in incidents]


async def _until(site: Site, moment: datetime) -> None:
    await site.clock.sleep(max(0.0, site.clock.seconds_until(moment)))


@dataclass(slots=True)
class Ear:
    """Hears what is said of some incidents, and how late."""

    site: Site
    lags: list[float] = field(default_factory=list)
    heard: Counter[tuple[UUID, str]] = field(default_factory=Counter)
    expected: set[UUID] = field(default_factory=set)

    def expect(self, incidents: Sequence[UUID]) -> None:
        """Say of whom to hear; each is at risk once and breached once."""
        self.expected = set(incidents)

    def take(self, record: ConsumerRecord) -> None:
        """Take a record of `timing.v1`."""
        kind = dict(record.headers).get("ce_type", b"").decode()
        if kind not in (TARGET_AT_RISK, TARGET_BREACHED):
            return
        now, fact = self.site.clock.now(), codec.decode(record.value, TargetChanged)
        if fact.leg != LEG or fact.incident not in self.expected:
            return
        self.heard[fact.incident, kind] += 1
        share = (100 - (fact.percent or 100)) / 100
        due = fact.due_at - timedelta(seconds=TARGET_SECONDS * share)
        self.lags.append((now - due).total_seconds())

    async def hear_all(self, *, within: float) -> None:
        """Wait until all was said, or so long."""
        deadline = self.site.clock.monotonic() + within
        while len(self.heard) < 2 * len(self.expected):
            if self.site.clock.monotonic() > deadline:
                return
            await self.site.clock.sleep(0.05)

    def fault(self) -> str | None:
        """Say what was not said, or twice."""
        missing = 2 * len(self.expected) - len(self.heard)
        twice = sum(times > 1 for times in self.heard.values())
        faults = [f"{missing} not said" if missing else None, f"{twice} twice" if twice else None]
        return ", ".join(filter(None, faults)) or None


@asynccontextmanager
async def _listening(site: Site) -> AsyncIterator[Ear]:
    """Read `timing.v1` from its end on."""
    ear = Ear(site)
    consumer = AIOKafkaConsumer(
        site.topic(TIMING),
        bootstrap_servers=site.stack.kafka.address,
        enable_auto_commit=False,
        auto_offset_reset="latest",
        fetch_max_wait_ms=100,
    )
    await consumer.start()
    await consumer.seek_to_end()

    async def read() -> None:
        async for record in consumer:
            ear.take(record)

    reading = asyncio.create_task(read())
    try:
        yield ear
    finally:
        reading.cancel()
        await consumer.stop()
