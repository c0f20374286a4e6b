"""Which centers have a console that listens."""

from types import SimpleNamespace
from typing import Any, cast

from prometheus_client import REGISTRY

from services.dispatcher.adapters.consoles import Consoles
from tests.fakes.clock import FakeClock


def told(name: str, center: str) -> float | None:
    return REGISTRY.get_sample_value(name, {"center": center})


def test_a_center_nobody_listens_for_is_told_and_for_how_long() -> None:
    clock, listening = FakeClock(), {"center:west": 2}
    centers = {
        "west": SimpleNamespace(code="west", consoles=True),
        "east": SimpleNamespace(code="east", consoles=True),
        "bare": SimpleNamespace(code="bare", consoles=False),
    }
    hub = SimpleNamespace(count=lambda channel: listening.get(channel, 0))
    atlas = SimpleNamespace(lookup=SimpleNamespace(centers=centers))
    consoles = Consoles(cast("Any", hub), cast("Any", atlas), clock)
    clock.advance(30)
    consoles.look()
    assert told("d115_console_streams", "west") == 2
    assert told("d115_console_away_seconds", "west") == 0
    assert told("d115_console_away_seconds", "east") == 30
    assert told("d115_console_streams", "bare") is None

    listening.clear()
    consoles.look()
    clock.advance(5)
    assert told("d115_console_away_seconds", "west") == 5

    del centers["east"]
    consoles.look()
    assert told("d115_console_streams", "east") is None
