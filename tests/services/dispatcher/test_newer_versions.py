"""A message of a version that is not known yet is put aside, not passed over."""

import pytest

from incident.messages import ALERT_RECEIVED, STEP_DUE
from services.dispatcher.consumer import AlertConsumer, TimingConsumer
from services.runtime import envelope
from services.runtime.records import PermanentError, Received
from tests.services.dispatcher.park import Dispatcher


def _record(type_: str, dispatcher: Dispatcher) -> Received:
    now = dispatcher.clock.now()
    about = envelope.Envelope(id="1", source="/t", type=type_, time=now)
    return Received(
        topic="t",
        partition=0,
        offset=0,
        key="",
        value=b'{"shape": "new"}',
        headers=envelope.build(about),
        timestamp=now,
    )


async def _apply(dispatcher: Dispatcher, type_: str) -> None:
    async with dispatcher.store.work() as work:
        atlas, clock = dispatcher.atlas, dispatcher.clock
        alerts = AlertConsumer(lambda _: work, atlas=atlas, clock=clock)
        timing = TimingConsumer(lambda _: work, atlas=atlas, clock=clock, hear=lambda: None)
        consumer = alerts if type_.startswith("alert") else timing
        await consumer.apply(None, [_record(type_, dispatcher)])


@pytest.mark.parametrize("known", [ALERT_RECEIVED, "alert.cancelled.v1", STEP_DUE])
async def test_the_next_version_of_a_known_type_is_refused(
    dispatcher: Dispatcher, known: str
) -> None:
    newer = f"{known.removesuffix('.v1')}.v2"
    with pytest.raises(PermanentError, match=f"{newer} is of a version"):
        await _apply(dispatcher, newer)


@pytest.mark.parametrize("unknown", ["alert.weathered.v1", "weather.changed.v2"])
async def test_a_type_nobody_knows_is_passed_over(dispatcher: Dispatcher, unknown: str) -> None:
    await _apply(dispatcher, unknown)
