"""A wrong clock is told: our own that jumps, another's that stands elsewhere."""

from datetime import timedelta

import pytest
from prometheus_client import REGISTRY

from services.runtime.clockwatch import NOTED_SECONDS, WINDOW_SECONDS, ClockWatch, PeerClocks
from tests.fakes.clock import FakeClock


class SetClock(FakeClock):
    """A clock whose wall time somebody sets."""

    def set_wall(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)


@pytest.mark.parametrize("seconds", [300.0, -300.0, 1.0])
async def test_a_jump_is_counted_and_noted(seconds: float) -> None:
    clock = SetClock()
    watch = ClockWatch(clock)
    direction = {"direction": "forward" if seconds > 0 else "back"}
    before = REGISTRY.get_sample_value("d115_clock_jumps_total", direction) or 0.0
    clock.advance(1.0)
    assert watch.look() == 0.0
    clock.set_wall(seconds)
    assert watch.look() == pytest.approx(seconds)
    assert REGISTRY.get_sample_value("d115_clock_jumps_total", direction) == before + 1
    assert REGISTRY.get_sample_value(
        "d115_clock_offset_seconds", {"against": "start"}
    ) == pytest.approx(seconds)
    assert f"{seconds:+.1f} s" in (await watch.check() or "")


async def test_a_jump_is_told_once_and_the_note_ends() -> None:
    clock = SetClock()
    watch = ClockWatch(clock)
    clock.set_wall(300)
    watch.look()
    assert watch.look() == 0.0
    clock.advance(NOTED_SECONDS + 1)
    assert await watch.check() is None


async def test_a_clock_that_is_put_right_gently_is_no_jump() -> None:
    clock = SetClock()
    watch = ClockWatch(clock)
    for _ in range(100):
        clock.advance(1.0)
        clock.set_wall(0.0005)
        assert watch.look() == 0.0
    assert await watch.check() is None


async def test_a_stamp_from_the_future_is_a_clock_ahead() -> None:
    clock = FakeClock()
    peers = PeerClocks(clock)
    peers.hear("intake", clock.real() + timedelta(seconds=300))
    assert await peers.check() == "the clock of intake is 300 s ahead of ours"


async def test_a_late_record_is_no_wrong_clock_while_others_come_in_time() -> None:
    clock = FakeClock()
    peers = PeerClocks(clock)
    peers.hear("intake", clock.real())
    peers.hear("intake", clock.real() - timedelta(seconds=300))
    assert await peers.check() is None


async def test_a_peer_heard_late_again_and_again_is_told_until_it_is_heard_in_time() -> None:
    clock = FakeClock()
    peers = PeerClocks(clock)
    peers.hear("notifier", clock.real() - timedelta(seconds=300))
    assert "behind ours" in (peers.judge("notifier") or "")
    peers.hear("notifier", clock.real())
    assert peers.judge("notifier") is None


async def test_a_peer_not_heard_lately_is_not_judged() -> None:
    clock = FakeClock()
    peers = PeerClocks(clock)
    peers.hear("intake", clock.real() + timedelta(seconds=300))
    clock.advance(WINDOW_SECONDS + 1)
    assert await peers.check() is None
