"""A process says every fault of its settings at once, and shows none of its secrets."""

import base64

import pytest
from pydantic import Field
from pydantic_settings import SettingsConfigDict

from services.runtime.clock import ScaledClock, SystemClock
from services.runtime.settings import (
    AdminKeyHash,
    DataKeys,
    ServiceSettings,
    SettingsError,
    load,
    read,
)

DSN = "postgresql://d115:hunter2@127.0.0.1:5432/d115"
DATA_KEYS = f"k1:{base64.b64encode(bytes(32)).decode()}"


class ProbeSettings(ServiceSettings):
    """A service's settings, as a service declares them."""

    model_config = SettingsConfigDict(env_prefix="PROBE_")

    data_keys: DataKeys
    admin_key: AdminKeyHash
    workers: int = Field(default=4, ge=1)


GOOD = {
    "D115_KAFKA": "127.0.0.1:9092",
    "D115_POSTGRES": DSN,
    "D115_DATA_KEYS": DATA_KEYS,
    "D115_ADMIN_KEY_SHA256": "a" * 64,
    "PROBE_PORT": "8001",
    "PROBE_OPS_PORT": "9001",
}


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in ("D115_CLOCK", "D115_TOPIC_PREFIX", "D115_LOG_LEVEL"):
        monkeypatch.delenv(name, raising=False)
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def faults() -> list[str]:
    with pytest.raises(SettingsError) as refusal:
        read(ProbeSettings)
    return refusal.value.faults


@pytest.mark.usefixtures("environment")
def test_good_settings_are_read_with_their_defaults() -> None:
    settings = read(ProbeSettings)

    assert (settings.port, settings.ops_port, settings.workers) == (8001, 9001, 4)
    assert (settings.kafka, settings.postgres) == ("127.0.0.1:9092", DSN)
    assert (settings.topic_prefix, settings.log_level, settings.host) == ("", "INFO", "127.0.0.1")
    assert type(settings.clock) is SystemClock
    assert settings.data_keys.open(settings.data_keys.seal(b"x", "c"), "c") == b"x"


def test_the_optional_ones_are_read_too(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("D115_CLOCK", "2017-01-01T00:00:00Z;2026-01-01T00:00:00Z;400")
    environment.setenv("D115_TOPIC_PREFIX", "replay-7.")
    environment.setenv("PROBE_WORKERS", "9")
    settings = read(ProbeSettings)

    assert isinstance(settings.clock, ScaledClock)
    assert settings.clock.setting.factor == 400
    assert (settings.topic_prefix, settings.workers) == ("replay-7.", 9)


def test_every_fault_is_listed_at_once(environment: pytest.MonkeyPatch) -> None:
    environment.delenv("D115_KAFKA")
    environment.setenv("PROBE_PORT", "")
    environment.setenv("PROBE_OPS_PORT", "70000")
    environment.setenv("D115_POSTGRES", "hunter2@host")
    environment.setenv("D115_DATA_KEYS", "k1:hunter2!")
    environment.setenv("D115_ADMIN_KEY_SHA256", "hunter2")
    environment.setenv("D115_CLOCK", "fast")
    environment.setenv("D115_TOPIC_PREFIX", "Replay")
    environment.setenv("PROBE_WORKERS", "0")
    environment.setenv("PROBE_PROT", "8001")

    found = faults()

    assert found == [
        "D115_ADMIN_KEY_SHA256 must be a SHA-256 in 64 lower-case hex digits",
        "D115_CLOCK a clock is 'system' or 'origin;started;factor', not 'fast'",
        "D115_DATA_KEYS data key k1 is not base64",
        "D115_KAFKA is not set",
        "D115_POSTGRES must read postgresql://user:password@host:port/database",
        "D115_TOPIC_PREFIX must be lower-case letters, digits, - or _, and end in a dot",
        "PROBE_OPS_PORT should be less than or equal to 65535",
        "PROBE_PORT is not set",
        "PROBE_PROT is not a setting",
        "PROBE_WORKERS should be greater than or equal to 1",
    ]


@pytest.mark.parametrize("address", ["localhost", "http://h:1", "h:1;g:2", "h:"])
def test_a_wrong_address_is_refused(environment: pytest.MonkeyPatch, address: str) -> None:
    environment.setenv("D115_KAFKA", address)

    assert faults() == ["D115_KAFKA must read host:port, or several of them joined by commas"]


@pytest.mark.usefixtures("environment")
def test_secrets_are_not_shown() -> None:
    shown = repr(read(ProbeSettings))

    assert not any(secret in shown for secret in ("hunter2", DATA_KEYS[3:], "a" * 64))


def test_a_process_with_wrong_settings_ends_with_code_two(
    environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    environment.delenv("D115_KAFKA")
    environment.delenv("PROBE_PORT")
    with pytest.raises(SystemExit) as end:
        load(ProbeSettings)

    assert end.value.code == 2
    assert capsys.readouterr().err == (
        "The settings in the environment are not valid:\n"
        "  D115_KAFKA is not set\n"
        "  PROBE_PORT is not set\n"
    )
