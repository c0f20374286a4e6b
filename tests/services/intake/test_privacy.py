"""Who called and what was said reaches no log, no metric and no open field of a message."""

from prometheus_client import REGISTRY, generate_latest

from services.intake.payloads import examples
from services.runtime import codec
from tests.services.intake.conftest import Lines
from tests.services.intake.park import Intake, alert
from tests.services.intake.test_changes import CANCELLATION, UPDATES

PERSONAL = ["王某", "13800000000", "外卖员", "一人持刀", "报警人", "王五"]


async def test_nothing_personal_leaves_intake_in_the_clear(intake: Intake, lines: Lines) -> None:
    await intake.post()
    await intake.post(UPDATES, json=examples.UPDATE)
    await intake.post(CANCELLATION, json=examples.CANCELLATION)
    await intake.post(json=alert(caller={"name": "王\t五"}))
    await intake.post(json=alert(text="王五" * 2000))
    body = {
        "sent_at": "2026-03-02T12:00:00Z",
        "alerts": [alert(), alert(caller={"name": "王\t五"})],
    }
    await intake.post("/v1/alerts/batch", json=body)
    said = b"".join(codec.encode(message.body) for message in intake.log.messages).decode()
    told = lines.text()
    figures = generate_latest(REGISTRY).decode()
    assert len(intake.log.messages) == 4
    assert told.count('"accepted"') == 4
    for word in PERSONAL:
        assert word not in said
        assert word not in told
        assert word not in figures
    shown = repr([message.body for message in intake.log.messages])
    assert not any(word in shown for word in PERSONAL)


async def test_the_log_tells_of_each_alert_what_finds_it(intake: Intake, lines: Lines) -> None:
    trace_id = "4bf92f3577b34da6a3ce929d0e0e4736"
    headers = {"traceparent": f"00-{trace_id}-00f067aa0ba902b7-01"}
    id_ = (await intake.post(headers=headers)).json()["id"]
    (line,) = lines.read()
    assert line["alert_id"] == id_
    assert line["trace_id"] == trace_id
    assert (line["station"], line["severity"], line["kind"]) == (
        "st-jinji",
        "orange",
        "police-alert",
    )


async def test_figures_count_what_was_taken_refused_and_shed(intake: Intake) -> None:
    labels = {
        "type": "alert.received.v1",
        "source": "station",
        "severity": "orange",
        "kind": "police-alert",
        "status": "actual",
    }
    accepted = figure("d115_intake_accepted_total", labels)
    invalid = figure("d115_intake_refused_total", {"problem": "invalid"})
    large = figure("d115_intake_refused_total", {"problem": "too-large"})
    await intake.post()
    await intake.post(json=alert(severity="purple"))
    headers = {"content-type": "application/json"}
    await intake.post(body=b" " * 70_000, headers=headers)
    body = {"sent_at": "2026-03-02T12:00:00Z", "alerts": [alert(), {}]}
    await intake.post("/v1/alerts/batch", json=body)
    assert figure("d115_intake_accepted_total", labels) == accepted + 2
    assert figure("d115_intake_refused_total", {"problem": "invalid"}) == invalid + 2
    assert figure("d115_intake_refused_total", {"problem": "too-large"}) == large + 1
    assert figure("d115_intake_in_flight", {}) == 0
    assert figure("d115_intake_inside", {}) == 0


def figure(name: str, labels: dict[str, str]) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0
