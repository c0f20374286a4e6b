"""What a station is told, and that nothing personal is in it."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from jsonschema_rs import Draft202012Validator

from incident import events as e
from incident.alert import Status
from incident.messages import TARGET_BREACHED, TARGET_MET
from services.notifier.handlers.callbacks.deriving import concerns
from services.notifier.handlers.callbacks.kinds import ASKED_FOR, Callback, CallbackType
from services.notifier.payloads.callbacks.body import write_callback
from services.notifier.ports import Known
from tests.builders import STATION, an_alert, an_incident, at
from tests.services.notifier.callbacks.telling import (
    POLICE,
    SECRET_TEXT,
    changed,
    every_callback,
    judged,
    steps,
    target,
    told,
)

SCHEMAS = Path(__file__).parents[4] / "schemas" / "callbacks"
ALL = every_callback()


def types(callbacks: list[Callback]) -> list[str]:
    return [callback.type.value for callback in callbacks]


def body_of(callback: Callback) -> Any:  # noqa: ANN401  # JSON is any of six types
    return json.loads(write_callback(callback))


def test_everything_a_station_may_ask_for_can_be_told() -> None:
    assert set(types(ALL)) == {type_.value for type_ in ASKED_FOR}


def test_each_type_has_a_schema_and_no_schema_is_left_over() -> None:
    assert {path.stem for path in SCHEMAS.glob("*.json")} == {type_.wire for type_ in CallbackType}


@pytest.mark.parametrize("callback", ALL, ids=lambda callback: callback.type.value)
def test_a_callback_fits_the_schema_of_its_type(callback: Callback) -> None:
    schema = json.loads((SCHEMAS / f"{callback.type.wire}.json").read_text())
    validator = Draft202012Validator(schema, validate_formats=True)
    assert [error.message for error in validator.iter_errors(body_of(callback))] == []


def test_a_schema_takes_nothing_it_does_not_name() -> None:
    body = body_of(next(each for each in ALL if each.type is CallbackType.CLOSED))
    schema = json.loads((SCHEMAS / "callback.closed.v1.json").read_text())
    body["data"]["caller"] = "Zhang San"
    assert not Draft202012Validator(schema).is_valid(body)


def test_nothing_personal_and_no_digest_of_a_text_is_in_any() -> None:
    whole = " ".join(map(write_callback, ALL))
    assert SECRET_TEXT not in whole
    assert "officer-007" not in whole
    assert "key-1" not in whole


def test_what_is_derived_again_bears_the_same_ids_and_no_two_share_one() -> None:
    again = every_callback()
    assert [each.id for each in again] == [each.id for each in ALL]
    assert len({each.id for each in ALL}) == len(ALL)


def test_they_come_in_the_order_of_what_happened_and_facts_follow() -> None:
    heard = [changed(e.IncidentPushed(), version=2), changed(e.IncidentAcknowledged(), version=3)]
    found = told(judged(*heard, facts=[target(TARGET_BREACHED)]))
    assert types(found) == ["delivered", "acknowledged", "breached"]


def test_each_says_where_the_incident_stood_then() -> None:
    found = told(
        judged(changed(e.IncidentPushed(), version=2), changed(e.IncidentAcknowledged(), version=3))
    )
    assert [body_of(each)["data"]["version"] for each in found] == [2, 3]


def test_a_met_target_and_a_note_are_no_news_for_a_station() -> None:
    note = changed(e.NoteAdded(text=SECRET_TEXT), version=2)
    assert told(judged(note, facts=[target(TARGET_MET)])) == []


def test_an_alert_heard_before_its_incident_is_accepted_once() -> None:
    incident = an_incident()
    fresh = Known(id=incident.id, partition=0)
    first = replace(judged(subject=incident), incident=None, known=fresh)
    opened = e.IncidentOpened(
        alert=incident.alert,
        center=incident.center,
        fallback=False,
        console=True,
        profile=incident.profile,
        dispositions=(),
    )
    (by_alert,) = told(first)
    (by_event,) = told(judged(changed(opened)))
    assert concerns(first)
    assert by_alert.type is CallbackType.ACCEPTED
    assert by_alert.id == by_event.id


def test_an_alert_that_waits_for_its_incident_is_not_accepted_anew() -> None:
    incident = an_incident()
    waiting = Known(id=incident.id, partition=0, alert_received_at=at(0))
    found = replace(
        judged(subject=incident, facts=[target(TARGET_BREACHED)]), incident=None, known=waiting
    )
    assert types(told(found)) == ["breached"]


def test_a_hand_over_to_another_police_organisation_tells_both() -> None:
    found = told(judged(changed(e.HandoverOffered(to=POLICE, reason="crime"), version=5)))
    assert [(each.station, each.type.value) for each in found] == [
        (STATION, "handover_offered"),
        (POLICE, "handover_offered"),
    ]
    assert len({each.id for each in found}) == 2


def test_a_drill_says_that_it_is_one() -> None:
    drill = an_incident(alert=replace(an_alert(), status=Status.EXERCISE))
    (found,) = told(judged(changed(e.IncidentPushed(), incident=drill)))
    assert body_of(found)["data"]["status"] == "exercise"
    assert found.status is Status.EXERCISE


def test_a_step_that_is_a_callback_offers_the_station_its_choices() -> None:
    found = told(judged(facts=steps()))
    assert "not_delivered" in types(found)
    late = body_of(next(each for each in found if each.type is CallbackType.NOT_DELIVERED))
    assert [choice["act"] for choice in late["data"]["choices"]] == ["urge", "update", "cancel"]


def test_what_says_nothing_concerns_nobody() -> None:
    assert not concerns(judged())
