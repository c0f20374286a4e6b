"""The directory is asked for anew within seconds where Kafka's client hangs on an old leader."""

import asyncio

import pytest

from services.intake.adapters import directory_feed
from services.intake.adapters.directory_feed import DirectoryFeed
from services.runtime import tail
from tests.fakes.clock import FakeClock


class Client:
    """A client of Kafka; the first `hanging` that are made never learn where a topic ends."""

    made = 0
    hanging = 3

    def __init__(self, *_: object, **__: object) -> None:
        Client.made += 1
        self._hangs = Client.made <= Client.hanging

    async def start(self) -> None:
        """It connects."""

    async def stop(self) -> None:
        """It leaves."""

    def assignment(self) -> set[object]:
        return {("directory.v1", 0)}

    async def end_offsets(self, _: object) -> dict[object, int]:
        if self._hangs:
            await asyncio.Event().wait()
        return {("directory.v1", 0): 0}

    async def position(self, _: object) -> int:
        Client.read.set()
        return 0

    read: asyncio.Event


async def test_a_client_that_hangs_on_an_old_leader_is_replaced_within_seconds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert tail.CONNECT_SECONDS <= 5
    monkeypatch.setattr(directory_feed, "CONNECT_SECONDS", 0.01)
    monkeypatch.setattr(directory_feed, "AIOKafkaConsumer", Client)
    monkeypatch.setattr(Client, "read", asyncio.Event(), raising=False)
    feed = DirectoryFeed("nowhere", topic="directory.v1", clock=FakeClock(), take=id)
    feed._missed.set()  # as the tail says once it follows
    catching_up = asyncio.create_task(feed._catch_up())
    async with asyncio.timeout(2):
        await Client.read.wait()
    catching_up.cancel()
    await asyncio.wait([catching_up])
    assert Client.made == Client.hanging + 1
