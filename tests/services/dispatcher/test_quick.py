"""The short way of an act and the whole one are one: the same request gets the same answer."""

import json
from typing import Any

import pytest

from tests.asgi import Answer
from tests.services.dispatcher.park import KEYS, Dispatcher, incident_id

PATH = f"/v1/incidents/{incident_id(1)}/update"
SAID: dict[str, Any] = {"people": 3, "text": "门口有两人"}


async def ask(
    dispatcher: Dispatcher,
    path: str = PATH,
    body: bytes = json.dumps(SAID).encode(),
    **headers: str,
) -> Answer:
    """Ask with plain headers, some of them another way."""
    usual = {"content-type": "application/json", "idempotency-key": "k"}
    changed = {name.replace("_", "-"): value for name, value in headers.items()}
    return await dispatcher.client("operator").ask("POST", path, body=body, headers=usual | changed)


@pytest.mark.parametrize(
    "otherwise",
    [
        {"content_type": "application/json; charset=utf-8"},
        {"path": PATH.replace(str(incident_id(1)), incident_id(1).hex)},
    ],
    ids=["content type", "id"],
)
async def test_a_retry_that_goes_the_other_way_gets_the_first_answer(
    dispatcher: Dispatcher, otherwise: dict[str, Any]
) -> None:
    await dispatcher.open()
    first = await ask(dispatcher)
    again = await ask(dispatcher, **otherwise)
    assert (first.status, again.status) == (200, 200)
    assert (again.body, again.headers) == (first.body, first.headers)
    assert dispatcher[1].version == 2


@pytest.mark.parametrize(
    ("otherwise", "status", "field"),
    [
        ({"idempotency_key": "two words"}, 422, "idempotency-key"),
        ({"idempotency_key": "k" * 201}, 422, "idempotency-key"),
        ({"if_match": "0"}, 422, "if-match"),
        ({"if_match": '"9"'}, 412, None),
        ({"path": "/v1/incidents/none/update"}, 422, "incident"),
        ({"body": b'{"people": "three"}'}, 422, "people"),
        ({"body": b'{"person": "p", "who": 1}'}, 422, "who"),
        ({"body": b"[]"}, 422, "body"),
        ({"authorization": "Basic abc"}, 401, None),
        ({"authorization": "Bearer d115_operator_" + "x" * 43}, 401, None),
    ],
)
async def test_what_is_not_plainly_good_is_told_what_is_wrong(
    dispatcher: Dispatcher, otherwise: dict[str, Any], status: int, field: str | None
) -> None:
    await dispatcher.open()
    refused = await ask(dispatcher, **otherwise)
    assert (refused.status, refused.json().get("field")) == (status, field)
    assert dispatcher[1].version == 1


async def test_a_key_may_be_named_in_any_case(dispatcher: Dispatcher) -> None:
    await dispatcher.open()
    assert (await ask(dispatcher, authorization=f"bearer {KEYS['operator']}")).status == 200
