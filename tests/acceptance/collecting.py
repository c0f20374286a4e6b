"""An OpenTelemetry collector on the loopback, for tests of what is traced."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from typing_extensions import override


@dataclass
class Collector:
    """An OpenTelemetry collector that keeps what it is sent."""

    requests: list[ExportTraceServiceRequest] = field(default_factory=list)
    url: str = ""

    def spans_of(self, trace: str) -> dict[str, set[str]]:
        """The names of the spans of a trace, by service."""
        found: dict[str, set[str]] = {}
        for request in self.requests:
            for of_service in request.resource_spans:
                (service,) = (
                    one.value.string_value
                    for one in of_service.resource.attributes
                    if one.key == "service.name"
                )
                for scope in of_service.scope_spans:
                    for span in scope.spans:
                        if span.trace_id.hex() == trace:
                            found.setdefault(service, set()).add(span.name)
        return found


@contextmanager
def collecting() -> Iterator[Collector]:
    """Receive OTLP over HTTP on the loopback."""
    collector = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # the name is the library's
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") is None and self.path == "/v1/traces":
                collector.requests.append(ExportTraceServiceRequest.FromString(body))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        @override
        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    collector.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield collector
    finally:
        server.shutdown()
        server.server_close()
