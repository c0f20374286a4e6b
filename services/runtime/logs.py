"""The log: one JSON object a line on stdout, redacted, throttled, and never in anybody's way.

Lines of other libraries pass through the same steps. A thread of its own writes them: a full pipe
must not stall the event loop, and with it the heartbeats to Kafka. When the writer cannot follow,
lines are dropped and counted.
"""

import logging
import queue
import re
import sys
import threading
import traceback
from collections.abc import Callable, MutableMapping, Sequence
from typing import Any, TextIO

import msgspec
import structlog
from prometheus_client import Counter
from typing_extensions import override

from services.runtime.clock import Clock, SystemClock
from services.runtime.redaction import redact, redact_text

QUEUED_LINES = 10_000
BREATH_SECONDS = 0.01
REPEATS = 10
REPEAT_SECONDS = 10.0
STACK_FRAMES = 12

_DROPPED = Counter("d115_log_lines_dropped_total", "Lines the writer had no room for.")
_REPEATED = Counter("d115_log_lines_repeated_total", "Lines left out as repetitions.", ["logger"])

# asyncpg repeats the value it could not encode; the argument's number says enough.
_ARGUMENT = re.compile(r"(invalid input for query argument \$\d+).*", re.DOTALL)

Event = MutableMapping[str, Any]


def configure(*, level: str = "INFO", stream: TextIO | None = None) -> "Writer":
    """Send the log of this process, its libraries' included, to a stream.

    Args:
        level: The least level that is written.
        stream: Where to; stdout if not given.

    Returns:
        The writer, to be closed last.
    """
    writer = Writer(stream or sys.stdout)
    steps = Steps(SystemClock(), writer.put)
    structlog.configure(
        processors=[structlog.contextvars.merge_contextvars, steps.own],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        logger_factory=_Named,
        cache_logger_on_first_use=True,
    )
    root = logging.getLogger()
    root.handlers[:] = [_Bridge(steps)]
    root.setLevel(level)
    logging.captureWarnings(capture=True)
    return writer


def describe(error: BaseException) -> str:
    """Return an error as one redacted line: its type and what it says, without the values."""
    said = _ARGUMENT.sub(r"\1", str(error)).partition("\n")[0]
    return f"{type(error).__name__}: {redact_text(said)}".removesuffix(": ")


class Writer:
    """Writes lines from a thread of its own; `put` never waits.

    The thread takes what comes within a breath together: to wake it takes the loop's turn away.
    """

    def __init__(self, stream: TextIO, room: int = QUEUED_LINES) -> None:
        self._stream = stream
        self._room = room
        self._lines = queue.SimpleQueue[str | None]()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._write, name="log-writer", daemon=True)
        self._thread.start()

    def put(self, line: str) -> None:
        """Take a line, or drop and count it."""
        if self._lines.qsize() < self._room:
            self._lines.put(line)
        else:
            _DROPPED.inc()

    def close(self, seconds: float = 1.0) -> None:
        """Write what is queued, giving up after some seconds."""
        self._lines.put(None)
        self._closing.set()
        self._thread.join(seconds)

    def _write(self) -> None:
        line = self._lines.get()
        while line is not None:
            self._closing.wait(BREATH_SECONDS)
            lines = [line]
            while not self._lines.empty() and (line := self._lines.get()) is not None:
                lines.append(line)
            self._write_out(lines)
            if line is not None:
                line = self._lines.get()

    def _write_out(self, lines: Sequence[str]) -> None:
        try:
            self._stream.write("\n".join(lines) + "\n")
            self._stream.flush()
        except (OSError, ValueError):
            # The reader has gone, or the stream is closed: there is nobody left to tell.
            _DROPPED.inc(len(lines))


class Steps:
    """What each line goes through: throttled, stamped, redacted, its error told, written."""

    def __init__(self, clock: Clock, put: Callable[[str], None]) -> None:
        self._clock = clock
        self._put = put
        self._throttle = Throttle(clock)

    def own(self, logger: "_Named", method: str, event: Event) -> str:
        """Take a line of ours, as structlog's last processor; repeated warnings are throttled."""
        if method not in {"debug", "info"} and not self._throttle.admits(
            logger.name, str(event["event"]), event
        ):
            raise structlog.DropEvent
        self._finish(logger.name, method, event)
        raise structlog.DropEvent

    def foreign(self, record: logging.LogRecord) -> None:
        """Take a line of another library; any repeated line is throttled."""
        event: Event = {"event": record.getMessage()}
        if record.exc_info:
            event["exc_info"] = record.exc_info
        if self._throttle.admits(record.name, str(record.msg), event):
            event = structlog.contextvars.merge_contextvars(None, "", event)
            self._finish(record.name, record.levelname.lower(), event)

    def _finish(self, logger: str, level: str, event: Event) -> None:
        _tell_error(event, asked=event.pop("exc_info", None))
        line = {
            "time": self._clock.real(),
            "level": "error" if level == "exception" else level,
            "logger": logger,
            "event": redact_text(str(event.pop("event", ""))),
            **{name: redact(name, value) for name, value in event.items()},
        }
        self._put(_render(line))


class Throttle:
    """Lets the same line of the same logger through a few times in each stretch of time."""

    def __init__(self, clock: Clock, *, repeats: int = REPEATS) -> None:
        self._clock = clock
        self._repeats = repeats
        self._began = clock.monotonic()
        self._seen: dict[tuple[str, str], int] = {}

    def admits(self, logger: str, what: str, event: Event) -> bool:
        """Say whether a line may pass; the first after some were left out tells how many."""
        now = self._clock.monotonic()
        if now - self._began >= REPEAT_SECONDS:
            # Only what overran is remembered, so that what is kept stays small.
            self._seen = {
                key: -over for key, n in self._seen.items() if (over := n - self._repeats) > 0
            }
            self._began = now
        count = self._seen.get((logger, what), 0)
        if count < 0:
            event["repeats_left_out"] = -count
            count = 0
        self._seen[logger, what] = count + 1
        if count >= self._repeats:
            _REPEATED.labels(logger).inc()
        return count < self._repeats


class _Named:
    """The logger beneath structlog's: it only carries the name, the steps write."""

    def __init__(self, name: str = "", *_: object) -> None:
        self.name = name


class _Bridge(logging.Handler):
    """Hands the standard library's records to the steps."""

    def __init__(self, steps: Steps) -> None:
        super().__init__()
        self._steps = steps

    @override
    def emit(self, record: logging.LogRecord) -> None:
        try:
            self._steps.foreign(record)
        except Exception:  # noqa: BLE001  # a line that cannot be logged must not fail its caller
            self.handleError(record)


def _tell_error(event: Event, asked: object) -> None:
    """Put an error in as its line and its innermost frames; never with the values it saw."""
    if isinstance(asked, tuple):
        asked = asked[1]
    error = asked if isinstance(asked, BaseException) else sys.exc_info()[1] if asked else None
    if error is None:
        return
    event["error"] = describe(error)
    if error.__cause__ is not None:
        event["cause"] = describe(error.__cause__)
    frames = traceback.extract_tb(error.__traceback__)[-STACK_FRAMES:]
    event["stack"] = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]


def _render(line: dict[str, Any]) -> str:
    try:
        return msgspec.json.encode(line, enc_hook=str).decode()
    except (TypeError, ValueError, msgspec.MsgspecError):
        return msgspec.json.encode({key: ascii(value) for key, value in line.items()}).decode()
