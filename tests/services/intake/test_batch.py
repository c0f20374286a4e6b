"""A batch after a cut: each alert is answered on its own."""

from typing import Any

import pytest

from incident.messages import AlertReceived
from services.intake.handlers.alerts import STEP
from services.intake.payloads.alert import LONGEST_BATCH
from services.intake.ports import Message, Safe
from tests.services.intake.park import Intake, alert

BATCH = "/v1/alerts/batch"
SENT_AT = "2026-03-02T12:00:00Z"


def numbered(number: int, **changes: object) -> dict[str, Any]:
    return alert(reference={"number": str(number), "order": "1"}, **changes)


def batch(*alerts: object, **changes: object) -> dict[str, Any]:
    return {"sent_at": SENT_AT, "alerts": list(alerts)} | changes


async def test_good_and_bad_alerts_are_answered_each_in_its_place(intake: Intake) -> None:
    body = batch(
        numbered(1),
        numbered(2, severity="purple"),
        "no alert",
        numbered(4, place={"center": "c-north"}),
        numbered(5),
    )
    answer = await intake.post(BATCH, json=body)
    assert answer.status == 207
    told = answer.json()
    assert (told["accepted"], told["refused"]) == (2, 3)
    results = told["results"]
    assert [result["status"] for result in results] == [202, 422, 422, 422, 202]
    fields = [result["problem"]["field"] for result in results[1:4]]
    assert fields == ["severity", "body", "place.center"]
    said = [received(message.body).alert for message in intake.log.messages]
    assert [each.reference.number for each in said] == ["1", "5"]
    assert [result["accepted"]["id"] for result in (results[0], results[4])] == [
        str(each.id) for each in said
    ]


async def test_a_batch_says_when_it_was_sent_and_each_alert_whether_it_is_late(
    intake: Intake,
) -> None:
    body = batch(
        numbered(1, reported_at="2026-03-02T11:50:00Z"),
        numbered(2, reported_at="2026-03-02T11:00:00Z"),
        numbered(3, reported_at=...),
        sent_at="2026-03-02T11:59:00Z",
    )
    results = (await intake.post(BATCH, json=body)).json()["results"]
    assert [result["accepted"]["late"] for result in results] == [False, True, False]
    said = [received(message.body).alert for message in intake.log.messages]
    assert {each.batch_sent_at.isoformat() for each in said if each.batch_sent_at} == {
        "2026-03-02T11:59:00+00:00"
    }
    assert [each.late for each in said] == [False, True, False]


async def test_an_alert_sent_alone_before_is_the_same_in_a_batch(intake: Intake) -> None:
    await intake.post(json=numbered(1))
    await intake.post(BATCH, json=batch(numbered(1)))
    one, two = intake.log.messages
    assert one.id == two.id
    assert received(one.body).alert.fingerprint == received(two.body).alert.fingerprint


async def test_five_hundred_alerts_are_taken_and_no_more(intake: Intake) -> None:
    alerts = [numbered(number) for number in range(LONGEST_BATCH)]
    answer = await intake.post(BATCH, json=batch(*alerts))
    assert answer.json()["accepted"] == LONGEST_BATCH
    numbers = [received(message.body).alert.reference.number for message in intake.log.messages]
    assert numbers == [str(number) for number in range(LONGEST_BATCH)]
    answer = await intake.post(BATCH, json=batch(*alerts, numbered(500)))
    assert (answer.status, answer.json()["field"]) == (422, "alerts")
    assert len(intake.log.messages) == LONGEST_BATCH


BAD: list[tuple[dict[str, Any], str]] = [
    (batch(), "alerts"),
    ({"alerts": [alert()]}, "sent_at"),
    ({"sent_at": SENT_AT}, "alerts"),
    (batch(alert(), sent_at="2026-03-02T12:00:00"), "sent_at"),
    (batch(alert(), sent_at="2026-03-02T12:00:06Z"), "sent_at"),
    (batch(alert(), sent_at="2026-01-01T00:00:00Z"), "sent_at"),
    (batch(alert(), station="st-other"), "station"),
    (batch(alert(), alerts={"0": alert()}), "alerts"),
]


@pytest.mark.parametrize(("body", "field"), BAD)
async def test_a_batch_that_is_wrong_itself_is_refused_whole(
    intake: Intake, body: dict[str, Any], field: str
) -> None:
    answer = await intake.post(BATCH, json=body)
    assert (answer.status, answer.json()["field"]) == (422, field)
    assert not intake.log.messages


async def test_a_batch_of_nothing_but_bad_alerts_is_answered_one_by_one(intake: Intake) -> None:
    answer = await intake.post(BATCH, json=batch({}, []))
    assert answer.status == 207
    assert answer.json()["refused"] == 2


async def test_without_a_store_the_whole_batch_is_503(intake: Intake) -> None:
    intake.log.away = True
    answer = await intake.post(BATCH, json=batch(numbered(1), {}))
    assert (answer.status, answer.json()["type"]) == (503, "/problems/not-safe")


async def test_what_comes_after_a_store_went_away_is_not_tried(intake: Intake) -> None:
    alerts = [numbered(number) for number in range(3 * STEP)]
    append = intake.log.append
    tried = 0

    async def failing_later(message: Message) -> Safe:
        nonlocal tried
        tried += 1
        intake.log.away = tried > STEP
        return await append(message)

    intake.log.append = failing_later  # type: ignore[method-assign]  # the store goes away midway
    results = (await intake.post(BATCH, json=batch(*alerts))).json()["results"]
    assert [result["status"] for result in results] == [202] * STEP + [503] * 2 * STEP
    assert results[-1]["problem"]["type"] == "/problems/not-safe"
    assert tried == 2 * STEP


async def test_a_center_sends_its_own_batch(intake: Intake) -> None:
    body = batch(numbered(1), numbered(2, place={"center": "c-west"}))
    results = (await intake.post(BATCH, "operator", json=body)).json()["results"]
    assert [result["status"] for result in results] == [202, 403]


async def test_a_batch_may_have_four_mebibytes(intake: Intake) -> None:
    long = [numbered(number, text="长" * 2000) for number in range(300)]
    assert (await intake.post(BATCH, json=batch(*long))).json()["accepted"] == 300
    headers = {"content-type": "application/json"}
    answer = await intake.post(BATCH, body=[b" " * 1024 * 1024] * 4 + [b" "], headers=headers)
    assert (answer.status, answer.json()["limit_bytes"]) == (413, 4 * 1024 * 1024)


def received(body: object) -> AlertReceived:
    assert isinstance(body, AlertReceived)
    return body
