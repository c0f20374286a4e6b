"""The notifier's handlers on a real store, with moments in seconds after receipt."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg

from incident.alert import Alert
from incident.lifecycle import Incident
from services.notifier.adapters.postgres import SETTINGS, PostgresStore
from services.notifier.adapters.reports import PostgresReports
from services.notifier.handlers.following import Moments, News, follow
from services.notifier.handlers.waking import Woken, wake
from services.notifier.ports import Judged
from services.runtime.clock import SystemClock
from services.runtime.postgres import Database
from tests.builders import at
from tests.fakes.notifier_store import FakeAtlas
from tests.incident.directories import park_lookup

SCHEMAS = Path(__file__).parents[3] / "schemas" / "sql"
CLOCK = SystemClock()
TOPIC = "timing.v1"


@dataclass(kw_only=True)
class Bench:
    """One test's own store."""

    dsn: str
    database: Database
    store: PostgresStore
    reports: PostgresReports
    atlas: FakeAtlas = field(default_factory=lambda: FakeAtlas(park_lookup()))

    async def hears(self, *told: Incident | Alert, now: float, **news: object) -> list[Judged]:
        """Follow one batch."""
        batch = News(
            incidents=[one for one in told if isinstance(one, Incident)],
            alerts=[one for one in told if isinstance(one, Alert)],
            partitions={one.id: 3 for one in told},
            **news,  # type: ignore[arg-type]  # checked by the class
        )
        async with self.store.work() as work:
            return await follow(batch, work=work, atlas=self.atlas, at=moments(now))

    async def looks(self, *, now: float, closed: Sequence[int] = ()) -> Woken:
        """Look once at what is due."""
        async with self.store.work() as work:
            return await wake(work, atlas=self.atlas, at=moments(now), closed=closed)

    async def facts(self) -> list[str]:
        """What was said, in order."""
        rows = await self.fetch(
            "select fact from notifier.timing_event order by recorded_at, incident_id, sequence"
        )
        return [row["fact"] for row in rows]

    async def fetch(self, query: str, *values: object) -> list[asyncpg.Record]:
        """Ask as the owner, past every role."""
        connection = await asyncpg.connect(self.dsn)
        try:
            return list(await connection.fetch(query, *values))
        finally:
            await connection.close()

    async def count(self, table: str) -> int:
        """Count the rows of a table."""
        (row,) = await self.fetch(f"select count(*) as n from notifier.{table}")  # noqa: S608  # our own names
        return int(row["n"])


def moments(now: float) -> Moments:
    """Both clocks at so many seconds after receipt."""
    return Moments(now=at(now), real=at(now))


@asynccontextmanager
async def open_bench(dsn: str) -> AsyncIterator[Bench]:
    """Connect as the notifier does."""
    database = await Database.connect(
        dsn, role="d115_notifier", application="bench", size=4, settings=SETTINGS
    )
    try:
        yield Bench(
            dsn=dsn,
            database=database,
            store=PostgresStore(database, timing_topic=TOPIC),
            reports=PostgresReports(database),
        )
    finally:
        await database.close()
