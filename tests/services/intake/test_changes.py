"""Updates and cancellations: only their sender's, named by the sender's own reference."""

import json
from typing import Any
from uuid import uuid5

import pytest

from incident.alert import Circumstances, OrganisationId, Reference, Severity, Source, alert_id
from incident.messages import AlertCancelled, AlertUpdated
from services.intake.payloads import examples
from tests.services.intake.park import VAULT, Intake

REFERENCE = Reference(number="3205072026030200117", order="1")
ID = alert_id(OrganisationId("st-jinji"), REFERENCE)
UPDATES = f"/v1/alerts/{ID}/updates"
CANCELLATION = f"/v1/alerts/{ID}/cancellation"


def change(**changes: object) -> dict[str, Any]:
    """The least an update says, and changes to it; `...` leaves a field out."""
    body = {"reference": examples.ALERT["reference"], "revision": 2, "severity": "red"} | changes
    return {name: value for name, value in body.items() if value is not ...}


async def test_an_update_says_what_is_new(intake: Intake) -> None:
    answer = await intake.post(UPDATES, json=examples.UPDATE)
    assert answer.status == 202
    assert answer.json()["id"] == str(ID)
    said = intake.said()
    assert isinstance(said, AlertUpdated)
    assert (said.id, said.station, said.reference, said.revision) == (ID, "st-jinji", REFERENCE, 2)
    assert (said.severity, said.status, said.place) == (Severity.RED, None, None)
    assert said.circumstances == Circumstances(people=10, weapons=True, injured=1)
    assert said.received_at == intake.clock.now()
    assert said.sealed is not None
    opened = json.loads(VAULT.open(said.sealed, f"alert:{ID}"))
    assert opened == {"caller": None, "text": "一人持刀", "visible_to": None}


async def test_an_update_leaves_what_it_does_not_say(intake: Intake) -> None:
    await intake.post(UPDATES, json=change())
    said = intake.said()
    assert isinstance(said, AlertUpdated)
    assert (said.circumstances, said.place, said.status, said.sealed) == (None,) * 4


async def test_an_update_may_take_the_place_and_who_sees_the_caller(intake: Intake) -> None:
    body = change(severity=..., place={"place": "gate-9"}, visible_to=[])
    await intake.post(UPDATES, json=body)
    said = intake.said()
    assert isinstance(said, AlertUpdated)
    assert said.place == "gate-9"
    assert said.sealed is not None
    assert json.loads(VAULT.open(said.sealed, f"alert:{ID}"))["visible_to"] == []


async def test_a_cancellation_says_why(intake: Intake) -> None:
    answer = await intake.post(CANCELLATION, json=examples.CANCELLATION)
    assert answer.status == 202
    said = intake.said()
    assert isinstance(said, AlertCancelled)
    assert (said.id, said.reference, said.reason) == (ID, REFERENCE, "false_alarm")
    assert said.source is Source.STATION
    assert said.sealed is not None
    assert "报警人" in json.loads(VAULT.open(said.sealed, f"alert:{ID}"))["text"]


async def test_a_repeat_is_the_same_message(intake: Intake) -> None:
    for path, body in ((UPDATES, examples.UPDATE), (CANCELLATION, examples.CANCELLATION)):
        for _ in range(2):
            await intake.post(path, json=body)
            intake.clock.advance(1)
    ids = [message.id for message in intake.log.messages]
    assert ids[0] == ids[1] != ids[2] == ids[3]


async def test_a_center_changes_its_own(intake: Intake) -> None:
    own = alert_id(OrganisationId("c-east"), REFERENCE)
    answer = await intake.post(f"/v1/alerts/{own}/updates", "operator", json=change())
    assert answer.status == 202
    said = intake.said()
    assert isinstance(said, AlertUpdated)
    assert (said.station, said.source) == ("c-east", Source.CENTER)


OTHER = {"number": "1", "order": "1"}
FOREIGN = {
    "another station's": (ID, "other-station", examples.ALERT["reference"]),
    "a station's, by a center": (ID, "operator", examples.ALERT["reference"]),
    "another reference's": (ID, "station", OTHER),
    "a random id": (uuid5(ID, "x"), "station", examples.ALERT["reference"]),
    "no id": ("117", "station", examples.ALERT["reference"]),
}


@pytest.mark.parametrize(("id_", "holder", "reference"), FOREIGN.values(), ids=FOREIGN.keys())
async def test_what_is_not_the_senders_is_not_found(
    intake: Intake, id_: object, holder: str, reference: object
) -> None:
    bodies = {"updates": change(), "cancellation": examples.CANCELLATION}
    for what, body in bodies.items():
        path = f"/v1/alerts/{id_}/{what}"
        answer = await intake.post(path, holder, json=body | {"reference": reference})
        assert (answer.status, answer.json()["type"]) == (404, "/problems/unknown-alert")
    assert not intake.log.messages


BAD_UPDATES: list[tuple[dict[str, Any], str]] = [
    (change(reference=...), "reference"),
    (change(revision=...), "revision"),
    (change(revision=1), "revision"),
    (change(severity=...), "body"),
    (change(severity=None), "body"),
    (change(severity="purple"), "severity"),
    (change(kind="police-alert"), "kind"),
    (change(place={"place": "gate-99"}), "place.place"),
    (change(place={"center": "c-west"}), "place.place"),
    (change(place="gate-9"), "place"),
    (change(visible_to=["x"]), "visible_to[0]"),
    (change(caller={}), "caller"),
    (change(weapons=True), "people"),
    (change(people=3, weapons=True, injured=0), "hazards"),
    (change(people=3, weapons=None, injured=0, hazards=[]), "weapons"),
    (change(text=" "), "text"),
    (change(reported_at="2026-03-02T12:00:00Z"), "reported_at"),
]


@pytest.mark.parametrize(("body", "field"), BAD_UPDATES)
async def test_a_wrong_field_of_an_update_is_named(
    intake: Intake, body: dict[str, Any], field: str
) -> None:
    answer = await intake.post(UPDATES, json=body)
    assert (answer.status, answer.json()["field"]) == (422, field)
    assert not intake.log.messages


BAD_CANCELLATIONS: list[tuple[dict[str, Any], str]] = [
    ({"reason": ...}, "reason"),
    ({"reason": "双方和解"}, "reason"),
    ({"reason": ""}, "reason"),
    ({"text": ""}, "text"),
    ({"severity": "red"}, "severity"),
]


@pytest.mark.parametrize(("changes", "field"), BAD_CANCELLATIONS)
async def test_a_wrong_field_of_a_cancellation_is_named(
    intake: Intake, changes: dict[str, Any], field: str
) -> None:
    body = examples.CANCELLATION | changes
    body = {name: value for name, value in body.items() if value is not ...}
    answer = await intake.post(CANCELLATION, json=body)
    assert (answer.status, answer.json()["field"]) == (422, field)
    assert not intake.log.messages


@pytest.mark.parametrize("path", [UPDATES, CANCELLATION])
async def test_without_a_store_no_change_is_taken(intake: Intake, path: str) -> None:
    intake.log.away = True
    body = examples.UPDATE if path == UPDATES else examples.CANCELLATION
    assert (await intake.post(path, json=body)).status == 503
