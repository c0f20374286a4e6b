"""What the log says of an incident: openings and acts, by id and trace, nothing personal."""

from structlog.testing import capture_logs

from incident.messages import ALERT_RECEIVED, STEP_DUE, AlertReceived, StepDue
from services.dispatcher.consumer import AlertConsumer, TimingConsumer
from services.runtime import codec, envelope
from services.runtime.records import Received
from tests.services.dispatcher.park import Dispatcher, alert, incident_id

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


async def test_an_opening_is_told_with_the_trace_its_alert_came_with(
    dispatcher: Dispatcher,
) -> None:
    record = _record(ALERT_RECEIVED, AlertReceived(alert=alert(1)), dispatcher)
    with capture_logs() as lines:
        async with dispatcher.store.work() as work:
            consumer = AlertConsumer(lambda _: work, atlas=dispatcher.atlas, clock=dispatcher.clock)
            await consumer.apply(None, [record])
    (line,) = [line for line in lines if line["event"] == "incident_opened"]
    assert (line["incident_id"], line["trace_id"]) == (str(incident_id(1)), TRACE)


async def test_an_act_is_told_by_its_incident_and_without_what_was_said(
    dispatcher: Dispatcher,
) -> None:
    await dispatcher.open()
    with capture_logs() as lines:
        await dispatcher.done("operator", "note", {"text": "caller moved to gate 3"})
    (line,) = [line for line in lines if line["event"] == "act_done"]
    assert (line["incident_id"], line["verb"]) == (str(incident_id(1)), "note")
    assert "gate 3" not in str(lines)


async def test_an_act_that_is_refused_is_not_told_as_done(dispatcher: Dispatcher) -> None:
    await dispatcher.open()
    with capture_logs() as lines:
        answer = await dispatcher.act("operator", "return", {"reason": "incomplete"})
    assert answer.status == 409
    assert not [line for line in lines if line["event"] == "act_done"]


async def test_a_step_is_taken_in_the_trace_it_came_with(dispatcher: Dispatcher) -> None:
    await dispatcher.open()
    dispatcher.clock.advance(61)
    now = dispatcher.clock.now()
    due = StepDue(incident=incident_id(1), step="1/direct-assign/1", due_at=now, fired_at=now)
    with capture_logs() as lines:
        async with dispatcher.store.work() as work:
            consumer = TimingConsumer(
                lambda _: work,
                atlas=dispatcher.atlas,
                clock=dispatcher.clock,
                hear=lambda: None,
            )
            await consumer.apply(None, [_record(STEP_DUE, due, dispatcher)])
    (line,) = [line for line in lines if line["event"] == "step_taken"]
    assert (line["incident_id"], line["trace_id"]) == (str(incident_id(1)), TRACE)


def _record(type_: str, body: object, dispatcher: Dispatcher) -> Received:
    """A record of Kafka that came in the trace."""
    now = dispatcher.clock.now()
    about = envelope.Envelope(
        id="1", source="/t", type=type_, time=now, traceparent=f"00-{TRACE}-00f067aa0ba902b7-01"
    )
    return Received(
        topic="t",
        partition=0,
        offset=0,
        key="",
        value=codec.encode(body),
        headers=envelope.build(about),
        timestamp=now,
    )
