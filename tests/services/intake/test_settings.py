"""Settings come from the environment, and every fault is named at once."""

import base64

import pytest

from services.intake.settings import IntakeSettings
from services.runtime.settings import SettingsError, read

GOOD = {
    "D115_KAFKA": "127.0.0.1:9092",
    "D115_POSTGRES": "postgresql://d115@127.0.0.1/d115",
    "D115_DATA_KEYS": f"k1:{base64.b64encode(bytes(32)).decode()}",
    "INTAKE_PORT": "8001",
    "INTAKE_OPS_PORT": "8002",
}


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)


def test_the_least_that_is_needed_is_enough() -> None:
    settings = read(IntakeSettings)
    assert (settings.host, settings.port, settings.ops_port) == ("127.0.0.1", 8001, 8002)
    limits = settings.limits()
    assert (limits.slots, limits.reserve) == (512, 128)


def test_limits_are_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"SLOTS": "10", "RED_RESERVE_PERCENT": "50", "RATE": "2.5"}.items():
        monkeypatch.setenv(f"INTAKE_{name}", value)
    limits = read(IntakeSettings).limits()
    assert (limits.slots, limits.reserve, limits.rate) == (10, 5, 2.5)


def test_every_fault_is_named_and_no_secret_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("D115_KAFKA")
    monkeypatch.setenv("D115_DATA_KEYS", "k1:secret")
    monkeypatch.setenv("INTAKE_SLOTS", "0")
    monkeypatch.setenv("INTAKE_KAFKA_SECONDS", "10")
    monkeypatch.setenv("INTAKE_RTAE", "10")
    with pytest.raises(SettingsError) as error:
        read(IntakeSettings)
    named = [fault.split()[0] for fault in error.value.faults]
    assert named == [
        "D115_DATA_KEYS",
        "D115_KAFKA",
        "INTAKE_KAFKA_SECONDS",
        "INTAKE_RTAE",
        "INTAKE_SLOTS",
    ]
    assert "secret" not in str(error.value)


def test_what_is_secret_is_not_shown() -> None:
    shown = repr(read(IntakeSettings))
    assert "d115@" not in shown
    assert GOOD["D115_DATA_KEYS"] not in shown
