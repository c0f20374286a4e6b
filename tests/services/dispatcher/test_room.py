"""A crowd is let in so many at a time; the rest waits its turn, or is told to come back."""

import asyncio

import pytest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.dispatcher.api import room
from services.dispatcher.api.room import Room
from tests.asgi import AsgiClient
from tests.services.dispatcher.consoles import settle
from tests.services.dispatcher.directory_api import Api


class Slow:
    """An app that answers once it may.

    Attributes:
        inside: How many requests are in hand.
    """

    def __init__(self) -> None:
        self.inside = 0
        self.most = 0
        self.may = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        del receive
        self.inside += 1
        self.most = max(self.most, self.inside)
        try:
            if scope["path"] == "/fault":
                raise ConnectionError
            await self.may.wait()
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b""})
        finally:
            self.inside -= 1


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Slow:
    monkeypatch.setattr(room, "IN_HAND", 2)
    monkeypatch.setattr(room, "WAITING", 3)
    return Slow()


def client(app: ASGIApp) -> AsgiClient:
    return AsgiClient(Room(app))


async def test_so_many_are_in_hand_at_once_and_the_rest_waits(slow: Slow) -> None:
    asking = client(slow)
    asked = [asyncio.ensure_future(asking.get("/v1/incidents")) for _ in range(5)]
    await settle()
    assert slow.inside == 2
    slow.may.set()
    assert [answer.status for answer in await asyncio.gather(*asked)] == [200] * 5
    assert slow.most == 2


async def test_a_crowd_is_told_to_come_back_at_once(slow: Slow) -> None:
    asking = client(slow)
    asked = [asyncio.ensure_future(asking.get("/v1/incidents")) for _ in range(5)]
    await settle()
    refused = await asking.get("/v1/incidents")
    assert (refused.status, refused.json()["type"]) == (503, "/problems/overloaded")
    assert refused.headers["retry-after"] == "1"
    slow.may.set()
    await asyncio.gather(*asked)
    assert (await asking.get("/v1/incidents")).status == 200


async def test_nobody_waits_for_ever(slow: Slow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "PATIENCE_SECONDS", 0)
    asking = client(slow)
    asked = [asyncio.ensure_future(asking.get("/v1/incidents")) for _ in range(3)]
    await settle()
    (refused,) = [task.result() for task in asked if task.done()]
    assert refused.status == 503
    slow.may.set()
    await asyncio.gather(*asked)


async def test_a_request_that_fails_leaves_its_place(slow: Slow) -> None:
    asking = client(slow)
    for _ in range(4):
        with pytest.raises(ConnectionError):
            await asking.get("/fault")
    slow.may.set()
    assert (await asking.get("/v1/incidents")).status == 200


async def test_who_reads_an_answer_slowly_takes_nobodys_place(slow: Slow) -> None:
    slow.may.set()
    bounded, reading = Room(slow), asyncio.Event()

    async def send(_: Message) -> None:
        await reading.wait()

    async def receive() -> Message:
        raise AssertionError

    scope = {"type": "http", "path": "/v1/incidents"}
    readers = [asyncio.ensure_future(bounded(scope, receive, send)) for _ in range(4)]
    await settle()
    assert slow.inside == 4
    reading.set()
    await asyncio.gather(*readers)
    assert bounded._turns._value == 2


async def test_streams_take_nobodys_place(slow: Slow) -> None:
    asking = client(slow)
    streams = [asyncio.ensure_future(asking.get("/v1/centers/c/stream")) for _ in range(9)]
    await settle()
    assert slow.inside == 9
    slow.may.set()
    assert (await asking.get("/v1/incidents")).status == 200
    await asyncio.gather(*streams)


async def test_a_directory_may_be_large_and_an_act_may_not() -> None:
    api = Api()
    await api.ask("PUT", "/v1/directory", api.document(), by="bootstrap")
    large = api.document() | {"padding": "x" * 1_000_000}
    applied = await api.ask("PUT", "/v1/directory", large, by="bootstrap")
    assert (applied.status, applied.json()["type"]) == (422, "/problems/invalid")
    huge = {"padding": "x" * 9_000_000}
    for path, body in (("/v1/directory", huge), ("/v1/directory/keys", large)):
        refused = await api.ask("POST", path, body, by="bootstrap")
        assert (refused.status, refused.json()["type"]) == (413, "/problems/too-large")
