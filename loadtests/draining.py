"""Waits until the services have worked off what stood there at a moment."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from functools import partial

import asyncpg
from aiokafka import AIOKafkaConsumer, TopicPartition

from incident.messages import ALERTS, INCIDENTS
from loadtests.site import Site

POLL_SECONDS = 0.2
POSITIONS = """
select sum(next_offset)::bigint from {schema}.consumer_position where topic = $1
"""


async def drain(site: Site, *, within: float) -> float | None:
    """Wait until what stands there now is worked off; what comes meanwhile is not waited for.

    Alerts are applied by dispatcher and notifier; what the dispatcher then had in its outbox is
    published; what was published by then is applied by the notifier.

    Returns:
        The real seconds it took; None if it took longer than `within`.
    """
    began = site.clock.monotonic()
    try:
        async with asyncio.timeout(within), open_ledger(site) as ledger:
            await ledger.await_applied(ALERTS, ("dispatcher", "notifier"))
            await ledger.await_published("dispatcher")
            await ledger.await_applied(INCIDENTS, ("notifier",))
    except TimeoutError:
        return None
    return site.clock.monotonic() - began


class Ledger:
    """What topics hold, and how far the services are with it."""

    def __init__(
        self, site: Site, connection: asyncpg.Connection, consumer: AIOKafkaConsumer
    ) -> None:
        self._site = site
        self._connection = connection
        self._consumer = consumer

    async def count(self, topic: str) -> int:
        """Return how many records a topic has taken in all."""
        name = self._site.topic(topic)
        await self._consumer.topics()  # makes it known to the client
        partitions = self._consumer.partitions_for_topic(name) or set()
        ends = await self._consumer.end_offsets([TopicPartition(name, each) for each in partitions])
        return sum(ends.values())

    async def applied(self, topic: str, service: str) -> int:
        """Return how many records of a topic a service has applied."""
        query = POSITIONS.format(schema=service)
        found = await self._connection.fetchval(query, self._site.topic(topic))
        return int(found or 0)

    async def await_applied(self, topic: str, services: Iterable[str]) -> None:
        """Return once services have applied what a topic holds now."""
        there = await self.count(topic)
        for service in services:
            await self._until(partial(self._has_applied, topic, service, there))

    async def await_published(self, service: str) -> None:
        """Return once what stands in a service's outbox now is published."""
        query = f"select max(position) from {service}.outbox"  # noqa: S608  # a name of ours
        newest = await self._connection.fetchval(query)
        if newest is not None:
            await self._until(partial(self._has_published, service, newest))

    async def _has_applied(self, topic: str, service: str, there: int) -> bool:
        return await self.applied(topic, service) >= there

    async def _has_published(self, service: str, newest: int) -> bool:
        query = f"select min(position) from {service}.outbox"  # noqa: S608  # a name of ours
        oldest = await self._connection.fetchval(query)
        return oldest is None or oldest > newest

    async def _until(self, holds: Callable[[], Awaitable[bool]]) -> None:
        while not await holds():
            await self._site.clock.sleep(POLL_SECONDS)


@asynccontextmanager
async def open_ledger(site: Site) -> AsyncIterator[Ledger]:
    """Open what it takes to look; closed at the end."""
    connection = await site.connect()
    consumer = AIOKafkaConsumer(bootstrap_servers=site.stack.kafka.address)
    try:
        await consumer.start()
        yield Ledger(site, connection, consumer)
    finally:
        await consumer.stop()
        await connection.close()
