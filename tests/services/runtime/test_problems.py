"""Every refusal is one precise problem document, and none repeats what was sent."""

from collections.abc import Callable
from typing import Annotated, Any, Literal

import asyncpg
import pytest
from fastapi import FastAPI, Query
from pydantic import BaseModel, ConfigDict
from starlette.exceptions import HTTPException

from services.runtime.clock import SystemClock
from services.runtime.fields import Moment, Text
from services.runtime.guards import guard
from services.runtime.problems import MEDIA_TYPE, Problem, install, invalid
from tests.asgi import AsgiClient

JSON = "application/json"
FAULTS: dict[str, Callable[[], Exception]] = {
    "problem": lambda: Problem(
        409, "wrong-state", "The incident is closed.", allowed=["reopen"], version=7, nothing=None
    ),
    "soon": lambda: Problem(404, "not-yet-open", "Not yet.", retry_after=0.2),
    "http": lambda: HTTPException(418, "no coffee", headers={"X-Pot": "tea"}),
    "bug": lambda: KeyError("caller 13812345678"),
    "away": lambda: asyncpg.ConnectionDoesNotExistError("gone"),
}


class Place(BaseModel):
    model_config = ConfigDict(extra="forbid")
    code: Annotated[str, Text(8)]


class Report(BaseModel):
    model_config = ConfigDict(extra="forbid")
    severity: Literal["red", "blue"]
    places: list[Place] = []
    at: Moment | None = None
    count: int = 0


@pytest.fixture(scope="module")
def client() -> AsgiClient:
    app = FastAPI()
    install(app)

    @app.post("/reports")
    async def post(report: Report) -> Report:
        return report

    @app.get("/search")
    async def search(limit: Annotated[int, Query(le=9)] = 1) -> int:
        return limit

    @app.get("/fail/{how}")
    async def fail(how: str) -> None:
        fault = FAULTS[how]()
        raise fault

    return AsgiClient(guard(app, service="test", clock=SystemClock(), body_bytes=2000))


async def post(client: AsgiClient, body: bytes | str, media_type: str = JSON) -> dict[str, Any]:
    sent = body.encode() if isinstance(body, str) else body
    answer = await client.ask("POST", "/reports", body=sent, headers={"content-type": media_type})
    assert answer.headers["content-type"] == MEDIA_TYPE
    problem: dict[str, Any] = answer.json()
    assert problem["status"] == answer.status
    assert problem["instance"] == "/reports"
    assert len(problem["trace_id"]) == 32
    return problem


async def test_a_good_request_passes(client: AsgiClient) -> None:
    answer = await client.post("/reports", {"severity": "red", "places": [{"code": " a "}]})

    assert (answer.status, answer.json()["places"]) == (200, [{"code": "a"}])


@pytest.mark.parametrize(
    ("body", "field", "message"),
    [
        (
            '{"severity":"red","places":[{"code":"a"},{"code":"123456789"}]}',
            "places[1].code",
            "at most 8",
        ),
        ('{"severity":"red","colour":"red"}', "colour", "is not a known field"),
        ('{"severity":"pink"}', "severity", "should be 'red' or 'blue'"),
        ('{"severity":"red","count":"many"}', "count", "should be a valid integer"),
        ('{"severity":"red","at":"2026-01-01T00:00:00"}', "at", "must carry a zone"),
        ('{"severity":"red","places":[{"code":"\\u0000"}]}', "places[0].code", "U+0000"),
        ('{"severity":"red","places":[{"code":"\\ud800"}]}', "places[0].code", "not valid Unicode"),
        ("{}", "severity", "is missing"),
        ("[]", "body", "should be a JSON object"),
        ("null", "body", "should be a JSON object"),
        ("", "body", "is missing"),
    ],
)
async def test_an_invalid_field_is_named(
    client: AsgiClient, body: str, field: str, message: str
) -> None:
    problem = await post(client, body)

    assert problem["type"] == "/problems/invalid"
    assert problem["status"] == 422
    assert problem["field"] == field
    assert message in str(problem["detail"])
    assert str(problem["detail"]).startswith(field)


async def test_all_invalid_fields_are_listed_and_their_values_are_not(client: AsgiClient) -> None:
    problem = await post(client, '{"severity":"13812345678","count":"x13987654321"}')

    assert [error["field"] for error in problem["errors"]] == ["severity", "count"]
    assert "13812345678" not in str(problem)
    assert "13987654321" not in str(problem)


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ((b"{", JSON), (400, "malformed-json")),
        ((b'{"severity": red}', JSON), (400, "malformed-json")),
        ((b"[" * 1900, JSON), (400, "malformed-json")),
        ((b"1" * 1900, JSON), (422, "invalid")),
        ((b'{"severity":"\xff"}', JSON), (400, "not-utf-8")),
        ((b'{"severity":"red"}', "text/plain"), (415, "unsupported-media-type")),
        ((b"a=b", "application/x-www-form-urlencoded"), (415, "unsupported-media-type")),
        ((b'{"severity":"' + b"a" * 3000, JSON), (413, "too-large")),
    ],
)
async def test_a_body_that_cannot_be_read_is_a_problem_of_its_own(
    client: AsgiClient, sent: tuple[bytes, str], expected: tuple[int, str]
) -> None:
    problem = await post(client, *sent)

    assert (problem["status"], problem["type"].removeprefix("/problems/")) == expected


async def test_a_query_parameter_is_named_like_a_field(client: AsgiClient) -> None:
    assert (await client.get("/search?limit=10")).json()["field"] == "limit"


async def test_a_problem_carries_its_own_members(client: AsgiClient) -> None:
    answer = await client.get("/fail/problem")
    problem = answer.json()

    assert answer.status == 409
    assert (problem["title"], problem["allowed"], problem["version"]) == (
        "Wrong state",
        ["reopen"],
        7,
    )
    assert "nothing" not in problem
    assert "field" not in problem


async def test_a_problem_that_passes_says_when_in_whole_seconds(client: AsgiClient) -> None:
    assert (await client.get("/fail/soon")).headers["retry-after"] == "1"


async def test_unknown_paths_and_methods_are_problems_too(client: AsgiClient) -> None:
    lost, wrong = await client.get("/nowhere"), await client.get("/reports")

    assert (lost.status, lost.json()["type"]) == (404, "/problems/not-found")
    assert (wrong.status, wrong.json()["type"]) == (405, "/problems/method-not-allowed")
    assert wrong.headers["allow"] == "POST"


async def test_a_plain_http_refusal_keeps_its_headers(client: AsgiClient) -> None:
    answer = await client.get("/fail/http")

    assert (answer.status, answer.json()["detail"], answer.headers["x-pot"]) == (
        418,
        "no coffee",
        "tea",
    )


async def test_a_fault_of_ours_tells_nothing_of_its_insides(client: AsgiClient) -> None:
    answer = await client.get("/fail/bug")

    assert (answer.status, answer.json()["type"]) == (500, "/problems/internal")
    assert "13812345678" not in answer.body.decode()
    assert "KeyError" not in answer.body.decode()


async def test_a_store_that_is_away_is_a_503_to_be_tried_again(client: AsgiClient) -> None:
    answer = await client.get("/fail/away")

    assert (answer.status, answer.json()["type"]) == (503, "/problems/unavailable")
    assert answer.headers["retry-after"] == "1"


def test_problems_found_by_hand_read_like_those_of_the_schema() -> None:
    problem = invalid([("place.lon", "needs a crs"), ("at", "lies in the future")])

    assert problem.status == 422
    assert problem.members["detail"] == "place.lon needs a crs"
    assert problem.members["errors"] == [
        {"field": "place.lon", "message": "needs a crs"},
        {"field": "at", "message": "lies in the future"},
    ]
