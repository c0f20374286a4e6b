"""Figures for Prometheus that belong to no part in particular, and how they are told.

Each module declares its own figures beside the code that moves them, in the library's default
registry, named `d115_…`, labelled from bounded sets only: never by an incident or a station.
"""

from collections import deque

from prometheus_client import REGISTRY, Gauge, exposition
from prometheus_client.openmetrics import exposition as openmetrics

from services.runtime.clock import Clock

LAG_STEP = 0.25
LAG_STEPS = 40

_LOOP_LAG = Gauge(
    "d115_loop_lag_seconds",
    "The longest the event loop kept a task waiting, over the last ten seconds.",
)
_MEASURED = Gauge(
    "d115_measured_seconds",
    "Real seconds since the gauges of a part were last read from where they come from.",
    ["part"],
)


def grow(gauge: Gauge, seconds: float | None, *, clock: Clock) -> None:
    """Set an age that goes on growing until it is set again: it is reckoned when it is asked for.

    Whoever measures may hang or be cut off from what it measures; a mere number would stand still.

    Args:
        gauge: With its labels; it is never `set` otherwise.
        seconds: Real seconds by now; None where nothing waits, which is 0 and stays so.
        clock: Measures on.
    """
    if seconds is None:
        gauge.set_function(float)
        return
    began = clock.monotonic() - max(0.0, seconds)
    gauge.set_function(lambda: clock.monotonic() - began)


def measured(part: str, *, clock: Clock) -> None:
    """Say that the gauges of a part were read just now."""
    grow(_MEASURED.labels(part), 0.0, clock=clock)


def render(accept: str) -> tuple[bytes, str]:
    """Return all figures and their media type, in the newest form the scraper accepts."""
    if "application/openmetrics-text" in accept:
        newest: bytes = openmetrics.generate_latest(REGISTRY)  # type: ignore[no-untyped-call]  # the library's
        return newest, openmetrics.CONTENT_TYPE_LATEST
    return exposition.generate_latest(REGISTRY), exposition.CONTENT_TYPE_LATEST


async def watch_loop(clock: Clock) -> None:
    """Measure, until cancelled, how late the event loop wakes a task.

    Heartbeats to Kafka are tasks of the same loop: a lag of seconds costs partitions.
    """
    lags = deque[float](maxlen=LAG_STEPS)
    while True:
        asleep = clock.monotonic()
        await clock.sleep(LAG_STEP)
        lags.append(max(0.0, clock.monotonic() - asleep - LAG_STEP))
        _LOOP_LAG.set(max(lags))
