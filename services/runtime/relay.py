"""Carries the outbox of a schema to Kafka: in order within a key, deleted once acknowledged.

One round is one transaction: take the shards no other relay has, read their oldest rows, publish
them, delete what was acknowledged. The locks end with the transaction, so a relay that dies hands
its shards over at once. A crash between publishing and deleting only says the same again.
"""

import asyncio
import zlib
from collections.abc import Collection, Sequence
from enum import Enum, auto

import asyncpg
import msgspec
import structlog
from prometheus_client import Counter, Gauge, Histogram

from services.runtime import metrics
from services.runtime.clock import Clock
from services.runtime.failpoints import reach
from services.runtime.outbox import SHARDS
from services.runtime.postgres import Database
from services.runtime.producer import Producer, RefusedError
from services.runtime.profiles import Shelf
from services.runtime.records import Record
from services.runtime.sharing import spell_out
from services.runtime.statements import statement

ROWS = 500
POLL_SECONDS = 0.2
SHARED_SECONDS = (
    0.02  # another relay's round lasts a few milliseconds, and may have missed our rows
)
PACE_SECONDS = 0.02  # from one round to the next: under load rows share it, after a rest none waits
PUBLISH_SECONDS = (
    2.0  # after that no further row of a round is begun; the time-out of a send comes on top
)
MEASURE_EVERY_SECONDS = 2.0
REST_SECONDS = 5.0
RESTING_KEYS = 1000
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 2.0

_PUBLISHED = Counter(
    "d115_relay_rows_total", "Rows published, or not, in a round.", ["schema", "outcome"]
)
_ROUND_SECONDS = Histogram(
    "d115_relay_round_seconds",
    "A round with rows: read, publish, delete.",
    ["schema"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
)
_FAULTS = Counter("d115_relay_faults_total", "Rounds that failed, by fault.", ["schema", "fault"])
_DEPTH = Gauge("d115_outbox_rows", "Rows waiting in the outbox.", ["schema"])
_OLDEST = Gauge("d115_outbox_oldest_seconds", "Age of the oldest row in the outbox.", ["schema"])

_log = structlog.get_logger(__name__)


class Round(Enum):
    """What came of a round.

    Attributes:
        IDLE: Nothing waits that is ours to carry: what was read is carried.
        SHARED: The same, and another relay had some of the shards.
        MORE: Some was carried, or left out for a while, and more may wait.
        STUCK: Nothing was acknowledged.
    """

    IDLE = auto()
    SHARED = auto()
    MORE = auto()
    STUCK = auto()


class Relay:
    """Carries one schema's outbox; any number of them may run side by side."""

    def __init__(
        self,
        *,
        database: Database,
        producer: Producer,
        clock: Clock,
        schema: str,
        shelf: Shelf | None = None,
    ) -> None:
        """Take what rows are carried with.

        Args:
            database: Where the outbox is.
            producer: What publishes.
            clock: What to wait with.
            schema: Whose outbox.
            shelf: Of the profiles that the rows name: they are published in whole.
        """
        self._database = database
        self._shelf = shelf
        self._producer = producer
        self._clock = clock
        self._schema = schema
        self._lock_key = zlib.crc32(f"relay of {schema}".encode()) - 2**31  # a signed 32-bit number
        self._woken = asyncio.Event()
        self._measured_at = float("-inf")
        self._resting: dict[str, float] = {}

    def wake(self) -> None:
        """Say that rows were committed; without it they wait for the next poll, 0.2 s at most."""
        self._woken.set()

    async def run(self) -> None:
        """Carry rows until cancelled; whatever fails is tried again, ever more slowly up to 2 s."""
        pause = _FIRST_PAUSE
        while True:
            self._woken.clear()
            began = self._clock.monotonic()
            came = await self._attempt()
            if came is Round.STUCK:
                await self._clock.sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE)
                continue
            pause = _FIRST_PAUSE
            if came is not Round.MORE:
                await self._wait(SHARED_SECONDS if came is Round.SHARED else POLL_SECONDS)
                await self._keep_pace(began)

    async def _wait(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._woken.wait()
        except TimeoutError:
            pass  # the poll: another process may have put rows, or a wake-up was lost in a crash

    async def _keep_pace(self, began: float) -> None:
        left = began + PACE_SECONDS - self._clock.monotonic()
        if left > 0:
            await self._clock.sleep(left)

    async def _attempt(self) -> Round:
        try:
            await self._measure()
            return await self._carry()
        except Exception as error:  # noqa: BLE001  # rows stay where they are: tried again
            _FAULTS.labels(self._schema, type(error).__name__).inc()
            _log.warning("relay_failed", schema=self._schema, fault=type(error).__name__)
            return Round.STUCK

    async def _carry(self) -> Round:
        began = self._clock.monotonic()
        async with self._database.transaction() as connection:
            shards = await self._lock(connection)
            rows = await self._read(connection, shards)
            carried = Round.IDLE if len(shards) == SHARDS else Round.SHARED
            if not rows:
                return carried
            records = await self._spelt(connection, rows)
            outcomes = await self._producer.send_all(records, within=PUBLISH_SECONDS)
            reach("between-publish-and-delete")
            done = [row["position"] for row, fault in zip(rows, outcomes, strict=True) if not fault]
            await connection.execute(statement("delete_outbox_rows", self._schema), done)
        self._count(len(done), outcomes)
        _ROUND_SECONDS.labels(self._schema).observe(self._clock.monotonic() - began)
        if len(done) == len(rows) < ROWS:
            return carried  # what was put meanwhile comes with a waking, and is read at once
        failed = {
            record.key
            for record, fault in zip(records, outcomes, strict=True)
            if isinstance(fault, RefusedError) or (fault and done)
        }
        return Round.MORE if self._rest(failed) or done else Round.STUCK

    async def _spelt(
        self, connection: asyncpg.Connection, rows: Sequence[asyncpg.Record]
    ) -> list[Record]:
        """What the rows say, in full."""
        if self._shelf is None:
            return [_record(row, row["value"]) for row in rows]

        def spell() -> list[Record]:
            return [_record(row, spell_out(row["value"])) for row in rows]

        return await self._shelf.knowing(connection, spell)

    def _rest(self, keys: Collection[str]) -> bool:
        """Leave keys out for a while that fail on their own account: they hold up nobody."""
        until = self._clock.monotonic() + REST_SECONDS
        room = RESTING_KEYS - len(self._resting)
        self._resting |= dict.fromkeys(list(keys)[:room], until)
        return room > 0 and bool(keys)

    async def _lock(self, connection: asyncpg.Connection) -> list[int]:
        """Take the shards no other relay has."""
        locked = await connection.fetch(
            statement("lock_shards", self._schema), self._lock_key, SHARDS
        )
        return [row["shard"] for row in locked]

    async def _read(
        self, connection: asyncpg.Connection, shards: Sequence[int]
    ) -> Sequence[asyncpg.Record]:
        now = self._clock.monotonic()
        self._resting = {key: until for key, until in self._resting.items() if until > now}
        rows: Sequence[asyncpg.Record] = await connection.fetch(
            statement("select_outbox_rows", self._schema), shards, list(self._resting), ROWS
        )
        return rows

    def _count(self, done: int, outcomes: Sequence[BaseException | None]) -> None:
        _PUBLISHED.labels(self._schema, "acknowledged").inc(done)
        if done < len(outcomes):
            _PUBLISHED.labels(self._schema, "kept").inc(len(outcomes) - done)
            faults = sorted({type(fault).__name__ for fault in outcomes if fault})
            _log.warning(
                "relay_stuck", schema=self._schema, kept=len(outcomes) - done, faults=faults
            )

    async def _measure(self) -> None:
        now = self._clock.monotonic()
        if now - self._measured_at < MEASURE_EVERY_SECONDS:
            return
        self._measured_at = now
        async with self._database.transaction() as connection:
            row = await connection.fetchrow(statement("measure_outbox", self._schema))
        oldest = row["oldest"]
        age = None if oldest is None else (self._clock.real() - oldest).total_seconds()
        _DEPTH.labels(self._schema).set(row["depth"])
        metrics.grow(_OLDEST.labels(self._schema), age, clock=self._clock)
        metrics.measured(f"{self._schema} outbox", clock=self._clock)


def _record(row: asyncpg.Record, value: bytes) -> Record:
    return Record(
        topic=row["topic"],
        key=row["key"],
        value=value,
        headers=msgspec.json.decode(row["headers"], type=dict[str, str]),
        partition=row["partition"],
    )
