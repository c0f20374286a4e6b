"""A caller with several places to ask turns to the next when one does not answer or stops."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from uuid import UUID

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from aiohttp.web import Request, Response
from typing_extensions import override

from services.cli.answers import Origins, RefusedError
from services.cli.client import Client, open_session
from services.cli.instance.instance import Blueprint, replica_name
from tests.conftest import scratch_directory
from tests.fakes.clock import FakeClock

ID = UUID("0190b5a0-0000-7000-8000-000000000001")
ACTED = {"id": str(ID), "version": 4, "state": "acknowledged", "changed": True, "allowed": []}
GONE = "http://127.0.0.1:9"


class AdvancingClock(FakeClock):
    """Time passes as somebody sleeps, at once."""

    @override
    async def sleep(self, seconds: float) -> None:
        await super().sleep(seconds)
        self.advance(seconds)


@dataclass
class Replica:
    """One of two that serve the same, and what it was asked."""

    status: int = 200
    asked: list[str] = field(default_factory=list)

    async def answer(self, request: Request) -> Response:
        self.asked.append(request.path)
        if request.path.endswith("/stream"):
            return Response(body=b"id: 1\nevent: x\ndata: {}\n\n")
        body = ACTED if self.status < 400 else {"type": "/problems/x", "status": self.status}
        return web.json_response(body, status=self.status)


@dataclass
class Pair:
    """Two replicas, and a caller who knows both."""

    first: Replica
    second: Replica
    client: Client


@pytest.fixture
async def pair() -> AsyncIterator[Pair]:
    async with AsyncExitStack() as opened:
        replicas, places = [Replica(), Replica()], list[Origins]()
        for replica in replicas:
            app = web.Application()
            app.router.add_route("*", "/{path:.*}", replica.answer)
            server = await opened.enter_async_context(TestServer(app))
            places.append(Origins.one(str(server.make_url(""))))
        session = await opened.enter_async_context(open_session())
        client = Client(
            session, places[0], key="k", patience=5, clock=AdvancingClock(), spares=places[1:]
        )
        first, second = replicas
        yield Pair(first=first, second=second, client=client)


def with_first_gone(pair: Pair) -> Client:
    pair.client._places[0] = Origins.one(GONE)
    return pair.client


async def test_the_other_replica_is_asked_when_one_is_gone(pair: Pair) -> None:
    client = with_first_gone(pair)

    found = await client.act(ID, "acknowledge")

    assert (found.version, len(pair.second.asked)) == (4, 1)


async def test_who_turned_stays_where_it_was_answered(pair: Pair) -> None:
    client = with_first_gone(pair)

    for _ in range(3):
        await client.act(ID, "acknowledge")

    assert len(pair.second.asked) == 3


async def test_a_replica_that_stops_is_left_for_the_other(pair: Pair) -> None:
    pair.first.status = 503

    await pair.client.act(ID, "acknowledge")

    assert (len(pair.first.asked), len(pair.second.asked)) == (1, 1)


async def test_who_is_asked_too_often_is_not_left_for_the_other(pair: Pair) -> None:
    pair.first.status = 429

    with pytest.raises(RefusedError):
        await pair.client.act(ID, "acknowledge")

    assert pair.second.asked == []


async def test_a_refusal_counts_wherever_it_comes_from(pair: Pair) -> None:
    pair.first.status = 409

    with pytest.raises(RefusedError):
        await pair.client.act(ID, "acknowledge")

    assert pair.second.asked == []


async def test_a_stream_goes_on_at_the_other_replica(pair: Pair) -> None:
    client = with_first_gone(pair)

    async for frame in client.stream("/v1/centers/c/stream", after=0):
        assert frame.sequence == 1
        break

    assert pair.second.asked == ["/v1/centers/c/stream"]


def test_a_replica_is_named_after_its_service() -> None:
    assert [replica_name("intake", number) for number in (1, 2)] == ["intake", "intake-2"]


def test_one_process_of_all_services_has_no_replicas() -> None:
    with scratch_directory() as data, pytest.raises(ValueError, match="there is one"):
        Blueprint(name="x", data=data, separate=False, replicas=2)
