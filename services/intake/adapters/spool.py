"""The spool: what was accepted while Kafka did not answer, in Postgres, in order.

Many requests are written in one transaction, one transaction at a time: an outage at full rate
costs few commits, and what this process keeps stays in the order in which it was asked to. Every
wait has an end, and once Postgres does not answer nobody waits for it until it was seen to answer.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from uuid import UUID

import asyncpg
import msgspec
import structlog
from prometheus_client import Counter, Gauge

from services.intake.adapters.database import IntakeDatabase
from services.intake.overload import SpoolLimits
from services.intake.ports import SpoolFullError, StoreAwayError
from services.runtime import queries
from services.runtime.clock import Clock
from services.runtime.failpoints import reach
from services.runtime.records import Record

ROWS_AT_ONCE = 200
ROWS_QUEUED = 2000

_QUERIES = queries.load(Path(__file__).with_name("queries.sql"))

_KEPT = Counter("d115_intake_spooled_total", "Messages kept in the spool.")
_REFUSED = Counter(
    "d115_intake_spool_refused_total", "Messages the spool did not keep, by why.", ["reason"]
)
_AWAY = Gauge("d115_intake_spool_away", "1 while the spool's database does not answer.")

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A message as it is kept: what Kafka is to get, and the id by which a repeat is seen."""

    id: UUID
    record: Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """What the spool holds.

    Attributes:
        head: Where its first row stands; it grows as the spool is drained.
        oldest: Since when (real time) its first row waits.
    """

    rows: int
    bytes: int
    head: int | None
    oldest: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Wish:
    """Entries to be kept together: all of them, or only those whose key waits already."""

    entries: Sequence[Entry]
    always: bool
    done: asyncio.Future[list[bool]] = field(repr=False)


class Spool:
    """Keeps messages until they are drained; `run` has to be running."""

    def __init__(self, database: IntakeDatabase, *, clock: Clock, limits: SpoolLimits) -> None:
        self._database = database
        self._clock = clock
        self._limits = limits
        self._wishes = deque[_Wish]()
        self._queued = 0
        self._woken = asyncio.Event()
        self._away: str | None = None
        self._moves = 0

    @property
    def away(self) -> str | None:
        """Why Postgres is known not to answer; None while it does, as far as known."""
        return self._away

    async def keep(self, entries: Sequence[Entry], *, always: bool = True) -> list[bool]:
        """Keep messages, or of them those that have to wait behind others of their key.

        Args:
            entries: What to keep, in order.
            always: Whether all are kept; else only those of keys that wait in the spool already.

        Returns:
            For each whether it was kept; all or none of those to be kept were.

        Raises:
            StoreAwayError: Postgres did not have them in time. It may have them later.
            SpoolFullError: The spool holds all it may; nothing was kept.
        """
        if self._away is not None:
            raise self._refused("away", self._away)
        if self._queued + len(entries) > ROWS_QUEUED:
            raise self._refused("queue", "too many messages are waiting to be kept")
        done: asyncio.Future[list[bool]] = asyncio.get_running_loop().create_future()
        self._moves += 1
        self._wishes.append(_Wish(entries=entries, always=always, done=done))
        self._queued += len(entries)
        self._woken.set()
        try:
            async with asyncio.timeout(self._limits.seconds):
                kept = await done
        except TimeoutError:
            self._lose(f"not kept within {self._limits.seconds:g} s")
            raise self._refused("away", "the spool did not answer in time") from None
        finally:
            self._moves += 1
        _KEPT.inc(sum(kept))
        return kept

    async def run(self) -> None:
        """Write what is to be kept, until cancelled."""
        while True:
            await self._woken.wait()
            self._woken.clear()
            while wishes := self._next():
                await self._grant(wishes)

    async def measure(self) -> tuple[Holding, bool]:
        """Say what the spool holds, and whether nothing was being kept meanwhile.

        Raises:
            StoreAwayError: Postgres does not answer.
        """
        before = self._moves
        try:
            async with (
                asyncio.timeout(self._limits.seconds),
                self._database.transaction() as connection,
            ):
                row = await connection.fetchrow(_QUERIES["measure_spool"])
        except (StoreAwayError, TimeoutError) as error:
            self._lose(type(error).__name__)
            raise StoreAwayError(str(error)) from error
        self._find()
        holding = Holding(
            rows=row["row_count"], bytes=row["byte_count"], head=row["head"], oldest=row["oldest"]
        )
        return holding, before == self._moves and not self._wishes

    def has_room(self, holding: Holding) -> bool:
        """Whether another message fits beside what the spool holds."""
        return holding.rows < self._limits.rows and holding.bytes < self._limits.bytes

    def _next(self) -> list[_Wish]:
        """Take what is written next, leaving out whom nobody waits for any more."""
        taken, rows = list[_Wish](), 0
        while self._wishes and (not taken or rows + len(self._wishes[0].entries) <= ROWS_AT_ONCE):
            wish = self._wishes.popleft()
            self._queued -= len(wish.entries)
            if not wish.done.done():
                taken.append(wish)
                rows += len(wish.entries)
        return taken

    async def _grant(self, wishes: Sequence[_Wish]) -> None:
        fault: Exception
        try:
            async with asyncio.timeout(self._limits.seconds):
                kept = await self._write(wishes)
        except SpoolFullError as error:
            _REFUSED.labels("full").inc(sum(len(wish.entries) for wish in wishes))
            _log.error("spool_full", rows=self._limits.rows, bytes=self._limits.bytes)
            fault = error
        except Exception as error:  # noqa: BLE001  # whatever it is, those who wait must hear of it
            self._lose(type(error).__name__)
            fault = StoreAwayError(type(error).__name__)
        else:
            self._find()
            for wish, result in zip(wishes, kept, strict=True):
                if not wish.done.done():
                    wish.done.set_result(result)
            return
        for wish in wishes:
            if not wish.done.done():
                wish.done.set_exception(fault)

    async def _write(self, wishes: Sequence[_Wish]) -> list[list[bool]]:
        async with self._database.transaction() as connection:
            kept = await self._choose(connection, wishes)
            entries = [
                entry
                for wish, chosen in zip(wishes, kept, strict=True)
                for entry, keep in zip(wish.entries, chosen, strict=True)
                if keep
            ]
            if entries:
                await self._insert(connection, entries)
            reach("before-commit")
        reach("after-commit")
        return kept

    async def _choose(
        self, connection: asyncpg.Connection, wishes: Sequence[_Wish]
    ) -> list[list[bool]]:
        """Say of each entry whether it is to be kept."""
        asked = {entry.record.key for wish in wishes if not wish.always for entry in wish.entries}
        waiting = set[str]()
        if asked:
            rows = await connection.fetch(_QUERIES["select_waiting_keys"], list(asked))
            waiting = {row["key"] for row in rows}
        chosen = list[list[bool]]()
        for wish in wishes:
            if wish.always:
                waiting |= {entry.record.key for entry in wish.entries}
            chosen.append([entry.record.key in waiting for entry in wish.entries])
        return chosen

    async def _insert(self, connection: asyncpg.Connection, entries: Sequence[Entry]) -> None:
        records = [entry.record for entry in entries]
        room = await connection.fetchval(
            _QUERIES["insert_spool_rows"],
            [entry.id for entry in entries],
            [record.topic for record in records],
            [record.key for record in records],
            [msgspec.json.encode(record.headers).decode() for record in records],
            [record.value for record in records],
            self._clock.real(),
            self._limits.rows,
            self._limits.bytes,
        )
        if room is None:
            raise SpoolFullError("the spool is full")

    def _refused(self, reason: str, why: str) -> StoreAwayError:
        _REFUSED.labels(reason).inc()
        return StoreAwayError(why)

    def _lose(self, why: str) -> None:
        if self._away is None:
            _log.warning("spool_away", fault=why)
        self._away = why
        _AWAY.set(1)

    def _find(self) -> None:
        if self._away is not None:
            _log.info("spool_answers")
        self._away = None
        _AWAY.set(0)
