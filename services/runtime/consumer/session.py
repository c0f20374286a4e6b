"""One membership in a group, from joining to leaving, and the loop that reads while it lasts.

What aiokafka leaves to its user, and where the answer is:

- It rebalances in the background while records are processed: `_revoked` bumps the generation and
  waits for the batch in hand, and the rest of that batch is dropped. A member too slow for that
  is stopped by the stored position, which only moves on from where the member believes it to be.
- It does not go back after a failed batch: positions are read from Postgres again, and sought.
- A member that stops polling is thrown out for good: while Postgres is away the partitions are
  paused and polling goes on.
- It can fall silent after its broker or coordinator was away: partitions unheard for too long end
  the session, and the next one begins with a new client.
- Heartbeats share the loop: no step here computes for long.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer

from services.runtime.clock import Clock
from services.runtime.consumer import measures
from services.runtime.consumer.commits import Commits
from services.runtime.consumer.crowd import Crowd
from services.runtime.consumer.delivery import Delivery
from services.runtime.consumer.faults import Fault, classify, describe
from services.runtime.consumer.membership import Listening
from services.runtime.consumer.places import Place, partition, received
from services.runtime.disposal import dispose
from services.runtime.records import Received

POLL_SECONDS = 0.25
JOIN_SECONDS = 30.0
LOCATE_SECONDS = 10.0
DRAIN_SECONDS = 4.0  # with the commit after it, below the 10 s the group waits for a member
LEAVE_SECONDS = 0.6
MEASURE_EVERY_SECONDS = 1.0
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 2.0

_log = structlog.get_logger(__name__)


class SilentError(Exception):
    """Kafka has not answered for a partition for too long."""


class Session:
    """One membership; made anew after a fault of Kafka's side."""

    def __init__(
        self,
        make: Callable[[Listening], AIOKafkaConsumer],
        *,
        delivery: Delivery,
        clock: Clock,
        batch: int,
        silent_after: float,
        linger: float = 0.0,
    ) -> None:
        self._kafka = make(Listening(revoked=self._revoked, assigned=self._assigned))
        self._delivery = delivery
        self._cursors = delivery.cursors
        self._group = delivery.group
        self._clock = clock
        self._batch = batch
        self._linger = linger
        self._crowd = Crowd()
        self._silent_after = silent_after
        self._commits = Commits(self._kafka)
        self._lock = asyncio.Lock()  # held while a batch is applied
        self._generation = 0
        self._stalled_until: float | None = None
        self._pause = FIRST_PAUSE
        self._measured_at = float("-inf")
        self.alive_at = float("-inf")

    async def join(self) -> None:
        """Join the group and wait for an assignment."""
        async with asyncio.timeout(JOIN_SECONDS):
            await self._kafka.start()

    async def leave(self) -> None:
        """Leave the group, or else be cut off from it, within a bounded time."""
        self._generation += 1
        await self._commits.close()
        await dispose(self._kafka, within=LEAVE_SECONDS)
        self._assigned([])
        self._calm()

    async def step(self) -> None:
        """Poll once and apply what came.

        Raises:
            SilentError: Kafka has not answered for too long.
            TimeoutError: A rebalance does not end.
            KafkaError: The client says that it cannot go on.
        """
        if self._stalled_until is not None and not await self._wait_out(self._stalled_until):
            return
        if self._cursors.unlocated() and not await self._locate():
            return
        records = self._accept(await self._gather())
        generation = self._generation
        if records:
            async with self._lock:
                await self._deliver(records, generation)
            self._cursors.keep_alive(now=self._clock.monotonic())
        self._observe()

    async def _gather(self) -> Mapping[Any, Sequence[Any]]:
        """Take what has come, and where that is no full batch, what comes while it lingers."""
        polled = await self._poll(POLL_SECONDS)
        came = sum(map(len, polled.values()))
        linger = max(self._linger, self._crowd.linger)
        if not came or not linger or came >= self._batch:
            self._crowd.note(came, now=self._clock.monotonic())
            return polled
        generation = self._generation
        await self._clock.sleep(linger)
        if generation != self._generation:
            return {}  # the partitions have moved on: whoever has them reads it again
        more = await self._poll(0, most=self._batch - came)
        if generation != self._generation:
            return {}
        self._crowd.note(came + sum(map(len, more.values())), now=self._clock.monotonic())
        return {tp: [*polled.get(tp, ()), *more.get(tp, ())] for tp in {**polled, **more}}

    async def _poll(self, seconds: float, most: int | None = None) -> Mapping[Any, Sequence[Any]]:
        """Take what has come. During a rebalance this waits for its end, hence the bound."""
        async with asyncio.timeout(self._silent_after):
            polled: Mapping[Any, Sequence[Any]] = await self._kafka.getmany(
                timeout_ms=max(1, int(seconds * 1000)), max_records=most or self._batch
            )
        return polled

    def _accept(self, polled: Mapping[Any, Sequence[Any]]) -> list[Received]:
        """Return the records of located partitions; those of others are sought and come again."""
        accepted: list[Received] = []
        offsets = self._cursors.offsets()
        for tp, records in polled.items():
            place = Place(tp.topic, tp.partition)
            if place in offsets:
                self._note_skip(place, stood=offsets[place], goes_on=records[0].offset)
                accepted += map(received, records)
        self._cursors.take(accepted)
        return accepted

    def _note_skip(self, place: Place, *, stood: int, goes_on: int) -> None:
        """Tell when a partition does not go on where the group stood.

        Back means that the topic was cut or made anew; what comes is applied, since whoever applies
        drops what it has. Forward means that records are gone, or were compacted away.
        """
        if goes_on != stood:
            direction = "forward" if goes_on > stood else "back"
            measures.SKIPS.labels(self._group, place.topic, direction).inc()
            _log.warning(
                "partition_skipped", group=self._group, place=place, stood=stood, goes_on=goes_on
            )

    async def _deliver(self, records: Sequence[Received], generation: int) -> None:
        try:
            await self._delivery.deliver(records, ours=lambda: self._generation == generation)
        except Exception as error:  # noqa: BLE001  # nothing a record causes may end the session
            self._stumble(error)
        else:
            self._calm()

    def _stumble(self, error: Exception) -> None:
        """Go back to the stored positions: at once where another member was faster, else later."""
        fault, now = classify(error), self._clock.monotonic()
        measures.FAULTS.labels(self._group, fault).inc()
        tell = _log.info if fault is Fault.FENCED else _log.warning
        tell("delivery_stumbled", group=self._group, fault=fault, reason=describe(error))
        self._cursors.lose(now=now)
        if fault is not Fault.FENCED:
            self._stalled_until = now + self._pause
            self._pause = min(self._pause * 2, LONGEST_PAUSE)
            measures.STALLED.labels(self._group).set(1)

    def _calm(self) -> None:
        self._pause = FIRST_PAUSE
        measures.STALLED.labels(self._group).set(0)

    async def _wait_out(self, until: float) -> bool:
        """Poll paused partitions until it is time to try again; say whether it is."""
        remaining = until - self._clock.monotonic()
        if remaining <= 0:
            self._stalled_until = None
            self._kafka.resume(*self._kafka.paused())
            return True
        self._kafka.pause(*self._kafka.assignment())
        await self._poll(min(POLL_SECONDS, remaining))
        self.alive_at = self._clock.monotonic()
        self._cursors.keep_alive(now=self.alive_at)
        return False

    async def _locate(self) -> bool:
        """Seek the stored positions of partitions newly assigned or lost; say whether it worked."""
        generation, places = self._generation, self._cursors.unlocated()
        try:
            async with asyncio.timeout(LOCATE_SECONDS):
                stored = await self._delivery.stand(places, start=self._starts)
        except Exception as error:  # noqa: BLE001  # Postgres or Kafka is away: later
            self._stumble(error)
            return False
        if generation == self._generation:
            for place in places:
                self._kafka.seek(partition(place), stored[place])
                self._cursors.locate(place, stored[place])
        return True

    async def _starts(self, places: Sequence[Place]) -> dict[Place, int]:
        """Return where partitions begin that were never read: Kafka's offset, or their start."""
        first = await self._kafka.beginning_offsets([partition(place) for place in places])
        starts: dict[Place, int] = {}
        for place in places:
            committed = await self._kafka.committed(partition(place))
            starts[place] = first[partition(place)] if committed is None else committed
        return starts

    def _observe(self) -> None:
        """Note what Kafka said about each partition; too long a silence ends the session."""
        now, assignment = self._clock.monotonic(), self._kafka.assignment()
        for place in self._cursors:
            tp = partition(place)
            if tp in assignment:
                answer, end = (
                    self._kafka.last_poll_timestamp(tp),
                    self._kafka.last_stable_offset(tp),
                )
                self._cursors.hear(place, answer=answer, end=end, now=now)
        silence = self._cursors.silence(now=now)
        self.alive_at = max(self.alive_at, now - silence)
        if silence > self._silent_after:
            raise SilentError(f"a partition was silent for {silence:.0f} s")
        self._commits.tick(self._cursors.offsets(), now=now)
        if now - self._measured_at > MEASURE_EVERY_SECONDS:
            self._measured_at = now
            if len(self._cursors.settled(now=now)) == len(self._cursors):
                self._calm()  # the fault has passed, and nothing was left to apply
            measures.measure(self._group, self._cursors, now=now, real=self._clock.real())

    async def _revoked(self) -> None:
        """Let the batch in hand end, within a bound, before the partitions go to others."""
        self._generation += 1
        try:
            async with asyncio.timeout(DRAIN_SECONDS), self._lock:
                pass
        except TimeoutError:
            _log.warning("drain_too_slow", group=self._group)  # the stored position fences us off
        await self._commits.flush(self._cursors.offsets())
        self._assigned([])

    def _assigned(self, places: Iterable[Place]) -> None:
        measures.forget(self._group, self._cursors)
        self._cursors.assign(places, now=self._clock.monotonic())
        measures.REBALANCES.labels(self._group).inc(len(self._cursors) > 0)
