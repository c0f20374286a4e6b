"""A log line is JSON, tells what happened, and never who called or with which secret."""

import io
import json
import logging
import threading
from collections.abc import Iterator
from typing import Any

import asyncpg
import pytest
import structlog
from prometheus_client import REGISTRY
from typing_extensions import override

from services.runtime import logs
from services.runtime.auth import new_key
from services.runtime.logs import Steps, Throttle, Writer, describe
from services.runtime.redaction import redact, redact_text
from tests.fakes.clock import NOON, FakeClock

KEY = new_key("st1")[0]


class Lines:
    """Configures the log into memory and reads it back."""

    def __init__(self) -> None:
        self._stream = io.StringIO()
        self._writer = logs.configure(level="INFO", stream=self._stream)

    def read(self) -> list[dict[str, Any]]:
        self._writer.close()
        return [json.loads(line) for line in self._stream.getvalue().splitlines()]


@pytest.fixture
def lines() -> Iterator[Lines]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield Lines()
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(capture=False)
    structlog.reset_defaults()


def test_a_line_says_when_who_and_what_with_what_is_bound(lines: Lines) -> None:
    with structlog.contextvars.bound_contextvars(incident_id="i-1"):
        structlog.get_logger("services.x").info("incident_opened", version=3, at=NOON)

    (line,) = lines.read()
    assert line.pop("time").endswith("Z")
    assert line == {
        "level": "info",
        "logger": "services.x",
        "event": "incident_opened",
        "version": 3,
        "at": "2026-03-02T12:00:00Z",
        "incident_id": "i-1",
    }


def test_lines_below_the_level_are_left_out(lines: Lines) -> None:
    structlog.get_logger("x").debug("detail")
    logging.getLogger("y").debug("detail")

    assert lines.read() == []


def test_a_librarys_lines_look_the_same_and_carry_what_is_bound(lines: Lines) -> None:
    with structlog.contextvars.bound_contextvars(trace_id="t"):
        logging.getLogger("aiokafka.conn").warning("Node %s away: %s", 1, "13812345678")

    (line,) = lines.read()
    assert (line["level"], line["logger"]) == ("warning", "aiokafka.conn")
    assert (line["event"], line["trace_id"]) == ("Node 1 away: ***", "t")


def fail() -> None:
    raise ValueError("bad\nvalue 13812345678 on a second line") from KeyError("13812345678")


def test_an_error_is_told_with_its_place_and_without_its_values(lines: Lines) -> None:
    try:
        fail()
    except ValueError:
        structlog.get_logger("x").exception("request_failed")

    (line,) = lines.read()
    assert (line["level"], line["error"]) == ("error", "ValueError: bad")
    assert line["cause"] == "KeyError: '***'"
    assert line["stack"][-1].endswith(" fail")
    assert "13812345678" not in json.dumps(line)


def test_an_error_given_by_itself_is_told_too(lines: Lines) -> None:
    structlog.get_logger("x").error("task_ended", exc_info=ValueError("why"))
    logging.getLogger("y").error("lost", exc_info=ValueError("how"))

    assert [line["error"] for line in lines.read()] == ["ValueError: why", "ValueError: how"]


def test_what_json_cannot_hold_is_still_a_line(lines: Lines) -> None:
    structlog.get_logger("x").info("odd", thing=object, text_of="\ud800", lone="\ud800")

    (line,) = lines.read()
    assert "odd" in line["event"]


def test_the_values_of_a_failed_statement_are_not_repeated() -> None:
    error = asyncpg.DataError("invalid input for query argument $3: '张三' (expected int)")

    assert describe(error) == "DataError: invalid input for query argument $3"
    assert describe(TimeoutError()) == "TimeoutError"


@pytest.mark.parametrize(
    "name", ["caller", "caller_phone", "Authorization", "free_text", "api-token", "password"]
)
def test_a_field_with_a_telling_name_is_hidden_at_any_depth(name: str) -> None:
    assert redact(name, "x") == "***"
    assert redact("alert", {"who": [{name: "x"}]}) == {"who": [{name: "***"}]}


@pytest.mark.parametrize("name", ["context", "textile", "key", "callers_count"])
def test_a_field_that_only_sounds_like_it_is_kept(name: str) -> None:
    assert redact(name, "x") == "x"


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (f"Bearer {KEY} sent", "Bearer d115_st1_*** sent"),
        ("postgresql://u:pa55@h/db", "postgresql://u:***@h/db"),
        ("打13812345678找他", "打***找他"),
        ("+8613812345678", "***"),
        ("+86 138 1234 5678", "***"),
        ("138-1234-5678", "***"),
        ("1381234567", "1381234567"),
        ("138123456789", "138123456789"),
        ("12812345678", "12812345678"),
        ("0197f0a0-1381-7123-8138-138123456780", "0197f0a0-1381-7123-8138-138123456780"),
        ("a13812345678f", "a13812345678f"),
    ],
)
def test_keys_passwords_and_mobile_numbers_are_hidden_wherever_they_stand(
    given: str, kept: str
) -> None:
    assert redact_text(given) == kept


def test_endless_depth_is_cut_off() -> None:
    loop: list[object] = []
    loop.append(loop)

    assert "***" in str(redact("x", loop))


def test_a_repeated_warning_is_written_a_few_times_and_then_counted() -> None:
    clock = FakeClock()
    throttle = Throttle(clock, repeats=2)
    later: dict[str, Any] = {}

    assert [throttle.admits("a", "away", {}) for _ in range(5)] == [True, True, False, False, False]
    assert throttle.admits("b", "away", {})
    clock.advance(10)
    assert throttle.admits("a", "away", later)
    assert later == {"repeats_left_out": 3}
    assert [throttle.admits("a", "away", {}) for _ in range(2)] == [True, False]


def test_our_own_information_is_never_throttled_but_warnings_are() -> None:
    written: list[str] = []
    steps = Steps(FakeClock(), written.append)
    for method in ("info", "warning"):
        for _ in range(50):
            with pytest.raises(structlog.DropEvent):
                steps.own(logs._Named("x"), method, {"event": "incident_opened"})

    assert sum('"info"' in line for line in written) == 50
    assert sum('"warning"' in line for line in written) == logs.REPEATS


class Stuck(io.StringIO):
    """A pipe nobody reads."""

    def __init__(self) -> None:
        super().__init__()
        self.freed = threading.Event()

    @override
    def write(self, text: str) -> int:
        self.freed.wait(5)
        return super().write(text)


def test_a_full_pipe_stalls_nobody_and_what_is_dropped_is_counted() -> None:
    stream = Stuck()
    writer = Writer(stream, room=3)
    before = REGISTRY.get_sample_value("d115_log_lines_dropped_total") or 0
    for number in range(10):
        writer.put(f"line {number}")
    dropped = (REGISTRY.get_sample_value("d115_log_lines_dropped_total") or 0) - before
    stream.freed.set()
    writer.close()

    assert dropped in {6, 7}  # the writer may hold one line already
    assert len(stream.getvalue().splitlines()) == 10 - dropped


def test_a_closed_stream_does_not_end_the_writer() -> None:
    stream = io.StringIO()
    writer = Writer(stream)
    stream.close()
    writer.put("lost")
    writer.close()

    assert not writer._thread.is_alive()
