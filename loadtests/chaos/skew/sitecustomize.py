"""Gives one process a wall clock of its own: the machine's, and so many seconds beside it.

Python runs this at its start where the folder is on PYTHONPATH. `D115_CHAOS_CLOCK` names a file
that holds the seconds; it is read again at every look at the clock, so that the clock can jump
while the process runs. The monotonic clock is left alone, as by whoever sets a machine's clock.
Only the clock port reads time in the services, and aiokafka `time.time` for its records' stamps.
"""

import os
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from services.runtime.clock import SystemClock

_NAMED = os.environ.get("D115_CHAOS_CLOCK")
_true_now: Callable[[SystemClock], datetime] = SystemClock.now
_true_real: Callable[[SystemClock], datetime] = SystemClock.real
_true_time: Callable[[], float] = time.time  # noqa: TID251  # what is put in its place


def _offset() -> float:
    try:
        return float(Path(_NAMED or "").read_text() or 0)
    except (OSError, ValueError):
        return 0.0


def _now(clock: SystemClock) -> datetime:
    return _true_now(clock) + timedelta(seconds=_offset())


def _real(clock: SystemClock) -> datetime:
    return _true_real(clock) + timedelta(seconds=_offset())


def _time() -> float:
    return _true_time() + _offset()


if _NAMED:
    SystemClock.now = _now  # type: ignore[method-assign, assignment]  # that is the point
    SystemClock.real = _real  # type: ignore[method-assign, assignment]  # that is the point
    time.time = _time  # noqa: TID251  # that is the point
