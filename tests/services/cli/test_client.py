"""The caller of the public interfaces: what it waits for, and what it gives up on."""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from typing_extensions import override

from services.cli.answers import AwayError, Origins, RefusedError
from services.cli.client import Client, open_session
from tests.fakes.clock import FakeClock

ID = UUID("0190b5a0-0000-7000-8000-000000000001")
ACTED = {"id": str(ID), "version": 4, "state": "acknowledged", "changed": True, "allowed": []}


@dataclass
class Service:
    """Answers what it was told to, the last answer again and again, and notes what was asked."""

    answers: Sequence[Callable[[], web.Response]] = ()
    asked: list[web.Request] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.append(request)
        return self.answers[min(len(self.asked), len(self.answers)) - 1]()


def problem(status: int, kind: str, **headers: str) -> Callable[[], web.Response]:
    body = {"type": f"/problems/{kind}", "detail": "No.", "status": status}
    return lambda: web.json_response(body, status=status, headers=headers)


def acted() -> web.Response:
    return web.json_response(ACTED)


@pytest.fixture
def service() -> Service:
    return Service()


@pytest.fixture
async def client(service: Service) -> AsyncIterator[Client]:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", service.answer)
    async with TestServer(app) as server, open_session() as session:
        origins = Origins.one(str(server.make_url("")))
        yield Client(session, origins, key="d115_k_s", patience=5, clock=AdvancingClock())


class AdvancingClock(FakeClock):
    """Time passes as somebody sleeps, at once."""

    @override
    async def sleep(self, seconds: float) -> None:
        await super().sleep(seconds)
        self.advance(seconds)


async def test_an_act_carries_its_key_and_gives_the_new_state(
    client: Client, service: Service
) -> None:
    service.answers = [acted]
    found = await client.act(ID, "acknowledge", key="once")

    assert (found.version, found.state) == (4, "acknowledged")
    assert service.asked[0].headers["Idempotency-Key"] == "once"
    assert service.asked[0].headers["Authorization"] == "Bearer d115_k_s"
    assert service.asked[0].path == f"/v1/incidents/{ID}/acknowledge"


async def test_what_may_pass_is_asked_again_with_the_same_key(
    client: Client, service: Service
) -> None:
    service.answers = [
        problem(503, "stopping", **{"Retry-After": "1"}),
        problem(429, "rate-limited"),
        acted,
    ]
    await client.act(ID, "acknowledge")

    assert len({request.headers["Idempotency-Key"] for request in service.asked}) == 1
    assert len(service.asked) == 3


async def test_patience_ends(client: Client, service: Service) -> None:
    service.answers = [problem(503, "store-away", **{"Retry-After": "2"})]
    with pytest.raises(RefusedError) as refused:
        await client.act(ID, "acknowledge")

    assert refused.value.kind == "store-away"
    assert len(service.asked) == 3


async def test_a_refusal_is_not_asked_again(client: Client, service: Service) -> None:
    service.answers = [problem(409, "not-allowed"), acted]
    with pytest.raises(RefusedError) as refused:
        await client.act(ID, "acknowledge")

    assert (refused.value.status, refused.value.kind) == (409, "not-allowed")
    assert len(service.asked) == 1


@pytest.mark.parametrize(("awaits", "expected"), [(True, 2), (False, 1)])
async def test_an_incident_that_is_not_open_yet_is_waited_for_where_asked(
    client: Client, service: Service, awaits: bool, expected: int
) -> None:
    service.answers = [problem(404, "not-yet-open", **{"Retry-After": "1"}), acted]
    if awaits:
        await client.act(ID, "acknowledge", await_opening=True)
    else:
        with pytest.raises(RefusedError):
            await client.act(ID, "acknowledge")

    assert len(service.asked) == expected


async def test_a_service_that_is_away_is_away_in_the_end() -> None:
    async with open_session() as session:
        origins = Origins.one("http://127.0.0.1:1")
        client = Client(session, origins, key="k", patience=1, clock=AdvancingClock())
        with pytest.raises(AwayError):
            await client.get("/v1/directory")


async def test_pages_follow_one_another(client: Client, service: Service) -> None:
    pages = [{"incidents": [{"n": 1}], "next": "c"}, {"incidents": [{"n": 2}], "next": None}]
    service.answers = [lambda: web.json_response(pages[0]), lambda: web.json_response(pages[1])]
    found = [incident["n"] async for incident in client.list_incidents(state="open")]

    assert found == [1, 2]
    assert [request.query.get("after") for request in service.asked] == [None, "c"]


@pytest.mark.parametrize(
    ("path", "origin"),
    [
        ("/v1/alerts/batch", "intake"),
        ("/v1/incidents?live=true", "dispatcher"),
        ("/v1/directory/keys", "dispatcher"),
        ("/v1/timing/x", "notifier"),
        ("/v1/compliance", "notifier"),
    ],
)
def test_each_path_goes_to_the_service_that_serves_it(path: str, origin: str) -> None:
    origins = Origins(intake="intake", dispatcher="dispatcher", notifier="notifier")

    assert origins.of(path) == origin
