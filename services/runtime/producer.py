"""Sends records to Kafka: acknowledged by all replicas in time, or `Unavailable`.

An aiokafka producer alone does not keep that promise, so this one supervises it:

- While the broker is away an idempotent batch never expires: every wait here has its own end. A
  record that was given up may still be written later, so `Unavailable` means *unknown*: send it
  again under the same id.
- After an out-of-order sequence number, fencing or an unknown producer id it stays broken, and it
  can fall silent: the supervisor then builds another, while senders wait within their time.
- Many concurrent sends wake one another: a bounded number is let in, a bounded number waits, and
  who has many records hands them over in batches.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from functools import partial

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka import errors as kafka_errors
from prometheus_client import Counter, Histogram

from services.runtime.clock import Clock
from services.runtime.lanes import build, encode_headers, lanes_of
from services.runtime.link import FIRST_PAUSE, Link, LinkClosedError
from services.runtime.records import Record
from services.runtime.sending import Errand, Fault, RefusedError, Unavailable

__all__ = ["Producer", "RefusedError", "Unavailable"]

_WAITING_PER_SLOT = 4
_SILENT_SECONDS = 15.0
_NO_SLOTS = nullcontext()

# The record itself is at fault: no other producer and no later time will take it.
_REFUSALS = (
    kafka_errors.MessageSizeTooLargeError,
    kafka_errors.RecordListTooLargeError,
    kafka_errors.InvalidTopicError,
)
# It passes by itself; the producer stays good.
_PASSING = (kafka_errors.KafkaTimeoutError,)

_SENDS = Counter(
    "d115_producer_sends_total", "Records by what became of them.", ["client", "outcome"]
)
_SECONDS = Histogram(
    "d115_producer_send_seconds",
    "From asking to send until acknowledged.",
    ["client"],
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 3),
)
_log = structlog.get_logger(__name__)


class Producer:
    """A producer that answers within its time and replaces itself when it breaks."""

    def __init__(
        self,
        bootstrap: str,
        *,
        clock: Clock,
        client_id: str,
        timeout: float = 3.0,
        in_flight: int = 256,
    ) -> None:
        """Prepare; `start` connects.

        Args:
            bootstrap: Kafka's address, `host:port[,host:port]`.
            clock: What to wait with.
            client_id: The name shown to the broker and in metrics.
            timeout: Real seconds a send may take in all.
            in_flight: Records on their way at once; four times as many may wait.
        """
        self._link = Link(bootstrap, clock=clock, client_id=client_id)
        self._clock = clock
        self._client_id = client_id
        self._timeout = timeout
        self._in_flight = in_flight
        self._slots = asyncio.Semaphore(in_flight)
        self._pending = 0
        self._silent_since: float | None = None

    @property
    def connected(self) -> bool:
        """Whether there is a working producer now."""
        return self._link.connected

    async def start(self) -> None:
        """Begin to connect, and wait for it at most one send's time.

        Kafka being away is no error: connecting goes on, and sends raise `Unavailable`.
        """
        await self._link.open(within=self._timeout)

    async def stop(self) -> None:
        """Give what is under way a moment to be acknowledged, and disconnect."""
        await self._link.close()

    async def send(self, record: Record) -> None:
        """Send one record; return once all in-sync replicas have it.

        Raises:
            Unavailable: Not acknowledged in time, or too many sends are waiting.
            RefusedError: Kafka will never take it.
        """
        if self._pending >= self._in_flight * (1 + _WAITING_PER_SLOT):
            _SENDS.labels(self._client_id, "shed").inc()
            raise Unavailable("too many records are waiting to be sent")
        await self._send(record)

    async def send_all(
        self, records: Sequence[Record], *, within: float | None = None
    ) -> list[BaseException | None]:
        """Send records, those of one partition in their order.

        What goes to one partition goes in batches, each of which Kafka takes wholly or not at all,
        and the next only after the acknowledgement of the last: no record overtakes another of its
        key. After a failure the rest of the partition is not sent, after a refusal the rest of the
        key. Partitions go side by side.

        Args:
            records: What to send; their order counts within a partition.
            within: Real seconds after which nothing further is begun; None for no such end.

        Returns:
            One outcome each, in the same order: None when acknowledged, else what `send` raises.
        """
        until = None if within is None else self._clock.monotonic() + within
        if len(records) == 1:
            return [await self._outcome(records[0], until)]
        outcomes: list[BaseException | None] = [None] * len(records)
        topics: dict[str, list[int]] = {}
        for place, record in enumerate(records):
            topics.setdefault(record.topic, []).append(place)
        async with asyncio.TaskGroup() as group:
            for topic, places in topics.items():
                group.create_task(self._send_topic(topic, records, places, outcomes, until=until))
        return outcomes

    async def _send_topic(
        self,
        topic: str,
        records: Sequence[Record],
        places: Sequence[int],
        outcomes: list[BaseException | None],
        *,
        until: float | None,
    ) -> None:
        """Send the records of one topic, and note what becomes of each."""
        try:
            partitions = await self._partitions(topic)
        except (Unavailable, RefusedError) as error:
            for place in places:
                outcomes[place] = error
            return
        async with asyncio.TaskGroup() as group:
            for partition, its_places in lanes_of(records, places, partitions).items():
                send = partial(self._batch_outcome, topic, partition, until=until)
                errand = Errand(records=records, outcomes=outcomes, send=send)
                group.create_task(errand.run(its_places))

    async def _batch_outcome(
        self, topic: str, partition: int, records: Sequence[Record], *, until: float | None
    ) -> Fault | None:
        if len(records) == 1:
            return await self._outcome(records[0], until)
        if until is not None and self._clock.monotonic() > until:
            return Unavailable("no time left to send it")

        async def deliver(kafka: AIOKafkaProducer) -> None:
            batch = build(kafka, records)
            await (await kafka.send_batch(batch, topic, partition=partition))

        try:
            await self._timed(deliver, topic, count=len(records))
        except (Unavailable, RefusedError) as error:
            return error
        return None

    async def _outcome(self, record: Record, until: float | None) -> Fault | None:
        if until is not None and self._clock.monotonic() > until:
            return Unavailable("no time left to send it")
        try:
            await self._send(record)
        except (Unavailable, RefusedError) as error:
            return error
        return None

    async def _send(self, record: Record) -> None:
        key, headers = record.key.encode(), encode_headers(record.headers)

        async def deliver(kafka: AIOKafkaProducer) -> None:
            await kafka.send_and_wait(
                record.topic, record.value, key, partition=record.partition, headers=headers
            )

        self._pending += 1
        try:
            await self._timed(deliver, record.topic, count=1, slots=self._slots)
        finally:
            self._pending -= 1

    async def _partitions(self, topic: str) -> tuple[int, ...]:
        """Give the partitions of a topic, ascending; Kafka is asked the first time only."""
        found: list[int] = []

        async def ask(kafka: AIOKafkaProducer) -> None:
            found[:] = sorted(await kafka.partitions_for(topic))

        await self._timed(ask, topic, count=0)
        return tuple(found)

    async def _timed(
        self,
        deliver: Callable[[AIOKafkaProducer], Awaitable[None]],
        topic: str,
        *,
        count: int,
        slots: AbstractAsyncContextManager[None] = _NO_SLOTS,
    ) -> None:
        """Deliver records within a send's time, and count what became of them."""
        began = self._clock.monotonic()
        outcome = "cancelled"
        try:
            async with asyncio.timeout(self._timeout), slots:
                await self._deliver(deliver, topic)
            outcome = "acknowledged"
        except TimeoutError as error:
            outcome = "unavailable"
            self._note_silence(began)
            raise Unavailable(f"not acknowledged within {self._timeout:g} s") from error
        except LinkClosedError as error:
            outcome = "unavailable"
            raise Unavailable(str(error)) from error
        except RefusedError:
            outcome = "refused"
            raise
        finally:
            if count == 1 or (count and outcome != "refused"):  # a batch is sent record by record
                _SENDS.labels(self._client_id, outcome).inc(count)
        self._silent_since = None
        if count:
            _SECONDS.labels(self._client_id).observe(self._clock.monotonic() - began)

    async def _deliver(
        self, deliver: Callable[[AIOKafkaProducer], Awaitable[None]], topic: str
    ) -> None:
        """Hand over to whichever producer works, until one has it acknowledged."""
        while True:
            kafka = await self._link.producer()
            try:
                await deliver(kafka)
            except _REFUSALS as error:
                raise RefusedError(f"{type(error).__name__} in topic {topic}") from error
            except (kafka_errors.KafkaError, AssertionError) as error:
                self._judge(kafka, error)
            else:
                return
            await self._clock.sleep(FIRST_PAUSE)

    def _judge(self, kafka: AIOKafkaProducer, error: Exception) -> None:
        """Have the producer replaced, unless the fault passes by itself."""
        passing = isinstance(error, (*_PASSING, AssertionError)) or getattr(
            error, "retriable", False
        )
        if not passing:
            self._link.replace(kafka, fault=type(error).__name__)

    def _note_silence(self, began: float) -> None:
        if self._silent_since is None:
            self._silent_since = began
        elif self._clock.monotonic() - self._silent_since > _SILENT_SECONDS:
            self._silent_since = None
            self._link.replace_current(fault="silent")
