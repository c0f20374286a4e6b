"""A body that two readers could read differently is no body."""

import json
from typing import Any

import pytest
from fastapi import APIRouter, FastAPI
from hypothesis import given
from hypothesis import strategies as st

from services.runtime import problems
from services.runtime.problems import Problem
from services.runtime.strict_json import StrictRoute, parse
from tests.asgi import Answer, AsgiClient

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda part: st.lists(part) | st.dictionaries(st.text(), part),
    max_leaves=20,
)


def an_app() -> AsgiClient:
    routes = APIRouter(route_class=StrictRoute)

    @routes.post("/")
    async def echo(body: dict[str, Any]) -> dict[str, Any]:
        return body

    app = FastAPI()
    problems.install(app)
    app.include_router(routes)
    return AsgiClient(app, {"content-type": "application/json"})


async def ask(body: bytes) -> Answer:
    return await an_app().ask("POST", "/", body=body)


@given(JSON)
def test_all_that_json_says_is_read(value: object) -> None:
    assert parse(json.dumps(value).encode()) == value


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b'{"a": 1, "b": 2, "a": 1}', "a"),
        (b'{"x": [{"y": {"a": 1, "\\u0061": 2}}]}', "a"),
        (b'{"": 1, "": 2}', ""),
        (b'{"a\\nb": 1, "a\\nb": 2}', r"a\nb"),
        (b'{"%s": 1, "%s": 2}' % (b"x" * 100, b"x" * 100), "x" * 64),
    ],
)
async def test_a_field_named_twice_is_refused_wherever_it_stands(body: bytes, field: str) -> None:
    answer = await ask(body)
    found = answer.json()
    assert (answer.status, found["type"]) == (400, "/problems/duplicate-key")
    assert found["field"] == field


def test_a_twin_among_very_many_names_is_found_at_once() -> None:
    names = ",".join(f'"{number}":0' for number in range(200_000))
    with pytest.raises(Problem, match="199999 stands"):
        parse(f'{{{names},"199999":1}}'.encode())


@pytest.mark.parametrize(
    "body",
    [
        b'{"a": NaN}', b'{"a": -Infinity}', b"{", b"{}{}", b'{"a": 01}', b"\xef\xbb\xbf{}",
        b'{"a": ' + b"[" * 100_000, b'{"a": ' + b"9" * 5000 + b"}",
    ],
)  # fmt: skip
async def test_what_is_no_json_is_refused(body: bytes) -> None:
    answer = await ask(body)
    assert (answer.status, answer.json()["type"]) == (400, "/problems/malformed-json")


@pytest.mark.parametrize("body", ['{"a": 1}'.encode("utf-16"), b'{"a": "\xff"}'])
async def test_json_is_utf_8(body: bytes) -> None:
    answer = await ask(body)
    assert (answer.status, answer.json()["type"]) == (400, "/problems/not-utf-8")
