"""Heartbeats both ways."""

from collections.abc import Sequence

import pytest

from incident import messages
from incident.messages import Heartbeat
from services.notifier.heartbeat import IDLE_SECONDS, Heart, Watch
from services.notifier.ports import Heard
from services.runtime import codec
from services.runtime.envelope import parse
from services.runtime.producer import Unavailable
from services.runtime.records import Record
from tests.builders import RECEIVED, at
from tests.fakes.clock import FakeClock
from tests.fakes.notifier_reports import FakeReports


class Ear:
    """Takes records, or does not."""

    def __init__(self) -> None:
        self.heard: list[Record] = []
        self.away = False

    async def send_all(self, records: Sequence[Record]) -> list[BaseException | None]:
        self.heard += records
        return [Unavailable("away") if self.away else None for _ in records]


class Body:
    """A heart with what it is made of."""

    def __init__(self) -> None:
        self.ear = Ear()
        self.idle = 0.1
        self.heart = Heart(
            producer=self.ear,  # type: ignore[arg-type]  # all of a producer that a heart needs
            clock=FakeClock(RECEIVED),
            topic="timing.v1",
            partitions=6,
            idle_seconds=lambda: self.idle,
            instance="n-1",
        )


async def test_every_partition_hears_that_the_notifier_is_alive() -> None:
    body = Body()
    assert await body.heart.beat()
    assert [record.partition for record in body.ear.heard] == [0, 1, 2, 3, 4, 5]
    record = body.ear.heard[0]
    assert (record.topic, parse(record.headers).type) == ("timing.v1", messages.NOTIFIER_HEARTBEAT)
    assert codec.decode(record.value, Heartbeat) == Heartbeat(
        service="notifier", instance="n-1", sent_at=RECEIVED, now=RECEIVED
    )


async def test_a_notifier_whose_clocks_stand_keeps_silent() -> None:
    body = Body()
    body.idle = IDLE_SECONDS + 0.1
    assert not await body.heart.beat()
    assert body.ear.heard == []


async def test_a_beat_that_kafka_does_not_take_is_not_the_last() -> None:
    body = Body()
    body.ear.away = True
    assert not await body.heart.beat()
    body.ear.away = False
    assert await body.heart.beat()


def heard_of(
    service: str = "dispatcher", *, heard: float, sent: float | None = None, instance: str = "a"
) -> Heard:
    """A sign of life that came at once, unless the sender's clock says otherwise."""
    sent_at = at(heard if sent is None else sent)
    return Heard(service=service, instance=instance, sent_at=sent_at, heard_at=at(heard))


@pytest.mark.parametrize(
    ("heard", "warning"),
    [
        ([], "dispatcher was not heard yet"),
        ([10.0], None),
        ([9.9], "dispatcher is silent for 10 s"),
        ([0.0, 12.0], None),
    ],
)
async def test_silence_of_more_than_ten_seconds_is_noted(
    heard: list[float], warning: str | None
) -> None:
    pulses = [heard_of(instance=str(seconds), heard=seconds) for seconds in heard]
    watch = Watch(FakeReports(heard=pulses), FakeClock(at(20)))
    assert await watch.warning() == warning


async def test_a_service_nobody_watches_is_no_reason_to_warn() -> None:
    pulses = [
        heard_of(heard=20),
        heard_of("gardener", heard=0),
    ]
    assert await Watch(FakeReports(heard=pulses), FakeClock(at(20))).warning() is None


@pytest.mark.parametrize(
    ("heard", "sent", "warning"),
    [
        (0, 300, "dispatcher is silent for 20 s"),  # its clock is five minutes fast
        (19, -281, None),  # and here slow
    ],
)
async def test_a_wrong_clock_of_the_sender_hides_no_silence_and_makes_none(
    heard: float, sent: float, warning: str | None
) -> None:
    pulses = [heard_of(heard=heard, sent=sent)]
    assert await Watch(FakeReports(heard=pulses), FakeClock(at(20))).warning() == warning
