"""A command is carried out once, is answered the same each time, and says who did what and how."""

from typing import Any

import pytest

from incident.lifecycle import State
from tests.services.dispatcher.park import (
    Dispatcher,
    incident_id,
)

ASSIGN_A = {"teams": ["west-a"]}


async def test_a_command_answers_where_the_incident_stands_now(dispatcher: Dispatcher) -> None:
    await dispatcher.open()
    answer = await dispatcher.act("operator", "acknowledge")
    assert answer.status == 200
    assert answer.headers["etag"] == '"3"'
    found = answer.json()
    assert (found["id"], found["version"]) == (str(incident_id(1)), 3)
    assert (found["state"], found["changed"]) == ("acknowledged", True)
    assert {"assign", "close"} <= set(found["allowed"])
    assert dispatcher.types() == ["opened", "pushed", "acknowledged"]


async def test_a_retry_gets_the_first_answer_and_changes_nothing(dispatcher: Dispatcher) -> None:
    await dispatcher.open()
    first = await dispatcher.act("operator", "assign", ASSIGN_A, key="k")
    before = dispatcher.store.tables
    again = await dispatcher.act("operator", "assign", ASSIGN_A, key="k")
    assert (again.status, again.body, again.headers) == (200, first.body, first.headers)
    assert dispatcher.store.tables.events == before.events
    assert dispatcher.store.tables.told == before.told


async def test_a_retry_gets_the_first_answer_after_the_incident_moved_on(
    dispatcher: Dispatcher,
) -> None:
    await dispatcher.open()
    first = await dispatcher.act("operator", "acknowledge", key="k")
    await dispatcher.done("operator", "assign", ASSIGN_A)
    await dispatcher.done("operator", "close", {"disposition": "by_telephone"})
    again = await dispatcher.act("operator", "acknowledge", key="k")
    assert (again.status, again.body) == (200, first.body)
    assert again.headers["etag"] == '"3"'


async def test_a_retry_is_answered_to_a_team_that_was_released_meanwhile(
    dispatcher: Dispatcher,
) -> None:
    await dispatcher.open()
    await dispatcher.done("operator", "assign", ASSIGN_A)
    first = await dispatcher.act("west-a", "decline", {"reason": "ill"}, key="k")
    dispatcher.clock.advance(48 * 3600)
    again = await dispatcher.act("west-a", "decline", {"reason": "ill"}, key="k")
    assert (again.status, again.body) == (200, first.body)


@pytest.mark.parametrize(
    "other",
    [
        {"body": {"teams": ["west-b"]}},
        {"body": {"teams": ["west-a"], "divert": True}},
        {"body": {"teams": ["west-a"], "person": "op-1"}},
        {"body": ASSIGN_A, "number": 2},
    ],
    ids=["other teams", "a flag more", "another person", "another incident"],
)
async def test_a_key_used_for_another_request_is_refused(
    dispatcher: Dispatcher, other: dict[str, Any]
) -> None:
    await dispatcher.open(1, 2)
    await dispatcher.done("operator", "assign", ASSIGN_A, key="k")
    refused = await dispatcher.act("operator", "assign", key="k", **other)
    assert (refused.status, refused.json()["type"]) == (422, "/problems/idempotency-key-reused")
    assert refused.json()["field"] == "Idempotency-Key"


async def test_a_key_is_the_callers_own_and_the_commands(dispatcher: Dispatcher) -> None:
    await dispatcher.open()
    await dispatcher.done("operator", "receipt", key="k")
    assert (await dispatcher.done("operator", "acknowledge", key="k"))["changed"]
    assert not (await dispatcher.done("chief", "receipt", key="k"))["changed"]


async def test_a_key_used_meanwhile_on_another_incident_is_refused(dispatcher: Dispatcher) -> None:
    """Both look before either has answered; each holds the lock of its own incident only."""
    await dispatcher.open(1, 2)
    answered = dict(dispatcher.store.tables.answers)
    await dispatcher.done("operator", "receipt", number=1, key="k")
    taken = dispatcher.store.tables.answers
    dispatcher.store.tables.answers = answered
    dispatcher.store.on_answers = lambda: taken
    refused = await dispatcher.act("operator", "receipt", number=2, key="k")
    assert (refused.status, refused.json()["type"]) == (422, "/problems/idempotency-key-reused")
    assert dispatcher.types(2) == ["opened"]


async def test_a_refusal_is_not_kept(dispatcher: Dispatcher) -> None:
    await dispatcher.open()
    body = {"reason": "photos-missing"}
    refused = await dispatcher.act("operator", "return", body, key="k")
    assert (refused.status, refused.json()["type"]) == (409, "/problems/not-allowed")
    assert "acknowledge" in refused.json()["allowed"]
    assert not dispatcher.store.tables.answers
    await dispatcher.done("operator", "resolve")
    assert (await dispatcher.done("operator", "return", body, key="k"))["changed"]


async def test_who_was_first_is_told_to_who_was_second(dispatcher: Dispatcher) -> None:
    await dispatcher.open()
    await dispatcher.done("operator", "acknowledge", {"person": "op-7"})
    refused = await dispatcher.act("chief", "acknowledge")
    found = refused.json()
    assert (refused.status, found["type"]) == (409, "/problems/already-done")
    assert (found["by"], found["at"]) == ("op-7", "2026-03-02T04:00:00Z")


@pytest.mark.parametrize("given", ['"2"', "2"])
async def test_a_command_for_another_version_is_refused(dispatcher: Dispatcher, given: str) -> None:
    await dispatcher.open()
    await dispatcher.done("operator", "receipt")
    await dispatcher.done("operator", "note", {"text": "x"}, headers={"if-match": given})
    refused = await dispatcher.act("operator", "note", {"text": "x"}, headers={"if-match": given})
    assert (refused.status, refused.json()["type"]) == (412, "/problems/version-mismatch")
    assert refused.json()["version"] == 3


async def test_a_retry_is_answered_whatever_version_it_names(dispatcher: Dispatcher) -> None:
    await dispatcher.open()
    first = await dispatcher.act("operator", "receipt", key="k", headers={"if-match": '"1"'})
    again = await dispatcher.act("operator", "receipt", key="k", headers={"if-match": '"1"'})
    assert (first.status, again.body) == (200, first.body)


async def test_nobody_learns_whether_an_unopened_or_a_foreign_incident_is_there(
    dispatcher: Dispatcher,
) -> None:
    await dispatcher.open()
    foreign = await dispatcher.act("south-operator", "acknowledge", key="k")
    missing = await dispatcher.act("south-operator", "acknowledge", number=2, key="k")
    assert foreign.status == missing.status == 404
    assert foreign.headers["retry-after"] == missing.headers["retry-after"] == "1"
    one, two = ({**a.json(), "instance": "", "trace_id": ""} for a in (foreign, missing))
    assert one == two
    assert one["type"] == "/problems/not-yet-open"


async def test_an_incident_of_an_unknown_kind_takes_commands(dispatcher: Dispatcher) -> None:
    await dispatcher.open(kind="flood")
    await dispatcher.done("operator", "assign", ASSIGN_A)
    closed = await dispatcher.done("operator", "close", {"disposition": "by_telephone"})
    assert closed["state"] == State.CLOSED


async def test_what_a_command_did_is_told_in_the_order_of_its_versions(
    dispatcher: Dispatcher,
) -> None:
    await dispatcher.open()
    await dispatcher.done("operator", "assign", {"teams": ["west-a", "shared-1"]})
    await dispatcher.done("operator", "close", {"disposition": "by_telephone"})
    said = dispatcher.store.tables.said
    assert [entry.version for entry in said] == [1, 2, 3, 4, 5, 6]
    assert [entry.state for entry in said[-3:]] == [State.CLOSED] * 3
    assert [len(entry.live_assignments) for entry in said] == [0, 1, 2, 2, 1, 0]
