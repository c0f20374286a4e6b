"""One membership in a Kafka group: an aiokafka consumer from joining to leaving."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener
from aiokafka.coordinator.assignors.sticky.sticky_assignor import StickyPartitionAssignor
from typing_extensions import override

from services.runtime.consumer.places import Place

COMMON_SETTINGS = {
    "enable_auto_commit": False,
    "isolation_level": "read_committed",
    # Long enough for a join to wait for the other members, short enough to notice a frozen broker.
    "request_timeout_ms": 15_000,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Listening(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka has no types
    """Tells of partitions taken away and given; aiokafka holds the rebalance up meanwhile."""

    revoked: Callable[[], Awaitable[None]]
    assigned: Callable[[Iterable[Place]], None]

    @override
    async def on_partitions_revoked(self, revoked: Iterable[Any]) -> None:
        await self.revoked()

    @override
    async def on_partitions_assigned(self, assigned: Iterable[Any]) -> None:
        self.assigned(Place(*partition) for partition in assigned)


def make_consumer(
    bootstrap: str, *, group: str, topics: Iterable[str], member: str | None, listener: Listening
) -> AIOKafkaConsumer:
    """Make a consumer that joins a group when it is started.

    A member that crashes is missed after 6 s; `member` names a static one (KIP-345), which may be
    away so long without its partitions moving.
    """

    class Assignor(StickyPartitionAssignor):  # type: ignore[misc]  # aiokafka has no types
        """Of this consumer alone: aiokafka keeps what was assigned on the assignor's class."""

    kafka = AIOKafkaConsumer(
        bootstrap_servers=bootstrap,
        client_id=member or group,
        group_id=group,
        group_instance_id=member,
        auto_offset_reset="earliest",
        session_timeout_ms=6_000,
        heartbeat_interval_ms=1_500,
        rebalance_timeout_ms=10_000,
        max_poll_interval_ms=60_000,
        partition_assignment_strategy=(Assignor,),
        **COMMON_SETTINGS,
    )
    kafka.subscribe(topics=list(topics), listener=listener)
    return kafka
