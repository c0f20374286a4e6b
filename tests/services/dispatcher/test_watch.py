"""Hearing the notifier, and saying so when nothing is heard."""

from prometheus_client import REGISTRY

from services.dispatcher.watch import SILENT_SECONDS, NotifierWatch
from tests.fakes.clock import FakeClock

GAUGE = "d115_notifier_silent_seconds"


async def test_a_notifier_never_heard_has_been_silent_since_the_start() -> None:
    clock = FakeClock()
    watch = NotifierWatch(clock)
    clock.advance(30)
    assert REGISTRY.get_sample_value(GAUGE) == 30
    assert "not heard yet" in (await watch.check() or "")


async def test_silence_is_counted_from_what_was_heard_last() -> None:
    clock = FakeClock()
    watch = NotifierWatch(clock)
    clock.advance(30)
    watch.hear()
    clock.advance(SILENT_SECONDS)
    assert await watch.check() is None
    clock.advance(1)
    assert REGISTRY.get_sample_value(GAUGE) == SILENT_SECONDS + 1
    assert "silent for 11 s" in (await watch.check() or "")
