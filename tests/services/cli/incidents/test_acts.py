"""The table of acts says what the service takes, and each act is a command."""

from typing import Any

import pytest
from typer.testing import CliRunner

from services.cli.__main__ import app
from services.cli.errors import CommandError, problem_line
from services.cli.incidents.acts import ACTS, COMMON, Act, body_of
from services.dispatcher.payloads.bodies import Body
from services.dispatcher.payloads.requests import VERBS

OF_ALL = set(Body.model_fields)


def test_the_table_has_every_verb_of_the_service() -> None:
    assert ACTS.keys() == VERBS.keys()


@pytest.mark.parametrize("verb", sorted(ACTS))
def test_an_act_has_the_fields_of_its_body_and_asks_for_what_is_needed(verb: str) -> None:
    model, _ = VERBS[verb]
    own = {name: field for name, field in model.model_fields.items() if name not in OF_ALL}
    needed = {name for name, field in own.items() if field.is_required()}

    assert {field.name for field in ACTS[verb].fields} == own.keys()
    assert {field.name for field in ACTS[verb].fields if field.required} == needed


def test_what_is_common_to_all_acts_is_offered_once() -> None:
    assert {field.name for field in COMMON} == OF_ALL


@pytest.mark.parametrize("act", ACTS.values(), ids=lambda act: act.verb)
def test_each_act_is_a_command_that_says_what_it_does(act: Act) -> None:
    said = CliRunner().invoke(app, [act.name, "--help"])

    assert said.exit_code == 0
    assert act.about in " ".join(said.stdout.split())


@pytest.mark.parametrize(
    ("verb", "given", "expected"),
    [
        ("acknowledge", {"via": None}, {}),
        ("assign", {"teams": ["a", "b"], "divert": None}, {"teams": ["a", "b"]}),
        ("assign", {"teams": ["a"], "divert": False}, {"teams": ["a"], "divert": False}),
        (
            "close",
            {"disposition": "d", "result": ["department=fire", "n=3", "ok=true"]},
            {"disposition": "d", "result": {"department": "fire", "n": 3, "ok": True}},
        ),
        (
            "supervise",
            {"text": "t", "owner": "heling-center/chief", "deadline": "d"},
            {
                "text": "t",
                "owner": {"organisation": "heling-center", "post": "chief"},
                "deadline": "d",
            },
        ),
    ],
)
def test_a_body_holds_what_was_given(
    verb: str, given: dict[str, Any], expected: dict[str, Any]
) -> None:
    assert body_of(ACTS[verb], given) == expected


@pytest.mark.parametrize(
    ("verb", "given"),
    [("close", {"result": ["department"]}), ("supervise", {"owner": "heling-center"})],
)
def test_what_is_written_otherwise_is_refused_before_anything_is_sent(
    verb: str, given: dict[str, Any]
) -> None:
    with pytest.raises(CommandError) as refused:
        body_of(ACTS[verb], given)

    assert refused.value.code == 2


def test_a_problem_is_one_line_with_every_field_and_what_is_allowed() -> None:
    problem = {
        "type": "/problems/invalid",
        "detail": "x",
        "errors": [{"field": "a", "message": "is missing"}, {"field": "b", "message": "is\nodd"}],
    }
    plain = {"type": "/problems/not-allowed", "detail": "No.", "allowed": ["close", "note"]}

    assert problem_line(problem, 422) == "a is missing; b is odd (invalid)"
    assert problem_line(plain, 409) == "No. (not-allowed) Allowed: close, note."
    assert problem_line({}, 500) == "500 (500)"
