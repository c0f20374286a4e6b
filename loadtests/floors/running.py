"""Runs the floors' processes for a scenario, and reaches them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from loadtests.alerts import Report
from loadtests.bench import Bench
from loadtests.floors.serving import run_floor
from loadtests.site import Site
from loadtests.wire import Wire
from services.runtime.topics import Topic, ensure_topics

PARTITIONS = 6
"""As `alerts.v1` has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Floors:
    """Where floors are run, and on which topic.

    Attributes:
        connections: How many there may be to one.
    """

    bench: Bench
    site: Site
    topic: str
    connections: int

    @asynccontextmanager
    async def run(self, name: str, *, topic: str | None = None) -> AsyncIterator[Wire]:
        """Run a floor; gives the way to it.

        Args:
            name: The module in this folder.
            topic: The topic it uses, if not that of the floors.
        """
        environment = {
            "D115_KAFKA": self.site.stack.kafka.address,
            "D115_POSTGRES": self.site.instance.dsn,
            "FLOOR_TOPIC": topic or self.topic,
        }
        bench = self.bench
        async with run_floor(
            name, folder=bench.scratch, environment=environment, progress=bench.progress
        ) as service:
            wire = Wire(service.url, connections=self.connections)
            try:
                yield wire
            finally:
                await wire.close()


async def open_floors(bench: Bench, site: Site, *, connections: int) -> Floors:
    """Make a topic for floors, gone with the site's own."""
    topic = site.topic("floor.alerts")
    wanted = [Topic(name=topic, partitions=PARTITIONS)]
    await ensure_topics(site.stack.kafka.address, wanted, clock=site.clock)
    return Floors(bench=bench, site=site, topic=topic, connections=connections)


def bare_path(report: Report) -> str:
    """Return where the bare route takes an alert."""
    return f"/{report.center}/{report.id}"
