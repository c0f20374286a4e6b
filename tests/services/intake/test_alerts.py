"""An alert that is right is made safe, and only then answered with 202."""

import asyncio
import json
from datetime import timedelta
from typing import Any

import pytest

from incident.alert import OrganisationId, Reference, Severity, Source, Status, alert_id
from incident.messages import AlertReceived
from services.intake.payloads.answers import AcceptedAnswer
from services.intake.ports import Message, Safe, SpoolFullError
from tests.services.intake.park import VAULT, Intake, alert, published, until


async def test_an_alert_is_answered_with_its_id_and_where_to_follow_it(intake: Intake) -> None:
    answer = await intake.post()
    assert answer.status == 202
    id_ = alert_id(OrganisationId("st-jinji"), Reference(number="3205072026030200117", order="1"))
    assert answer.json() == {
        "id": str(id_),
        "received_at": "2026-03-02T12:00:00Z",
        "status": "accepted",
        "late": True,
        "follow": f"/v1/incidents/{id_}",
    }
    assert answer.headers["location"] == f"/v1/incidents/{id_}"


async def test_what_was_sent_is_what_is_said(intake: Intake) -> None:
    await intake.post()
    said = intake.alert().alert
    assert (said.station, said.source) == ("st-jinji", Source.STATION)
    assert (said.kind, said.category, said.revision) == ("police-alert", "纠纷", 1)
    assert (said.severity, said.status) == (Severity.ORANGE, Status.ACTUAL)
    assert (said.place.center, said.place.place) == (None, "gate-2")
    assert (said.circumstances.people, said.circumstances.injured) == (10, 0)
    assert said.circumstances.hazards == ("vehicles",)
    assert said.received_at == intake.clock.now()
    assert said.reported_at is not None
    assert said.reported_at.isoformat() == "2026-03-02T04:00:00+00:00"


async def test_nothing_is_answered_before_kafka_has_it(intake: Intake) -> None:
    intake.log.open.clear()
    asked = asyncio.ensure_future(intake.post())
    await until(lambda: intake.log.waiting == 1)
    assert not asked.done()
    intake.log.open.set()
    assert (await asked).status == 202


async def test_a_position_is_kept_as_sent_and_in_wgs84(intake: Intake) -> None:
    await intake.post()
    point = intake.alert().alert.place.point
    assert point is not None
    assert (point.sent_lon, point.sent_lat, point.crs) == (120.7312, 31.2643, "gcj02")
    assert point.lon != point.sent_lon
    assert abs(point.lon - point.sent_lon) < 0.01


async def test_what_is_personal_is_sealed_for_the_alert(intake: Intake) -> None:
    await intake.post()
    said = intake.alert()
    assert said.sealed is not None
    opened = json.loads(VAULT.open(said.sealed, f"alert:{said.alert.id}"))
    assert opened == {
        "caller": {"name": "王某", "phone": "13800000000"},
        "text": "二号门保安与外卖员争执，围观约十人",
        "visible_to": [],
    }


async def test_a_caller_is_visible_to_those_named_only(intake: Intake) -> None:
    await intake.post(json=alert(visible_to=["e-chips", "c-west", "e-chips"], caller=...))
    said = intake.alert()
    assert said.sealed is not None
    opened = json.loads(VAULT.open(said.sealed, f"alert:{said.alert.id}"))
    assert opened["visible_to"] == ["c-west", "e-chips"]
    assert opened["caller"] is None


def reordered() -> bytes:
    """The usual alert in other bytes."""
    members = list(alert().items())
    return json.dumps(dict(reversed(members)), ensure_ascii=False, indent=3).encode()


SAME: dict[str, bytes | dict[str, Any]] = {
    "in other bytes": reordered(),
    "with a moment of another zone": alert(reported_at="2026-03-02T04:00:00Z"),
    "with a default left out": alert(revision=..., status=..., visible_to=..., weapons=...),
    "with nulls for what is not there": alert(details=None),
    "with text in another normal form": alert(category="e\u0301"),
}


@pytest.mark.parametrize("retry", SAME.values(), ids=SAME.keys())
async def test_a_retry_is_the_same_alert(intake: Intake, retry: bytes | dict[str, Any]) -> None:
    first = alert()
    if isinstance(retry, dict) and retry["category"] == "e\u0301":
        first = alert(category="\u00e9")
    await intake.post(json=first)
    intake.clock.advance(5)
    if isinstance(retry, bytes):
        answer = await intake.post(body=retry, headers={"content-type": "application/json"})
    else:
        answer = await intake.post(json=retry)
    assert answer.status == 202
    one, two = intake.log.messages
    assert (one.id, one.alert, fingerprint(one)) == (two.id, two.alert, fingerprint(two))


OTHER: dict[str, dict[str, Any]] = {
    "text": {"text": "别的事"},
    "caller": {"caller": {"name": "王某", "phone": "13800000001"}},
    "severity": {"severity": "red"},
    "place": {"place": {"place": "gate-9"}},
    "weapons": {"weapons": True},
    "reported_at": {"reported_at": "2026-03-02T12:00:01+08:00"},
    "status": {"status": "exercise"},
}


@pytest.mark.parametrize("change", OTHER.values(), ids=OTHER.keys())
async def test_other_content_under_the_same_reference_is_taken_and_tells(
    intake: Intake, change: dict[str, Any]
) -> None:
    answers = [await intake.post(), await intake.post(json=alert(**change))]
    assert [answer.status for answer in answers] == [202, 202]
    assert answers[0].json()["id"] == answers[1].json()["id"]
    one, two = intake.log.messages
    assert one.alert == two.alert
    assert fingerprint(one) != fingerprint(two)
    assert one.id != two.id


async def test_two_stations_with_the_same_reference_have_two_alerts(intake: Intake) -> None:
    ids = {
        (await intake.post(holder=holder)).json()["id"] for holder in ("station", "other-station")
    }
    assert len(ids) == 2


async def test_a_reference_cannot_be_read_in_two_ways(intake: Intake) -> None:
    references = [{"number": "1", "order": "23"}, {"number": "12", "order": "3"}]
    answers = [await intake.post(json=alert(reference=each)) for each in references]
    assert answers[0].json()["id"] != answers[1].json()["id"]


LATE = [(timedelta(minutes=15), False), (timedelta(minutes=15, microseconds=1), True)]


@pytest.mark.parametrize(("age", "late"), LATE)
async def test_an_alert_is_late_from_fifteen_minutes_on(
    intake: Intake, age: timedelta, late: bool
) -> None:
    reported_at = (intake.clock.now() - age).isoformat()
    answer = await intake.post(json=alert(reported_at=reported_at))
    assert answer.json()["late"] is late
    assert intake.alert().alert.late is late


async def test_an_alert_without_a_time_is_not_late(intake: Intake) -> None:
    await intake.post(json=alert(reported_at=...))
    assert not intake.alert().alert.late


@pytest.mark.parametrize("holder", ["operator", "chief"])
async def test_a_center_raises_its_own(intake: Intake, holder: str) -> None:
    answer = await intake.post(holder=holder)
    assert answer.status == 202
    said = intake.alert().alert
    assert (said.station, said.source) == ("c-east", Source.CENTER)


ELSEWHERE = [
    ({"place": "gate-9"}, "place.place"),
    ({"center": "c-west"}, "place.center"),
    ({"center": "c-west", "place": "gate-2"}, "place.center"),
]


@pytest.mark.parametrize(("place", "field"), ELSEWHERE)
async def test_a_center_raises_alerts_for_itself_only(
    intake: Intake, place: dict[str, str], field: str
) -> None:
    answer = await intake.post(holder="operator", json=alert(place=place))
    assert (answer.status, answer.json()["type"]) == (403, "/problems/foreign-center")
    assert answer.json()["field"] == field
    assert not intake.log.messages


async def test_a_station_reports_into_any_center(intake: Intake) -> None:
    for place in ({"center": "c-west"}, {"place": "gate-2"}, {"center": "c-east"}):
        assert (await intake.post(json=alert(place=place))).status == 202


async def test_without_a_store_the_answer_is_503_and_nothing_is_kept(intake: Intake) -> None:
    intake.log.away = True
    answer = await intake.post()
    assert (answer.status, answer.json()["type"]) == (503, "/problems/not-safe")
    assert "same reference" in answer.json()["detail"]
    assert int(answer.headers["retry-after"]) >= 1
    intake.log.away = False
    await intake.post()
    assert len(intake.log.messages) == 1


async def test_what_is_spooled_is_taken_all_the_same(intake: Intake) -> None:
    intake.log.safe = Safe.SPOOLED
    answer = await intake.post()
    assert (answer.status, answer.json()["status"]) == (202, "spooled")
    AcceptedAnswer.model_validate(answer.json())
    assert intake.alert().alert.received_at == intake.clock.now()


async def test_a_full_spool_is_a_problem_of_its_own(intake: Intake) -> None:
    intake.log.away, intake.log.fault = True, SpoolFullError
    batch = {"sent_at": "2026-03-02T12:00:00Z", "alerts": [alert()]}
    for answer in (await intake.post(), await intake.post("/v1/alerts/batch", json=batch)):
        assert (answer.status, answer.json()["type"]) == (503, "/problems/spool-full")
        assert int(answer.headers["retry-after"]) >= 1


async def test_before_there_is_a_directory_nobody_is_known() -> None:
    intake = Intake(directory=None)
    answer = await intake.post()
    assert (answer.status, answer.json()["type"]) == (503, "/problems/no-directory")
    assert answer.headers["retry-after"] == "2"
    intake.copy.take(published())
    assert (await intake.post()).status == 202


def fingerprint(message: Message) -> str:
    assert isinstance(message.body, AlertReceived)
    return message.body.alert.fingerprint
