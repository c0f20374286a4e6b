"""A kind's own fields are checked at the opening and travel with the alert."""

from dataclasses import replace
from typing import Any

import pytest

from incident.profile import DetailField, FieldType, Kind
from services.runtime.kinds import load_kinds
from tests.services.intake.park import Intake, alert

FIELDS = (
    DetailField(name="floor", type=FieldType.INTEGER, at="opening", required=True, maximum=60),
    DetailField(name="room", type=FieldType.TEXT, at="opening", maximum=8),
    DetailField(name="locked", type=FieldType.BOOLEAN, at="opening"),
    DetailField(name="door", type=FieldType.CHOICE, at="opening", choices=("steel", "glass")),
    DetailField(name="department", type=FieldType.TEXT, at="result"),
)


@pytest.fixture
def intake() -> Intake:
    kind: Kind = replace(load_kinds()[0]["police-alert"], details=FIELDS)
    return Intake(kinds={"police-alert": kind})


async def test_details_that_fit_travel_with_the_alert(intake: Intake) -> None:
    details = {"room": " 3-02 ", "floor": 3, "locked": False, "door": "glass"}
    assert (await intake.post(json=alert(details=details))).status == 202
    assert intake.alert().alert.details == (
        ("door", "glass"),
        ("floor", 3),
        ("locked", False),
        ("room", "3-02"),
    )


BAD: list[tuple[dict[str, Any] | None, str]] = [
    (None, "details.floor"),
    ({"room": "1"}, "details.floor"),
    ({"floor": "3"}, "details.floor"),
    ({"floor": True}, "details.floor"),
    ({"floor": -1}, "details.floor"),
    ({"floor": 61}, "details.floor"),
    ({"floor": 3, "room": 5}, "details.room"),
    ({"floor": 3, "room": "123456789"}, "details.room"),
    ({"floor": 3, "locked": 1}, "details.locked"),
    ({"floor": 3, "door": "wood"}, "details.door"),
    ({"floor": 3, "department": "x"}, "details.department"),
]


@pytest.mark.parametrize(("details", "field"), BAD)
async def test_details_that_do_not_fit_are_named(
    intake: Intake, details: dict[str, Any] | None, field: str
) -> None:
    answer = await intake.post(json=alert(details=details))
    assert (answer.status, answer.json()["field"]) == (422, field)
    assert not intake.log.messages


async def test_details_count_for_the_content(intake: Intake) -> None:
    for floor in (1, 2):
        await intake.post(json=alert(details={"floor": floor}))
    one, two = intake.log.messages
    assert one.id != two.id
