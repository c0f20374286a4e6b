"""Where the command line speaks: data on stdout, progress on stderr, plain where nobody watches."""

import logging
import os
import re
import sys
import threading

import structlog
from rich.console import Console

from services.runtime.clock import SystemClock

_NUMBERS = re.compile(r"\d+(?:\.\d+)?")
_SAME_AGAIN_SECONDS = 2.0
_PLAIN_WIDTH = 160  # where no terminal says how wide it is


class Teller:
    """Tells what is being done, a line each, from any thread.

    Lines that differ from the one before in their numbers only, such as those of a download, are
    told every two seconds; on a terminal they take one another's place.
    """

    def __init__(self) -> None:
        self._clock = SystemClock()
        self._lock = threading.Lock()
        self._shape, self._told_at = "", 0.0
        self._overwrites = sys.stderr.isatty()
        self._open = False

    def __call__(self, line: str) -> None:
        """Tell a line."""
        with self._lock:
            shape, now = _NUMBERS.sub("0", line), self._clock.monotonic()
            again = shape == self._shape
            if again and not self._overwrites and now - self._told_at < _SAME_AGAIN_SECONDS:
                return
            if self._open and not again:
                sys.stderr.write("\n")
            start = "\r\x1b[K" if again and self._overwrites else ""
            end = "" if self._overwrites else "\n"
            sys.stderr.write(f"{start}{line}{end}")
            sys.stderr.flush()
            self._shape, self._told_at, self._open = shape, now, self._overwrites

    def close(self) -> None:
        """End the line that is open."""
        with self._lock:
            if self._open:
                sys.stderr.write("\n")
                sys.stderr.flush()
            self._open = False


def quiet_logs() -> None:
    """Let the libraries below say only what is wrong, on stderr."""
    logging.basicConfig(level=logging.ERROR, stream=sys.stderr)
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def data_console() -> Console:
    """Return where data goes; rich heeds `NO_COLOR` itself and knows whether it is a terminal."""
    watched = sys.stdout.isatty()
    width = None if watched or "COLUMNS" in os.environ else _PLAIN_WIDTH
    return Console(file=sys.stdout, highlight=False, soft_wrap=not watched, width=width)
