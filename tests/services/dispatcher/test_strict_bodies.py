"""Acts and directories read their bodies strictly: every route that takes one does."""

import pytest

from services.dispatcher.payloads.requests import VERBS
from tests.services.dispatcher.directory_api import Api
from tests.services.dispatcher.park import Dispatcher, incident_id

TWICE = b'{"person": "p1", "person": "p2"}'


@pytest.mark.parametrize("verb", VERBS)
async def test_an_act_that_names_a_field_twice_is_refused(verb: str) -> None:
    dispatcher = Dispatcher()
    await dispatcher.open()
    answer = await dispatcher.client("operator").ask(
        "POST",
        f"/v1/incidents/{incident_id(1)}/{verb}",
        body=TWICE,
        headers={"idempotency-key": "k", "content-type": "application/json"},
    )
    assert (answer.status, answer.json()["field"]) == (400, "person")
    assert dispatcher.types() == ["opened"]


@pytest.mark.parametrize(
    ("method", "path"), [("PUT", "/v1/directory"), ("POST", "/v1/directory/keys")]
)
async def test_a_directory_and_a_key_are_read_as_strictly(method: str, path: str) -> None:
    api = Api()
    answer = await api._client.ask(
        method,
        path,
        body=TWICE,
        headers={
            "authorization": f"Bearer {api.keys['bootstrap']}",
            "content-type": "application/json",
        },
    )
    assert (answer.status, answer.json()["type"]) == (400, "/problems/duplicate-key")
