"""Carries the spool to Kafka: one intake at a time, oldest first, deleted once acknowledged.

One round is one transaction: take the lock no other intake has, read the oldest messages, send
them, delete what was acknowledged. The lock ends with the transaction, so an intake that dies hands
it over at once. A crash between sending and deleting only says the same again, word for word. While
Kafka is thought to be away a round is one message: what has to go first is also what to try with.
"""

import zlib
from collections.abc import Collection, Sequence
from enum import Enum, auto
from pathlib import Path

import asyncpg
import msgspec
import structlog
from prometheus_client import Counter, Gauge

from services.intake.adapters.circuit import Circuit
from services.intake.adapters.database import IntakeDatabase
from services.intake.adapters.spool import Holding, Spool
from services.intake.ports import StoreAwayError
from services.runtime import metrics, queries
from services.runtime.clock import Clock
from services.runtime.failpoints import reach
from services.runtime.producer import Producer, RefusedError
from services.runtime.records import Record

ROWS = 500
POLL_SECONDS = 0.25
SEND_SECONDS = 2.0
"""After that no further message of a round is begun; the time-out of a send comes on top."""
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 1.0
REST_SECONDS = 5.0
RESTING_KEYS = 1000

_LOCK = zlib.crc32(b"drainer of intake.spool")
_QUERIES = queries.load(Path(__file__).with_name("queries.sql"))

_ROWS = Gauge("d115_intake_spool_rows", "Messages waiting in the spool.")
_BYTES = Gauge("d115_intake_spool_bytes", "Bytes of the messages waiting in the spool.")
_OLDEST = Gauge("d115_intake_spool_oldest_seconds", "Age of the oldest message in the spool.")
_DRAINED = Counter("d115_intake_drained_total", "Messages carried from the spool to Kafka.")
_FAULTS = Counter("d115_intake_drain_faults_total", "Rounds that failed, by fault.", ["fault"])
_RESTED = Counter(
    "d115_intake_drain_refused_total", "Times Kafka refused a message of the spool on its merits."
)

_log = structlog.get_logger(__name__)


class Round(Enum):
    """What came of a round.

    Attributes:
        IDLE: Nothing waits, or another intake drains.
        MORE: Something was carried, and more may wait.
        STUCK: Kafka or Postgres did not answer.
    """

    IDLE = auto()
    MORE = auto()
    STUCK = auto()


class Drainer:
    """Drains the spool, and watches how much it holds whoever drains it."""

    def __init__(
        self,
        database: IntakeDatabase,
        *,
        spool: Spool,
        producer: Producer,
        circuit: Circuit,
        clock: Clock,
    ) -> None:
        self._database = database
        self._spool = spool
        self._producer = producer
        self._circuit = circuit
        self._clock = clock
        self._resting: dict[str, float] = {}
        self._seen: Holding | None = None

    @property
    def seen(self) -> Holding | None:
        """What the spool held when last looked at; None if it never was."""
        return self._seen

    async def run(self) -> None:
        """Drain until cancelled; whatever fails is tried again, every second at the longest."""
        pause = FIRST_PAUSE
        while True:
            came = await self._attempt()
            if came is Round.STUCK:
                await self._clock.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE)
                continue
            pause = FIRST_PAUSE
            if came is Round.IDLE:
                await self._clock.sleep(POLL_SECONDS)

    async def look(self) -> Holding:
        """Look at what the spool holds, and draw the conclusions.

        Raises:
            StoreAwayError: Postgres does not answer.
        """
        before, (now, still) = self._seen, await self._spool.measure()
        self._seen = now
        waited = None if now.oldest is None else (self._clock.real() - now.oldest).total_seconds()
        _ROWS.set(now.rows)
        _BYTES.set(now.bytes)
        metrics.grow(_OLDEST, waited, clock=self._clock)
        metrics.measured("intake spool", clock=self._clock)
        if now.rows:
            self._circuit.holding = True
        elif still:
            if self._circuit.holding:
                _log.info("spool_empty")
            self._circuit.holding = False
        if not now.rows or (before and before.head and now.head and before.head < now.head):
            self._circuit.works_elsewhere()
        return now

    async def _attempt(self) -> Round:
        try:
            if not (await self.look()).rows:
                return Round.IDLE
            if not self._producer.connected:
                self._circuit.failed("not connected")
                return Round.STUCK
            return await self._drain()
        except Exception as error:  # noqa: BLE001  # rows stay where they are: tried again
            fault = str(error) if isinstance(error, StoreAwayError) else type(error).__name__
            _FAULTS.labels(type(error).__name__).inc()
            _log.warning("drain_failed", fault=fault)
            return Round.STUCK

    async def _drain(self) -> Round:
        async with self._database.transaction() as connection:
            if not await connection.fetchval(_QUERIES["lock_spool"], _LOCK):
                return Round.IDLE
            rows = await self._read(connection)
            if not rows:
                return Round.IDLE
            records = [_record(row) for row in rows]
            outcomes = await self._producer.send_all(records, within=SEND_SECONDS)
            reach("between-publish-and-delete")
            done = [row["position"] for row, fault in zip(rows, outcomes, strict=True) if not fault]
            await connection.execute(_QUERIES["delete_spool_rows"], done)
        _DRAINED.inc(len(done))
        refused = {
            record.key
            for record, fault in zip(records, outcomes, strict=True)
            if isinstance(fault, RefusedError)
        }
        if refused:
            self._rest(refused)
        if done:
            self._circuit.worked()
            _log.info("spool_drained", rows=len(done))
        elif not refused:
            self._circuit.failed("it did not take a message of the spool")
            return Round.STUCK
        return Round.MORE

    async def _read(self, connection: asyncpg.Connection) -> Sequence[asyncpg.Record]:
        now = self._clock.monotonic()
        self._resting = {key: until for key, until in self._resting.items() if until > now}
        limit = 1 if self._circuit.away else ROWS
        rows: Sequence[asyncpg.Record] = await connection.fetch(
            _QUERIES["select_spool_rows"], list(self._resting), limit
        )
        return rows

    def _rest(self, keys: Collection[str]) -> None:
        """Leave keys out for a while that Kafka refuses on their merits: they hold up nobody."""
        _RESTED.inc(len(keys))
        _log.error("drain_refused", keys=sorted(keys)[:10])
        until = self._clock.monotonic() + REST_SECONDS
        room = RESTING_KEYS - len(self._resting)
        self._resting |= dict.fromkeys(list(keys)[:room], until)


def _record(row: asyncpg.Record) -> Record:
    return Record(
        topic=row["topic"],
        key=row["key"],
        value=row["value"],
        headers=msgspec.json.decode(row["headers"], type=dict[str, str]),
    )
