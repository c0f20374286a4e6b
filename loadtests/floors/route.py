"""The bare route: takes a body, publishes it, answers. Nothing is checked.

`POST /<center>/<id>`: the record's key is the id; its headers are the envelope of an alert, made
once but for the id, and the center.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaProducer
from starlette.types import ASGIApp, Receive, Scope, Send

from incident.messages import ALERT_RECEIVED
from loadtests.floors.producer import CONCURRENCY, bare_producer
from loadtests.floors.serving import answer, read, serve
from services.runtime.clock import SystemClock
from services.runtime.envelope import Envelope, build

CENTER = "center"


class Route:
    """The app."""

    def __init__(self, producer: AIOKafkaProducer, topic: str) -> None:
        self._producer = producer
        self._topic = topic
        self._slots = asyncio.Semaphore(CONCURRENCY)
        told = Envelope(id="-", source="/floor", type=ALERT_RECEIVED, time=SystemClock().now())
        self._headers = [
            (name, value.encode()) for name, value in build(told).items() if name != "ce_id"
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request, as ASGI asks."""
        body = await read(receive)
        _, center, id_ = scope["path"].split("/")
        key = id_.encode()
        headers = [*self._headers, ("ce_id", key), (CENTER, center.encode())]
        async with self._slots:
            await self._producer.send_and_wait(self._topic, body, key, headers=headers)
        await answer(send, 202, b"{}")


@asynccontextmanager
async def _open(environment: Mapping[str, str]) -> AsyncIterator[ASGIApp]:
    async with bare_producer(environment["D115_KAFKA"]) as producer:
        yield Route(producer, environment["FLOOR_TOPIC"])


if __name__ == "__main__":
    serve(_open)
