"""The W3C trace context of the work in hand, carried by hand through HTTP and Kafka.

https://www.w3.org/TR/trace-context/: `00-<trace id>-<span id>-<flags>`. A context variable holds
it, so every task started from the work in hand inherits it.
"""

import re
from contextvars import ContextVar
from dataclasses import dataclass
from uuid import UUID

from typing_extensions import override

from services.runtime.ids import random_bytes

HEADER = "traceparent"

_FORM = re.compile(r"(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """One span of one trace; `str()` gives the header's value."""

    trace_id: str
    span_id: str
    sampled: bool = True

    @override
    def __str__(self) -> str:
        return f"00-{self.trace_id}-{self.span_id}-{int(self.sampled):02x}"


_current: ContextVar[Trace | None] = ContextVar("trace", default=None)


def current() -> Trace | None:
    """Return the span of the work in hand, if any."""
    return _current.get()


def start(header: str | None) -> Trace:
    """Begin work that a header came with, and make its span current.

    A missing or malformed header begins a new trace, as the recommendation asks.
    """
    found = parse(header)
    trace_id = found.trace_id if found else random_bytes(16).hex()
    return _enter(trace_id, sampled=found.sampled if found else True)


def beside(header: str | None) -> Trace:
    """Return a new span below a header's, without making it current; without one a new trace."""
    found = parse(header)
    trace_id = found.trace_id if found else random_bytes(16).hex()
    sampled = found.sampled if found else True
    return Trace(trace_id=trace_id, span_id=random_bytes(8).hex(), sampled=sampled)


def child() -> Trace:
    """Begin a span below the current one, or a new trace, and make it current."""
    above = _current.get()
    return start(str(above) if above else None)


def named(id_: UUID, above: str | None = None) -> Trace:
    """Return the span of something with an id of its own; the same each time it is told.

    What no request and no record caused, such as a deadline that passed, is one.

    Args:
        id_: Its id.
        above: The header of the trace it belongs to; without one it begins a trace of its own.
    """
    found = parse(above)
    if found is None:
        return Trace(trace_id=id_.hex, span_id=id_.hex[16:])
    return Trace(trace_id=found.trace_id, span_id=id_.hex[16:], sampled=found.sampled)


def header() -> str:
    """Return the current span as a header's value, beginning a trace if there is none."""
    return str(_current.get() or start(None))


def parse(header: str | None) -> Trace | None:
    """Read a header; None if it is missing or malformed."""
    found = _FORM.fullmatch(header.strip()) if header else None
    if found is None or set(found[1]) == {"0"} or set(found[2]) == {"0"}:
        return None
    return Trace(trace_id=found[1], span_id=found[2], sampled=bool(int(found[3], 16) & 1))


def id_of(header: str | None) -> str | None:
    """Return the trace's id in a header, to be written to the log; None without one."""
    found = parse(header)
    return None if found is None else found.trace_id


def _enter(trace_id: str, *, sampled: bool) -> Trace:
    span = Trace(trace_id=trace_id, span_id=random_bytes(8).hex(), sampled=sampled)
    _current.set(span)
    return span
