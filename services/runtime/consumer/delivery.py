"""Applies records once: position and effects in one transaction, poison to the dead letters."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

import asyncpg
import msgspec
import structlog

from services.runtime import spans
from services.runtime.clock import Clock
from services.runtime.consumer import measures
from services.runtime.consumer.batches import apply_divided
from services.runtime.consumer.cursors import Cursors
from services.runtime.consumer.faults import (
    Fault,
    FencedError,
    TryAgainError,
    classify,
    describe,
)
from services.runtime.consumer.places import Place
from services.runtime.consumer.positions import Positions, Step
from services.runtime.consumer.tracing import tell_applied
from services.runtime.failpoints import reach
from services.runtime.postgres import Database, is_transient
from services.runtime.producer import Producer, RefusedError
from services.runtime.records import Received, Record, dead_letter_topic
from services.runtime.statements import statement

Apply = Callable[[asyncpg.Connection, Sequence[Received]], Awaitable[None]]
"""Writes the effects of records, in order, inside the transaction it is given; nothing else.

Raises PermanentError for a record that can never be applied."""

Rescue = Callable[[asyncpg.Connection, Received, str], Awaitable[bool]]
"""Does something for a record that cannot be applied, told the reason; says whether it did.

Runs in the transaction that stores the dead letter. Where it fails, what it wrote is undone."""

Start = Callable[[Sequence[Place]], Awaitable[dict[Place, int]]]

TRIES = 3
APPLY_SECONDS = 30.0

_log = structlog.get_logger(__name__)


@dataclass(kw_only=True, slots=True)
class Delivery:
    """Applies what a group reads, and knows nothing of how it is read."""

    group: str
    schema: str
    database: Database
    producer: Producer
    clock: Clock
    apply: Apply
    rescue: Rescue | None
    committed: Callable[[], None]
    cursors: Cursors
    positions: Positions = field(init=False)
    _tries: dict[Place, tuple[int, int]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.positions = Positions(self.schema, self.group)

    async def deliver(self, records: Sequence[Received], *, ours: Callable[[], bool]) -> None:
        """Apply records in order; what cannot be applied goes to the dead letters.

        Args:
            records: Of assigned and located partitions.
            ours: Whether the assignment they were read under still holds.

        Raises:
            FencedError: The partitions moved on to another member; the rest was dropped.
            Exception: A fault that passes by itself; what comes before it is applied.
        """

        async def attempt(part: Sequence[Received]) -> None:
            steps = self._steps(part, ours)
            began = self.clock.monotonic()
            async with self.database.transaction() as connection, asyncio.timeout(APPLY_SECONDS):
                await self.positions.advance(connection, steps)
                await self.apply(connection, part)
                reach("before-commit")
            reach("after-commit")
            self._applied(steps, part)
            seconds = self.clock.monotonic() - began
            measures.BATCH_SECONDS.labels(self.group).observe(seconds)
            if spans.collected():
                ended = self.clock.real().timestamp()
                tell_applied(part, self.schema, began=ended - seconds, ended=ended)

        async def bury(record: Received, error: Exception) -> None:
            if self._has_tries_left(record, error):
                raise TryAgainError(describe(error)) from error
            await self._bury(record, error, self._steps([record], ours))

        await apply_divided(records, attempt=attempt, bury=bury)

    async def stand(self, places: Sequence[Place], *, start: Start) -> dict[Place, int]:
        """Return where the group stands in partitions, storing it where it stands nowhere yet.

        Args:
            places: The partitions.
            start: Says where a partition begins that was never read.
        """
        async with self.database.transaction() as connection:
            stored = await self.positions.read(connection, places)
        missing = [place for place in places if place not in stored]
        if not missing:
            return stored
        starts = await start(missing)
        async with self.database.transaction() as connection:
            await self.positions.begin(connection, starts)
            return await self.positions.read(connection, places)

    def _steps(self, part: Sequence[Received], ours: Callable[[], bool]) -> list[Step]:
        if not ours():
            raise FencedError("the assignment has changed")
        return self.cursors.steps(part)

    def _applied(self, steps: Sequence[Step], part: Sequence[Received]) -> None:
        self.cursors.advance(steps, part)
        for topic in {record.topic for record in part}:
            count = sum(record.topic == topic for record in part)
            measures.RECORDS.labels(self.group, topic).inc(count)
        try:
            self.committed()
        except Exception as error:  # noqa: BLE001  # the commit stands: nobody may take it for failed
            measures.FAULTS.labels(self.group, "committed").inc()
            _log.error("committed_hook_failed", group=self.group, reason=describe(error))

    def _has_tries_left(self, record: Received, error: Exception) -> bool:
        fault = classify(error)
        measures.FAULTS.labels(self.group, fault).inc()
        if fault is not Fault.UNEXPECTED:
            return False
        place = Place(record.topic, record.partition)
        offset, tries = self._tries.get(place, (record.offset, 0))
        tries = tries + 1 if offset == record.offset else 1
        self._tries[place] = record.offset, tries
        return tries < TRIES

    async def _bury(self, record: Received, error: Exception, steps: Sequence[Step]) -> None:
        """Put a record with the dead letters, and go on after it."""
        fault, reason = classify(error), describe(error)
        await self._publish(record, reason)
        async with self.database.transaction() as connection, asyncio.timeout(APPLY_SECONDS):
            await self.positions.advance(connection, steps)
            rescued = await self._rescue(connection, record, reason)
            await self._store(connection, record, reason)
        self._applied(steps, [record])
        measures.DEAD_LETTERS.labels(self.group, record.topic, fault, str(rescued).lower()).inc()
        _log.error(
            "record_dead_lettered",
            group=self.group,
            topic=record.topic,
            partition=record.partition,
            offset=record.offset,
            reason=reason,
            rescued=rescued,
        )

    async def _publish(self, record: Received, reason: str) -> None:
        """Send the record to the dead-letter topic; a crash after this only repeats that."""
        source = {
            "dead-letter-reason": reason,
            "dead-letter-group": self.group,
            "dead-letter-topic": record.topic,
            "dead-letter-partition": str(record.partition),
            "dead-letter-offset": str(record.offset),
        }
        try:
            await self.producer.send(
                Record(
                    topic=dead_letter_topic(record.topic),
                    key=record.key,
                    value=record.value,
                    headers={**record.headers, **source},
                )
            )
        except RefusedError as error:  # with its reason it may have become too large: the row stays
            _log.error("dead_letter_refused", topic=record.topic, reason=describe(error))

    async def _rescue(self, connection: asyncpg.Connection, record: Received, reason: str) -> bool:
        if self.rescue is None:
            return False
        try:
            async with connection.transaction():
                return await self.rescue(connection, record, reason)
        except Exception as error:
            if is_transient(error):
                raise
            measures.FAULTS.labels(self.group, "rescue").inc()
            _log.error("rescue_failed", topic=record.topic, reason=describe(error))
            return False

    async def _store(self, connection: asyncpg.Connection, record: Received, reason: str) -> None:
        headers = {name: _storable(value) for name, value in record.headers.items()}
        await connection.execute(
            statement("insert_dead_letter", self.schema),
            *record.place,
            _storable(record.key),
            _storable(msgspec.json.encode(headers).decode()),
            record.value,
            _storable(reason),
            self.clock.real(),
        )


def _storable(text: str) -> str:
    """Return text without the one character Postgres cannot store."""
    return text.replace("\0", "\ufffd")
