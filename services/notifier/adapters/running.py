"""Figures of what is open right now: legs that run, those that are late, and how old the oldest is.

The ages are reckoned when they are asked for, so that they grow while nothing happens.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import structlog
from prometheus_client import REGISTRY
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from typing_extensions import override

from services.notifier import measures
from services.runtime import metrics
from services.runtime.clock import Clock
from services.runtime.logs import describe
from services.runtime.postgres import Database
from services.runtime.queries import load

LOOK_SECONDS = 5.0
MOST = 20_000
"""Incidents that are looked at: with more, nobody is helped by an exact number."""

_QUERIES = load(Path(__file__).with_name("running.sql"))
_LABELS = ("leg", "center")

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """The running legs of one sort at one center.

    Attributes:
        running: All of them.
        late: Past their target.
        oldest: When the oldest began, in domain time.
    """

    leg: str
    center: str
    running: int
    late: int
    oldest: datetime


@dataclass(eq=False)
class RunningLegs(Collector):
    """Tells what was read last, with ages as of the asking."""

    rows: Sequence[Running] = ()
    clock: Clock | None = None
    seen: set[tuple[str, str]] = field(default_factory=set)

    def show(self, rows: Sequence[Running], clock: Clock) -> None:
        """Take what was read; what no longer runs is told as 0, not left out."""
        self.rows, self.clock = rows, clock
        self.seen |= {(row.leg, row.center) for row in rows}

    @override
    def collect(self) -> Iterator[GaugeMetricFamily]:
        running = GaugeMetricFamily(
            "d115_legs_running", "Legs of actual incidents begun and not ended.", labels=_LABELS
        )
        late = GaugeMetricFamily(
            "d115_legs_late", "Those of them past their target.", labels=_LABELS
        )
        oldest = GaugeMetricFamily(
            "d115_legs_oldest_seconds",
            "Domain seconds since the oldest of them began.",
            labels=_LABELS,
        )
        found = {(row.leg, row.center): row for row in self.rows}
        for labels in sorted(self.seen):
            row = found.get(labels)
            running.add_metric(labels, row.running if row else 0)
            late.add_metric(labels, row.late if row else 0)
            oldest.add_metric(labels, self._age(row) if row else 0)
        return iter((running, late, oldest))

    def _age(self, row: Running) -> float:
        assert self.clock is not None  # noqa: S101  # it came with the rows
        return max(0.0, (self.clock.now() - row.oldest).total_seconds())


LEGS = RunningLegs()
REGISTRY.register(LEGS)


async def watch_legs(database: Database, clock: Clock, legs: Iterable[str]) -> None:
    """Read every five seconds which legs run, until cancelled.

    Args:
        database: The notifier's.
        clock: Says what is late, and waits.
        legs: The legs that are counted from 0 on.
    """
    measures.show_legs(legs)
    while True:
        try:
            LEGS.show(await read(database, clock.now()), clock)
            metrics.measured("running legs", clock=clock)
        except Exception as error:  # noqa: BLE001  # the next round may succeed
            measures.FAULTS.labels("running legs", type(error).__name__).inc()
            _log.warning("legs_unread", fault=describe(error))
        await clock.sleep(LOOK_SECONDS)


async def read(database: Database, now: datetime) -> list[Running]:
    """Read which legs run.

    Args:
        database: The notifier's.
        now: Domain time.
    """
    async with database.transaction() as connection:
        rows = await connection.fetch(_QUERIES["list_running_legs"], now, MOST)
    return [Running(**row) for row in rows]
