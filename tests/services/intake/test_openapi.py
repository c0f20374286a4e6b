"""The OpenAPI document says what there is, and its examples are true."""

import pytest

from services.intake.api.app import DOCUMENT, DOCUMENT_UNDER_ORIGIN
from services.intake.api.openapi import document
from services.intake.api.routes import ROUTES
from services.intake.payloads import examples
from services.intake.payloads.answers import AcceptedAnswer, BatchAnswer
from tests.fakes.http import Client
from tests.services.intake.park import Intake


async def test_the_document_is_served_without_a_key(intake: Intake) -> None:
    for path in (DOCUMENT, DOCUMENT_UNDER_ORIGIN):
        answer = await Client(intake.app).get(path)
        assert answer.status == 200
        assert answer.json() == document()
    for path in ("/docs", "/redoc"):
        assert (await Client(intake.app).get(path)).status == 404


def test_every_route_stands_in_the_document() -> None:
    assert set(ROUTES) == set(document()["paths"])


WRONG = [
    ("GET", "/v1/alerts", 405),
    ("PUT", "/v1/alerts/batch", 405),
    ("DELETE", "/v1/alerts/1/updates", 405),
    ("POST", "/openapi.json", 405),
    ("GET", "/v1/alerts/", 404),
    ("POST", "/v1/alerts/", 404),
    ("POST", "/v1/alerts/1/2/updates", 404),
    ("POST", "/v1/alerts/1/retraction", 404),
]


@pytest.mark.parametrize(("method", "path", "status"), WRONG)
async def test_other_paths_and_methods_are_problems(
    intake: Intake, method: str, path: str, status: int
) -> None:
    headers = {"content-type": "application/json"}
    answer = await intake.client().call(method, path, body=b"{}", headers=headers)
    kind = "not-found" if status == 404 else "method-not-allowed"
    assert (answer.status, answer.json()["type"]) == (status, f"/problems/{kind}")
    assert answer.json()["instance"] == path
    assert ("allow" in answer.headers) == (status == 405)


def test_every_reference_leads_somewhere() -> None:
    schemas = document()["components"]["schemas"]
    for reference in references(document()):
        assert reference.removeprefix("#/components/schemas/") in schemas


async def test_the_examples_of_bodies_are_taken(intake: Intake) -> None:
    accepted = await intake.post(json=examples.ALERT)
    id_ = accepted.json()["id"]
    assert accepted.status == 202
    assert accepted.json().keys() == examples.ACCEPTED.keys()
    AcceptedAnswer.model_validate(accepted.json())
    batch = examples.BATCH | {"sent_at": "2026-03-02T11:00:00Z"}
    answer = await intake.post("/v1/alerts/batch", json=batch)
    BatchAnswer.model_validate(answer.json())
    updated = await intake.post(f"/v1/alerts/{id_}/updates", json=examples.UPDATE)
    cancelled = await intake.post(f"/v1/alerts/{id_}/cancellation", json=examples.CANCELLATION)
    assert (answer.status, updated.status, cancelled.status) == (207, 202, 202)


def test_every_problem_has_an_example() -> None:
    for path, operations in document()["paths"].items():
        responses = operations["post"]["responses"]
        expected = {"400", "401", "403", "408", "413", "415", "422", "429", "503"}
        expected |= {"404"} if "{" in path else set()
        assert expected < responses.keys()
        for status in expected:
            example = responses[status]["content"]["application/problem+json"]["example"]
            assert example["status"] == int(status)
            assert ("headers" in responses[status]) == (status in {"429", "503"})


def references(node: object) -> list[str]:
    if isinstance(node, dict):
        own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
        return own + [each for value in node.values() for each in references(value)]
    if isinstance(node, list):
        return [each for value in node for each in references(value)]
    return []
