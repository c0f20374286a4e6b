"""202 means that the alert is in Kafka, whole, in order, and with nothing personal in the clear."""

import asyncio
import json
from typing import Any

from incident.alert import OrganisationId, Reference, alert_id
from incident.messages import AlertCancelled, AlertReceived, AlertUpdated
from services.intake.payloads import examples
from services.runtime import codec, envelope
from services.runtime.vault import Vault
from tests.integration.intake.site import CLOCK, DATA_KEY, PARTITIONS, Intake, Site
from tests.services.intake.park import alert
from tests.services.intake.test_privacy import PERSONAL

NUMBER = examples.ALERT["reference"]["number"]


def now_alert(number: int = 0, **changes: object) -> dict[str, Any]:
    """An alert of this very moment."""
    reference = {"number": str(number), "order": "1"} if number else examples.ALERT["reference"]
    return alert(reference=reference, reported_at=..., **changes)


async def test_what_is_accepted_is_in_kafka_with_all_headers(intake: Intake, site: Site) -> None:
    trace_id = "4bf92f3577b34da6a3ce929d0e0e4736"
    headers = {"traceparent": f"00-{trace_id}-00f067aa0ba902b7-01"}
    status, told, _ = await intake.post(now_alert(), headers=headers)
    assert status == 202
    (record,) = await site.records()
    id_ = alert_id(OrganisationId("st-jinji"), Reference(number=NUMBER, order="1"))
    assert record.key == told["id"] == str(id_)
    said = envelope.parse(record.headers)
    assert (said.type, said.source, said.subject) == ("alert.received.v1", "/intake", str(id_))
    assert said.content_type == "application/json"
    assert record.headers["ce_specversion"] == "1.0"
    assert said.traceparent is not None
    assert trace_id in said.traceparent
    body = codec.decode(record.value, AlertReceived, strict=True)
    assert body.alert.received_at == said.time
    assert codec.to_builtins(body.alert.received_at) == told["received_at"]


async def test_nothing_personal_stands_in_the_clear_in_kafka(intake: Intake, site: Site) -> None:
    id_ = (await intake.post(now_alert()))[1]["id"]
    await intake.post(examples.UPDATE, path=f"/v1/alerts/{id_}/updates")
    await intake.post(examples.CANCELLATION, path=f"/v1/alerts/{id_}/cancellation")
    records = await site.records()
    assert len(records) == 3
    for record in records:
        shown = record.value.decode() + record.key + "".join(map(str, record.headers.items()))
        for form in (shown, shown.encode().decode("unicode_escape", errors="replace")):
            assert not any(word in form for word in PERSONAL)
    body = codec.decode(records[0].value, AlertReceived)
    assert body.sealed is not None
    opened = json.loads(Vault({"k1": DATA_KEY}).open(body.sealed, f"alert:{id_}"))
    assert opened["caller"]["phone"] == "13800000000"
    logged = "".join(intake.lines) + await intake.figures()
    assert not any(word in logged for word in PERSONAL)


async def test_what_is_said_of_one_alert_keeps_its_order(intake: Intake, site: Site) -> None:
    id_ = (await intake.post(now_alert()))[1]["id"]
    await intake.post(examples.UPDATE, path=f"/v1/alerts/{id_}/updates")
    await intake.post(examples.CANCELLATION, path=f"/v1/alerts/{id_}/cancellation")
    records = await site.records()
    assert len({record.partition for record in records}) == 1
    types = {
        "alert.received.v1": AlertReceived,
        "alert.updated.v1": AlertUpdated,
        "alert.cancelled.v1": AlertCancelled,
    }
    assert [record.headers["ce_type"] for record in records] == list(types)
    for record, kind in zip(records, types.values(), strict=True):
        codec.decode(record.value, kind, strict=True)


async def test_a_retry_is_the_same_event_of_the_same_alert(intake: Intake, site: Site) -> None:
    for _ in range(2):
        assert (await intake.post(now_alert()))[0] == 202
    one, two = await site.records()
    assert (one.key, one.headers["ce_id"]) == (two.key, two.headers["ce_id"])


async def test_every_202_of_a_storm_is_in_kafka(intake: Intake, site: Site) -> None:
    answers = await asyncio.gather(*(intake.post(now_alert(n)) for n in range(1, 401)))
    accepted = {told["id"] for status, told, _ in answers if status == 202}
    assert {status for status, _, _ in answers} <= {202, 429}
    assert len(accepted) >= 100
    assert all("Retry-After" in headers for status, _, headers in answers if status == 429)
    records = await site.records()
    assert {record.key for record in records} == accepted
    assert {record.partition for record in records} == set(range(PARTITIONS))


async def test_a_batch_of_five_hundred_is_in_kafka(intake: Intake, site: Site) -> None:
    alerts = [now_alert(n, **({"severity": "purple"} if n % 5 == 0 else {})) for n in range(1, 501)]
    alerts.append(now_alert(1, revision=2))
    body = {"sent_at": CLOCK.real().isoformat(), "alerts": alerts[1:]}
    status, told, _ = await intake.post(body, path="/v1/alerts/batch")
    assert (status, told["accepted"], told["refused"]) == (207, 400, 100)
    records = await site.records()
    accepted = {each["accepted"]["id"] for each in told["results"] if each["status"] == 202}
    assert {record.key for record in records} == accepted


async def test_bad_input_leaves_nothing_in_kafka(intake: Intake, site: Site) -> None:
    for body, status in (
        (b"{", 400),
        (b"\xff", 400),
        (b'{"a": 1, "a": 2}', 400),
        (b" " * 70_000, 413),
        (b" " * 5_000_000, 413),
        (now_alert(severity="purple"), 422),
        (now_alert(kind="x"), 422),
        ([], 422),
    ):
        assert (await intake.post(body))[0] == status
    assert (await intake.post(now_alert(), holder="team"))[0] == 403
    assert (await intake.post(now_alert(), headers={"authorization": "Bearer x"}))[0] == 401
    assert not await site.records()
    assert (await intake.post(now_alert()))[0] == 202
