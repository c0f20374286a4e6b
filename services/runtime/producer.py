"""Sends records to Kafka: acknowledged by all replicas in time, or `Unavailable`.

An aiokafka producer alone does not keep that promise, so this one supervises it:

- While the broker is away an idempotent batch never expires: every wait here has its own end. A
  record that was given up may still be written later, so `Unavailable` means *unknown*: send it
  again under the same id.
- After an out-of-order sequence number, fencing or an unknown producer id it stays broken, and it
  can fall silent: the supervisor then builds another, while senders wait within their time.
- Many concurrent sends wake one another: a bounded number is let in, a bounded number waits.
"""

import asyncio
from collections.abc import Sequence

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka import errors as kafka_errors
from prometheus_client import Counter, Histogram

from services.runtime.clock import Clock
from services.runtime.link import FIRST_PAUSE, Link, LinkClosedError
from services.runtime.records import PermanentError, Record

_WAITING_PER_SLOT = 4
_SILENT_SECONDS = 15.0

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


class Unavailable(Exception):  # noqa: N818  # what the caller is told, not what went wrong
    """Not acknowledged in time. The outcome is unknown: send again under the same id."""


class RefusedError(PermanentError):
    """Kafka will never take this record: too large, or no such topic name."""


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
        """Send records; a key's next one goes only after the acknowledgement of its last.

        Different keys go side by side. After a failure the rest of that key is not sent.

        Args:
            records: What to send; their order counts within a key.
            within: Real seconds after which no further record is begun; None for no such end.

        Returns:
            One outcome each, in the same order: None when acknowledged, else what `send` raises.
        """
        outcomes: list[BaseException | None] = [None] * len(records)
        chains: dict[str, list[int]] = {}
        for index, record in enumerate(records):
            chains.setdefault(record.key, []).append(index)
        until = None if within is None else self._clock.monotonic() + within
        lanes = asyncio.Semaphore(self._in_flight)

        async def send_chain(indices: list[int]) -> None:
            async with lanes:
                for position, index in enumerate(indices):
                    outcome = await self._outcome(records[index], until)
                    outcomes[index] = outcome
                    if outcome is not None:
                        rest = Unavailable("an earlier record of this key was not acknowledged")
                        for later in indices[position + 1 :]:
                            outcomes[later] = rest
                        return

        async with asyncio.TaskGroup() as group:
            for indices in chains.values():
                group.create_task(send_chain(indices))
        return outcomes

    async def _outcome(self, record: Record, until: float | None) -> BaseException | None:
        if until is not None and self._clock.monotonic() > until:
            return Unavailable("no time left to send it")
        try:
            await self._send(record)
        except (Unavailable, RefusedError) as error:
            return error
        return None

    async def _send(self, record: Record) -> None:
        began = self._clock.monotonic()
        outcome = "cancelled"
        self._pending += 1
        try:
            async with asyncio.timeout(self._timeout), self._slots:
                await self._deliver(record)
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
            self._pending -= 1
            _SENDS.labels(self._client_id, outcome).inc()
        self._silent_since = None
        _SECONDS.labels(self._client_id).observe(self._clock.monotonic() - began)

    async def _deliver(self, record: Record) -> None:
        """Hand the record to whichever producer works, until one has it acknowledged."""
        key, headers = record.key.encode(), [(n, v.encode()) for n, v in record.headers.items()]
        while True:
            kafka = await self._link.producer()
            try:
                await kafka.send_and_wait(
                    record.topic, record.value, key, partition=record.partition, headers=headers
                )
            except _REFUSALS as error:
                raise RefusedError(f"{type(error).__name__} in topic {record.topic}") from error
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
