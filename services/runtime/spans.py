"""Spans for OpenTelemetry, where a collector is named: `D115_OTLP_ENDPOINT`, off by default.

The ids are those of `services.runtime.trace`, which travel whether or not anybody collects spans;
here only begins and ends are told, over OTLP/HTTP, by a thread of the library's. While nothing is
collected, telling costs the reading of one variable. The library is the extra `otel`.
"""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from prometheus_client import Counter
from typing_extensions import override

from services.runtime import trace
from services.runtime.trace import Trace

if TYPE_CHECKING:
    from collections.abc import Sequence

    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

PATH = "/v1/traces"
EXPORT_SECONDS = 5.0
EVERY_MILLISECONDS = 1000
QUEUE = 8192
BATCH = 512
NOT_INSTALLED = 2

_SPANS = Counter(
    "d115_spans_total", "Spans sent to the collector, or not taken by it.", ["outcome"]
)


class Sort(StrEnum):
    """What a span is, by the names of OpenTelemetry."""

    SERVER = "SERVER"
    CONSUMER = "CONSUMER"
    INTERNAL = "INTERNAL"


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A piece of work that has ended.

    Attributes:
        name: What it was, from a bounded set: `POST /v1/alerts`.
        service: Whose: `intake`.
        span: Its ids.
        above: The header of the span it belongs to; None where it begins the trace.
        began: Real seconds since 1970.
        ended: The same.
        failed: It came to nothing.
        about: What else is to be known of it; nothing personal.
    """

    name: str
    service: str
    sort: Sort
    span: Trace
    above: str | None
    began: float
    ended: float
    failed: bool = False
    about: Mapping[str, str | int] | None = None


class Sink(Protocol):
    """Takes spans without waiting."""

    def tell(self, span: Span) -> None:
        """Take one; whoever is too far behind drops it."""
        ...

    def close(self) -> None:
        """Send what is left, within a bounded time."""
        ...


_sink: Sink | None = None


def collected() -> bool:
    """Whether anybody collects spans: if not, none need be made."""
    return _sink is not None


def tell(span: Span) -> None:
    """Tell of a piece of work, if anybody collects and its trace is wanted."""
    if _sink is not None and span.span.sampled:
        _sink.tell(span)


@contextmanager
def opened(endpoint: str | None) -> Iterator[None]:
    """Collect spans as long as the process runs.

    Args:
        endpoint: The collector's base address, such as `http://127.0.0.1:4318`; None for nobody.

    Raises:
        SystemExit: One is named and the library is not there; the code is 2.
    """
    global _sink  # noqa: PLW0603  # one collector a process, set once at its start
    if endpoint is None:
        yield
        return
    try:
        _sink = _Library(endpoint)
    except ImportError as error:
        sys.stderr.write(
            f"D115_OTLP_ENDPOINT is set, but {error.name} is not installed: add d115[otel]\n"
        )
        raise SystemExit(NOT_INSTALLED) from None
    try:
        yield
    finally:
        found, _sink = _sink, None
        found.close()


class _Library(Sink):
    """OpenTelemetry's own exporter and its queue."""

    def __init__(self, endpoint: str) -> None:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        exporter = OTLPSpanExporter(endpoint.rstrip("/") + PATH, timeout=EXPORT_SECONDS)
        self._queue = BatchSpanProcessor(
            _counting(exporter),
            max_queue_size=QUEUE,
            schedule_delay_millis=EVERY_MILLISECONDS,
            max_export_batch_size=BATCH,
        )
        self._make_resource = Resource
        self._resources = dict[str, Resource]()

    @override
    def tell(self, span: Span) -> None:
        """Queue it; a full queue drops the oldest."""
        from opentelemetry.sdk.trace import ReadableSpan
        from opentelemetry.trace import SpanContext, SpanKind, Status, StatusCode, TraceFlags

        def context(of: Trace, *, remote: bool) -> SpanContext:
            ids = (int(of.trace_id, 16), int(of.span_id, 16))
            return SpanContext(*ids, is_remote=remote, trace_flags=TraceFlags(int(of.sampled)))

        above = trace.parse(span.above)
        self._queue.on_end(
            ReadableSpan(
                span.name,
                context(span.span, remote=False),
                None if above is None else context(above, remote=True),
                self._resource(span.service),
                attributes=span.about,
                kind=SpanKind[span.sort],
                status=Status(StatusCode.ERROR if span.failed else StatusCode.UNSET),
                start_time=int(span.began * 1e9),
                end_time=int(span.ended * 1e9),
            )
        )

    @override
    def close(self) -> None:
        """Send what is left."""
        self._queue.shutdown()  # type: ignore[no-untyped-call]  # the library's

    def _resource(self, service: str) -> "Resource":
        found = self._resources.get(service)
        if found is None:
            found = self._make_resource({"service.name": service, "service.namespace": "d115"})
            self._resources[service] = found
        return found


def _counting(exporter: "SpanExporter") -> "SpanExporter":
    """Return an exporter that counts what became of what it was given."""
    export = exporter.export

    def counted(spans: "Sequence[ReadableSpan]") -> "SpanExportResult":
        result = export(spans)
        _SPANS.labels("sent" if result.name == "SUCCESS" else "lost").inc(len(spans))
        return result

    exporter.export = counted  # type: ignore[method-assign]  # counted, else as it was
    return exporter
