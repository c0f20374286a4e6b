"""The bare aiokafka producer: the services' settings, and nothing around it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaProducer

from services.runtime.clock import Clock
from services.runtime.ids import new_id
from services.runtime.link import BATCH_BYTES, MAX_RECORD_BYTES

CONCURRENCY = 256
"""As many as intake has on their way at once."""


@asynccontextmanager
async def bare_producer(kafka: str) -> AsyncIterator[AIOKafkaProducer]:
    """Give a producer with the settings that the services' link gives theirs."""
    producer = AIOKafkaProducer(
        bootstrap_servers=kafka,
        acks="all",
        enable_idempotence=True,
        compression_type="lz4",
        max_batch_size=BATCH_BYTES,
        max_request_size=MAX_RECORD_BYTES,
        linger_ms=0,
        request_timeout_ms=5000,
    )
    await producer.start()
    try:
        yield producer
    finally:
        await producer.stop()


async def measure(kafka: str, topic: str, body: bytes, *, count: int, clock: Clock) -> float:
    """Return how many records a second are acknowledged, so many at once.

    Args:
        kafka: Its address.
        topic: One that is nobody else's.
        body: What to send each time.
        count: How often.
        clock: What tells the time.
    """
    async with bare_producer(kafka) as producer:
        keys = iter([new_id().bytes for _ in range(count)])

        async def send() -> None:
            for key in keys:
                await producer.send_and_wait(topic, body, key)

        began = clock.monotonic()
        await asyncio.gather(*(send() for _ in range(CONCURRENCY)))
        return count / (clock.monotonic() - began)
