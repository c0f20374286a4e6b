"""Everything the three OpenAPI documents promise, and what they forbid, asked by everybody.

Of each operation inputs are made that its document allows, and inputs that it does not. No answer
may be a fault of ours, have a status or a media type that is not in the document, or another shape;
and what is not allowed may not be taken.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import jsonschema_rs
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import CheckFunction, not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.core.parameters import ParameterLocation
from schemathesis.core.result import Ok
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.fuzz.campaign import LONGEST_SECONDS, seed_of, times
from tests.fuzz.park import (
    CALLERS,
    CENTER,
    DOCUMENTS,
    HOLDERS,
    NOBODY,
    SECONDS,
    STATION,
    STRANGER,
    TEAM,
    Park,
    document_of,
)

EXAMPLES = {"intake": 10, "dispatcher": 1, "notifier": 5}
"""Of each operation, as allowed and again as not allowed; each is asked by every caller."""

NAMES: dict[str, Any] = {
    "kind": "police-alert", "center": CENTER, "place": "heling-b1", "team": TEAM, "teams": [TEAM],
    "to": STATION, "person": "heling-01", "disposition": "handled_on_site", "status": "actual",
    "organisation": CENTER, "details": None, "reported_at": None, "occurred_at": None, "via": None,
}  # fmt: skip
"""What there is, by the name of a field; None leaves one out."""

CHECKS: list[CheckFunction] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
Measured = Callable[[str], None]

pytestmark = [pytest.mark.timeout(LONGEST_SECONDS), pytest.mark.xdist_group("park")]


@pytest.fixture(scope="module")
def session() -> Iterator[requests.Session]:
    with requests.Session() as opened:
        yield opened


@pytest.mark.parametrize("service", DOCUMENTS)
def test_every_answer_is_as_the_document_says(
    *, service: str, park: Park, session: requests.Session, measured: Measured
) -> None:
    schema = schemathesis.openapi.from_dict(document_of(park, service, session))
    answered, faults = {caller: Counter[int]() for caller in CALLERS}, dict[str, str]()
    for found in schema.get_all_operations():
        assert isinstance(found, Ok), found
        operation = found.ok()
        if operation.path.endswith("/stream"):  # these do not end; they are asked in test_streams
            continue
        for mode in _modes(operation):

            @seed(seed_of(service, operation.label, mode.name))
            @settings(
                max_examples=times(EXAMPLES[service]),
                deadline=None,
                database=None,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            )
            @given(operation.as_strategy(generation_mode=mode), st.randoms())
            def ask(case: Case[Any], some: Random) -> None:
                _name_what_there_is(case, some, park)
                for caller in CALLERS:
                    answer = _ask(case, park, service=service, caller=caller, by=session)
                    answered[caller][answer.status_code] += 1
                    fault = _fault(case, answer, caller)
                    if fault is not None:
                        first = fault.partition("\n")[0]
                        faults.setdefault(f"{case.operation.label}: {first}", fault)

            ask()
    assert not faults, "\n\n".join(faults.values())
    for caller, statuses in answered.items():
        measured(f"{caller}: {statuses.total()} requests, {dict(sorted(statuses.items()))}")
    heard = sum((answered[role] for role in HOLDERS), Counter[int]())
    assert {200, 202} & heard.keys()


@pytest.mark.parametrize("service", DOCUMENTS)
def test_every_answer_has_an_example_of_its_own_shape(
    service: str, park: Park, session: requests.Session
) -> None:
    document = document_of(park, service, session)
    shapes, seen = document["components"]["schemas"], 0
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            answers = operation["responses"]
            needed = {"401", "503"} if "security" in operation else {"503"}  # or open to everybody
            assert needed <= answers.keys(), (method, path)
            for status, answer in answers.items():
                if status == "204":
                    assert "content" not in answer
                    continue
                media_type, content = next(iter(answer["content"].items()))  # then files and pages
                refused = media_type.endswith("problem+json")
                assert refused == status.startswith(("4", "5")), (method, path, status)
                if not media_type.endswith(("/json", "+json")):
                    continue
                shape = content["schema"] | {"components": {"schemas": shapes}}
                examples = _examples(content, shapes)
                assert examples, (method, path, status)
                for example in examples:
                    jsonschema_rs.validate(shape, example)
                    seen += 1
    assert seen > 30


def _modes(operation: APIOperation[Any, Any, Any, Any]) -> list[GenerationMode]:
    """How an operation is asked: one that takes nothing, not even a key, is never asked wrongly."""
    raw: dict[str, Any] = operation.definition.raw
    spoilable = raw.keys() & {"parameters", "requestBody", "security"}
    return [GenerationMode.POSITIVE, *([GenerationMode.NEGATIVE] if spoilable else [])]


def _examples(content: dict[str, Any], shapes: dict[str, Any]) -> list[Any]:
    """The examples of an answer, beside its shape or within it."""
    if "example" in content:
        return [content["example"]]
    named = content["schema"].get("$ref", "").rpartition("/")[2]
    found: list[Any] = shapes.get(named, {}).get("examples", [])
    return found


def _ask(
    case: Case[Any], park: Park, *, service: str, caller: str, by: requests.Session
) -> requests.Response:
    url = park.urls[service]
    sent: dict[str, Any] = case.as_transport_kwargs(base_url=url, headers=park.headers(caller))
    return by.request(**sent, timeout=SECONDS, allow_redirects=False)


def _name_what_there_is(case: Case[Any], some: Random, park: Park) -> None:
    """Ask mostly for what there is: a random id leads no further than to 404."""
    there = {"incident": park.incidents, "alert_id": park.incidents, "center": [CENTER]}
    if case.path_parameters is not None and not _is_spoiled(case, ParameterLocation.PATH):
        for name in set(there) & set(case.path_parameters):
            if some.random() < 0.9:
                case.path_parameters[name] = some.choice(there[name])
    if not _is_spoiled(case, ParameterLocation.BODY) and some.random() < 0.7:
        _name_within(case.body)


def _name_within(body: object) -> None:
    if isinstance(body, list):
        for part in body:
            _name_within(part)
    elif isinstance(body, dict):
        for name in set(body) & set(NAMES):
            if isinstance(body[name], dict):
                continue
            if NAMES[name] is None:
                del body[name]
            else:
                body[name] = NAMES[name]
        for part in body.values():
            _name_within(part)


def _fault(case: Case[Any], answer: requests.Response, caller: str) -> str | None:
    """What is wrong with an answer."""
    checks = list(CHECKS)
    if caller not in {NOBODY, STRANGER} and not _is_spoiled(case, ParameterLocation.HEADER):
        checks.append(negative_data_rejection)  # a spoiled header may be the key, which we give
    try:
        case.validate_response(answer, checks=checks)
    except FailureGroup as group:
        return f"{group.exceptions[0]}\n{group}"
    return None


def _is_spoiled(case: Case[Any], part: ParameterLocation) -> bool:
    component = None if case.meta is None else case.meta.components.get(part)
    return component is not None and component.mode is GenerationMode.NEGATIVE
