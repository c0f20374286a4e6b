"""Ages are reckoned when they are asked for, and spans cost nothing where none collects."""

import sys

import pytest
from prometheus_client import CollectorRegistry, Gauge

from services.runtime import spans
from services.runtime.metrics import grow
from tests.fakes.clock import FakeClock


def test_an_age_grows_while_nobody_measures_and_starts_anew_when_somebody_does() -> None:
    registry, clock = CollectorRegistry(), FakeClock()
    gauge = Gauge("age_seconds", "An age.", registry=registry)
    grow(gauge, 3.0, clock=clock)
    clock.advance(10)
    assert registry.get_sample_value("age_seconds") == 13
    grow(gauge, 1.0, clock=clock)
    assert registry.get_sample_value("age_seconds") == 1


def test_where_nothing_waits_the_age_is_nothing_and_stays_so() -> None:
    registry, clock = CollectorRegistry(), FakeClock()
    gauge = Gauge("age_seconds", "An age.", registry=registry)
    grow(gauge, None, clock=clock)
    clock.advance(10)
    assert registry.get_sample_value("age_seconds") == 0


def test_nobody_collects_spans_unless_a_collector_is_named() -> None:
    with spans.opened(None):
        assert not spans.collected()


def test_a_collector_without_the_library_is_refused_at_the_start(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.resources", None)
    with pytest.raises(SystemExit), spans.opened("http://127.0.0.1:4318"):
        pass
    assert "d115[otel]" in capsys.readouterr().err
    assert not spans.collected()
