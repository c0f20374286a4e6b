"""The schema files say what the classes say, and what the services send is as they say."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema_rs import meta

from incident.events import BODIES, Body, Event
from incident.lifecycle import Incident
from incident.messages import TYPES, IncidentChanged
from schemas.generate import CHANGED, EVENT, EVENTS, INCIDENT, documents, text_of
from services.runtime.codec import to_builtins
from services.runtime.eventlog import to_text
from tests.contract.lives import LIVES
from tests.contract.samples import samples
from tests.contract.schema_files import faults, files, validator
from tests.values import values

SENT = samples()


def test_the_schema_files_follow_from_the_classes() -> None:
    on_disk = {path.name: path.read_text() for path in EVENTS.glob("*.json")}
    generated = {name: text_of(document) for name, document in documents().items()}
    assert on_disk.keys() == generated.keys()
    stale = [name for name in generated if on_disk[name] != generated[name]]
    assert not stale, f"run `make schemas`: {stale}"


def test_each_type_has_one_file_and_there_are_no_others() -> None:
    types = {f"{name}.json" for name in {**BODIES, **TYPES}}
    assert set(files()) == types | {EVENT, INCIDENT, CHANGED}


@pytest.mark.parametrize("name", files())
def test_each_file_is_a_schema_whose_references_lead_somewhere(name: str) -> None:
    document = files()[name]
    meta.validate(document)
    assert document["$id"] == name
    assert document["description"]
    validator(name)  # resolves every reference, or says which one leads nowhere


@pytest.mark.parametrize("body", BODIES.values(), ids=list(BODIES))
@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_whatever_an_event_may_say_is_as_its_schema_says(
    body: type[Body], data: st.DataObject
) -> None:
    world = LIVES["two_teams_and_a_divert"]()
    event: Event = next(iter(world.log.values()))[0]
    written = json.loads(to_text(replace(event, body=data.draw(values(body)))))
    assert faults(EVENT, written) == []
    assert faults(f"{written['type']}.json", written["body"]) == []


@pytest.mark.parametrize("name", TYPES)
@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_whatever_a_message_may_say_is_as_its_schema_says(name: str, data: st.DataObject) -> None:
    assert faults(f"{name}.json", to_builtins(data.draw(values(TYPES[name])))) == []


@settings(max_examples=40, deadline=None)
@given(incident=values(Incident))
def test_whatever_an_incident_may_be_is_as_its_schema_says(incident: Incident) -> None:
    assert faults(INCIDENT, to_builtins(incident)) == []
    changed = IncidentChanged(event="{}", previous="", hash="", incident=incident)
    assert faults(CHANGED, to_builtins(changed)) == []


Change = Callable[[dict[str, Any]], object]


@pytest.mark.parametrize(
    ("name", "change", "found"),
    [
        (EVENT, lambda sent: sent.pop("actor"), "actor"),
        (EVENT, lambda sent: sent["body"].pop("team"), "team"),
        (EVENT, lambda sent: sent.update(version="4"), "version"),
        (EVENT, lambda sent: sent.update(via="pigeon"), "via"),
        (EVENT, lambda sent: sent.update(recorded_at="2026-03-02T12:00:00+08:00"), "recorded_at"),
        (EVENT, lambda sent: sent.update(recorded_at="today Z"), "recorded_at"),
        (EVENT, lambda sent: sent.update(incident="7"), "incident"),
    ],
)
def test_what_is_not_as_the_schema_says_is_found(name: str, change: Change, found: str) -> None:
    sent = json.loads(json.dumps(SENT["incident.team_assigned.v1"]))
    change(sent)
    (fault,) = faults(name, sent)
    assert found in fault


def test_members_and_types_of_later_versions_are_let_through() -> None:
    sent = json.loads(json.dumps(SENT["incident.team_assigned.v1"]))
    sent["body"]["later"] = {"x": 1}
    sent["also"] = True
    assert faults(EVENT, sent) == []
    assert faults(EVENT, {**sent, "type": "incident.teleported.v1", "body": {"to": 4}}) == []
