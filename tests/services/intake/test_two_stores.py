"""Kafka if it answers, else the spool; order within an alert; nobody waits for what is known."""

import asyncio
from uuid import uuid5

import pytest

from incident.alert import IncidentId, OrganisationId, Reference, Source, alert_id
from incident.messages import AlertCancelled
from services.intake.adapters.alert_log import SpooledAlertLog
from services.intake.adapters.circuit import FIRST_DOUBT, LONGEST_DOUBT, Circuit
from services.intake.ports import Message, NotSafeError, Safe, SpoolFullError
from services.runtime.clock import SystemClock
from tests.fakes.clock import FakeClock
from tests.fakes.spool import FakeProducer, FakeSpool


class Desk:
    """An alert log between two fakes."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.producer, self.spool = FakeProducer(), FakeSpool()
        self.circuit = Circuit(self.clock)
        self.log = SpooledAlertLog(
            self.producer,  # type: ignore[arg-type]  # as much of it as is asked for
            topic="alerts.v1",
            spool=self.spool,  # type: ignore[arg-type]  # the same
            circuit=self.circuit,
        )

    def message(self, number: int = 1, said: str = "") -> Message:
        reference = Reference(number=str(number), order="1")
        id_: IncidentId = alert_id(OrganisationId("st"), reference)
        body = AlertCancelled(
            id=id_,
            station=OrganisationId("st"),
            reference=reference,
            reason="test",
            received_at=self.clock.now(),
            source=Source.STATION,
        )
        type_ = "alert.cancelled.v1"
        return Message(id=uuid5(id_, said), type=type_, alert=id_, at=self.clock.now(), body=body)


@pytest.fixture
def desk() -> Desk:
    return Desk()


async def test_while_kafka_answers_the_spool_is_not_asked(desk: Desk) -> None:
    assert await desk.log.append(desk.message()) is Safe.ACCEPTED
    assert desk.spool.asked == 0


async def test_after_the_first_failure_kafka_is_not_tried_again(desk: Desk) -> None:
    desk.producer.away = True
    for number in range(5):
        assert await desk.log.append(desk.message(number)) is Safe.SPOOLED
    assert desk.producer.asked == 1
    assert len(desk.spool.entries) == 5


async def test_without_a_connection_it_is_spooled_at_once(desk: Desk) -> None:
    desk.producer.connected = False
    assert await desk.log.append(desk.message()) is Safe.SPOOLED
    assert desk.producer.asked == 0


async def test_what_kafka_may_have_is_spooled_under_the_same_id(desk: Desk) -> None:
    desk.producer.away = True
    message = desk.message()
    await desk.log.append(message)
    (entry,) = desk.spool.entries
    assert (entry.id, entry.record.headers["ce_id"]) == (message.id, str(message.id))


async def test_sends_under_way_are_given_up_when_kafka_is_found_to_be_away(desk: Desk) -> None:
    desk.producer.open.clear()
    waiting = [asyncio.ensure_future(desk.log.append(desk.message(n))) for n in range(3)]
    await desk.clock.sleep(0)
    desk.circuit.failed("another one waited too long")
    assert {await each for each in waiting} == {Safe.SPOOLED}
    assert len(desk.spool.entries) == 3


async def test_while_the_spool_is_drained_only_what_would_overtake_waits(desk: Desk) -> None:
    desk.producer.away = True
    await desk.log.append(desk.message(1, "first"))
    desk.producer.away = False
    desk.circuit.worked()
    assert await desk.log.append(desk.message(1, "second")) is Safe.SPOOLED
    assert await desk.log.append(desk.message(2)) is Safe.ACCEPTED
    both = [desk.message(1, "third"), desk.message(3)]
    assert await desk.log.append_all(both) == [Safe.SPOOLED, Safe.ACCEPTED]
    desk.spool.entries.clear()
    assert await desk.log.append(desk.message(1, "fourth")) is Safe.ACCEPTED
    desk.circuit.holding = False
    asked = desk.spool.asked
    await desk.log.append(desk.message(1, "fifth"))
    assert desk.spool.asked == asked


async def test_of_a_batch_what_kafka_did_not_take_is_spooled(desk: Desk) -> None:
    messages = [desk.message(number) for number in range(3)]
    desk.producer.lost_keys = {str(messages[1].alert)}
    outcomes = await desk.log.append_all(messages)
    assert outcomes == [Safe.ACCEPTED, Safe.SPOOLED, Safe.ACCEPTED]


async def test_when_neither_answers_it_is_not_safe_and_one_at_a_time_tries(desk: Desk) -> None:
    desk.producer.away = desk.spool.away = True
    for number in range(3):
        with pytest.raises(NotSafeError):
            await desk.log.append(desk.message(number))
    assert desk.producer.asked == 3  # each was alone, so each tried
    desk.producer.away = False
    desk.producer.open.clear()
    one = asyncio.ensure_future(desk.log.append(desk.message(7)))
    await desk.clock.sleep(0)
    with pytest.raises(NotSafeError):
        await desk.log.append(desk.message(8))
    assert desk.producer.asked == 4
    desk.producer.open.set()
    assert await one is Safe.ACCEPTED
    assert not desk.circuit.away


async def test_while_postgres_is_away_kafka_takes_what_would_have_to_wait(desk: Desk) -> None:
    desk.circuit.holding = desk.spool.away = True
    assert await desk.log.append(desk.message()) is Safe.ACCEPTED


async def test_a_full_spool_says_so(desk: Desk) -> None:
    desk.producer.away = desk.spool.full = True
    with pytest.raises(SpoolFullError):
        await desk.log.append(desk.message())
    assert {type(each) for each in await desk.log.append_all([desk.message(2)])} == {SpoolFullError}


def test_what_others_achieve_is_believed_later_after_each_failure_of_ours(desk: Desk) -> None:
    doubt = FIRST_DOUBT
    for _ in range(8):
        desk.circuit.failed("away")
        desk.clock.advance(doubt - 0.01)
        assert not believes(desk.circuit)
        desk.clock.advance(0.02)
        assert believes(desk.circuit)
        doubt = min(doubt * 2, LONGEST_DOUBT)
    desk.circuit.worked()
    desk.circuit.failed("away")
    desk.clock.advance(FIRST_DOUBT)
    assert believes(desk.circuit)


def believes(circuit: Circuit) -> bool:
    """Whether it takes what another one achieved for a proof."""
    circuit.works_elsewhere()
    return not circuit.away


async def test_a_send_that_this_process_was_too_late_for_says_nothing_of_kafka(desk: Desk) -> None:
    watch = asyncio.ensure_future(desk.circuit.watch_loop())
    await SystemClock().sleep(0)
    sending = desk.circuit.began(asyncio.timeout(None))
    desk.clock.advance(1.5)  # in one step: nothing of this process ran meanwhile
    await SystemClock().sleep(0)
    desk.circuit.worked()
    desk.circuit.ended(sending)
    desk.circuit.ran_out(sending, "not acknowledged within 1.5 s")
    assert not desk.circuit.away
    watch.cancel()


async def test_a_send_that_nothing_overtook_tells_of_kafka_however_late_this_process_was(
    desk: Desk,
) -> None:
    watch = asyncio.ensure_future(desk.circuit.watch_loop())
    await SystemClock().sleep(0)
    desk.circuit.worked()
    sending = desk.circuit.began(asyncio.timeout(None))
    desk.clock.advance(1.5)
    await SystemClock().sleep(0)
    desk.circuit.ended(sending)
    desk.circuit.ran_out(sending, "not acknowledged within 1.5 s")
    assert desk.circuit.away
    watch.cancel()


async def test_a_send_that_runs_out_while_all_is_on_time_tells_of_kafka(desk: Desk) -> None:
    sending = desk.circuit.began(asyncio.timeout(None))
    desk.clock.advance(1.5)
    desk.circuit.worked()  # another partition answers
    desk.circuit.ended(sending)
    desk.circuit.ran_out(sending, "not acknowledged within 1.5 s")
    assert desk.circuit.away
