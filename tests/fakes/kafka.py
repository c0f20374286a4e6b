"""An aiokafka consumer and producer that live in memory and do what a test says."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from types import SimpleNamespace
from typing import Any

from aiokafka import TopicPartition

from services.runtime.clock import SystemClock


class FakeKafkaConsumer:
    """Gives the records it holds, from where it was sought, and notes what it was told."""

    def __init__(self, listener: Any) -> None:  # noqa: ANN401  # as aiokafka takes it
        self.listener = listener
        self.held: dict[TopicPartition, list[Any]] = {}
        self.positions: dict[TopicPartition, int] = {}
        self.paused_now: set[TopicPartition] = set()
        self.polls = 0
        self.answers = 0
        self.silent = False
        self.stopped = False
        self.commits: list[Mapping[TopicPartition, int]] = []
        self.on_poll: Callable[[], None] = lambda: None

    def hold(self, tp: TopicPartition, values: Iterable[bytes]) -> None:
        """Add records at the end of a partition."""
        records = self.held.setdefault(tp, [])
        for value in values:
            records.append(
                SimpleNamespace(
                    topic=tp.topic,
                    partition=tp.partition,
                    offset=len(records),
                    key=b"key",
                    value=value,
                    headers=(("ce_id", b"1"),),
                    timestamp=1_700_000_000_000,
                )
            )

    async def assign(self, *partitions: TopicPartition) -> None:
        """Rebalance: take all partitions away, then give these."""
        await self.listener.on_partitions_revoked(set(self.positions))
        self.positions = dict.fromkeys(partitions, 0)
        self.paused_now.clear()
        await self.listener.on_partitions_assigned(set(partitions))

    async def start(self) -> None:
        """Join at once."""

    async def stop(self) -> None:
        self.stopped = True

    def assignment(self) -> set[TopicPartition]:
        return set(self.positions)

    async def getmany(
        self, *, timeout_ms: int, max_records: int
    ) -> dict[TopicPartition, Sequence[Any]]:
        assert 0 <= timeout_ms <= 500  # a member that stays away longer may never come back
        await SystemClock().sleep(0)
        self.polls += 1
        self.answers += not self.silent
        self.on_poll()
        found: dict[TopicPartition, Sequence[Any]] = {}
        for tp in set(self.positions) - self.paused_now:
            start = self.positions[tp]
            records = self.held.get(tp, [])[start : start + max_records]
            if records and not self.silent:
                self.positions[tp] = records[-1].offset + 1
                found[tp] = records
        return found

    def pause(self, *partitions: TopicPartition) -> None:
        self.paused_now |= set(partitions)

    def resume(self, *partitions: TopicPartition) -> None:
        self.paused_now -= set(partitions)

    def paused(self) -> set[TopicPartition]:
        return set(self.paused_now)

    def seek(self, tp: TopicPartition, offset: int) -> None:
        assert tp in self.positions
        self.positions[tp] = offset

    async def beginning_offsets(
        self, partitions: Sequence[TopicPartition]
    ) -> dict[TopicPartition, int]:
        return dict.fromkeys(partitions, 0)

    async def committed(self, tp: TopicPartition) -> int | None:  # noqa: ARG002  # nothing ever is
        return None

    async def commit(self, offsets: Mapping[TopicPartition, int]) -> None:
        self.commits.append(dict(offsets))

    def last_poll_timestamp(self, tp: TopicPartition) -> int | None:  # noqa: ARG002  # for all alike
        return self.answers or None

    def last_stable_offset(self, tp: TopicPartition) -> int | None:
        return len(self.held.get(tp, []))


class FakeKafkaProducer:
    """Takes records until it is told to fail or to fall silent."""

    made: list["FakeKafkaProducer"]
    plan: Callable[["FakeKafkaProducer", str], Exception | None]
    starts: Callable[[], Exception | None]

    def __init__(self, **_settings: object) -> None:
        self.stopped = False
        self.took: list[bytes] = []
        self.batches: list[list[bytes]] = []
        self.made.append(self)

    async def start(self) -> None:
        fault = type(self).starts()
        if fault is not None:
            raise fault

    async def stop(self) -> None:
        self.stopped = True

    async def send_and_wait(self, topic: str, value: bytes, *_key: object, **_more: object) -> None:
        await SystemClock().sleep(0)
        fault = type(self).plan(self, topic)
        if fault is not None:
            raise fault
        self.took.append(value)

    async def partitions_for(self, topic: str) -> set[int]:
        await SystemClock().sleep(60 if topic == "nowhere" else 0)
        return {0, 1, 2}

    def create_batch(self) -> "FakeBatch":
        return FakeBatch()

    async def send_batch(
        self,
        batch: "FakeBatch",
        topic: str,
        *,
        partition: int,  # noqa: ARG002  # all alike
    ) -> Awaitable[None]:
        return asyncio.ensure_future(self._take(batch, topic))

    async def _take(self, batch: "FakeBatch", topic: str) -> None:
        await SystemClock().sleep(0)
        fault = type(self).plan(self, topic)
        if fault is not None:
            raise fault
        self.took += batch.values
        self.batches.append(batch.values)


class FakeBatch:
    """A batch that holds whatever it is given."""

    def __init__(self) -> None:
        self.values: list[bytes] = []

    def append(self, *, value: bytes, **_more: object) -> object:
        self.values.append(value)
        return value

    def close(self) -> None:
        """Take no more."""
