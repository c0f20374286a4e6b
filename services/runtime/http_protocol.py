"""uvicorn's HTTP protocol with bounds on what comes before an app can bound anything: a head.

uvicorn itself closes a connection only where nothing at all comes between two requests, and its
parser keeps whatever header comes, of any length. So a caller that never ends its headers, or sends
a byte now and then behind an answer, would hold a connection, and memory, for ever.
"""

import asyncio
from typing import Any, cast

import structlog
from prometheus_client import Counter
from typing_extensions import override
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from services.runtime.gathering import GatheringTransport
from services.runtime.problems import Problem

HEAD_SECONDS = 10.0
HEAD_BYTES = 64 * 1024

_CUT = Counter(
    "d115_http_connections_cut_total", "Connections closed for what came of a head.", ["reason"]
)

_log = structlog.get_logger(__name__)


class HttpProtocol(HttpToolsProtocol):
    """One connection. While no request of it is being answered, something always bounds its wait.

    Attributes:
        head_seconds: How long a head may take from its first byte, the first head of a connection
            from its opening, and the rest of a body from the answer that did not wait for it.
        head_bytes: How long a head, a chunk's frame or a trailer may be.
    """

    head_seconds = HEAD_SECONDS
    head_bytes = HEAD_BYTES

    def __init__(self, *given: Any, **named: Any) -> None:  # noqa: ANN401  # uvicorn's own
        super().__init__(*given, **named)
        self._unread = 0  # bytes since the parser last told of something
        self._in_head = self._in_body = False
        self._patience: asyncio.TimerHandle | None = None

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        whole = GatheringTransport(cast("asyncio.Transport", transport), self.loop)
        super().connection_made(whole)
        self._bound_wait()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._calm()
        super().connection_lost(exc)

    @override
    def data_received(self, data: bytes) -> None:
        self._unread += len(data)
        super().data_received(data)
        if self._unread > self.head_bytes:
            self._cut(_too_long(self.head_bytes))
        elif not self._is_answering:
            self._bound_wait()

    @override
    def on_message_begin(self) -> None:
        self._in_head = True
        super().on_message_begin()

    @override
    def on_headers_complete(self) -> None:
        self._unread, self._in_head, self._in_body = 0, False, True
        self._calm()
        super().on_headers_complete()

    @override
    def on_body(self, body: bytes) -> None:
        self._unread = 0
        super().on_body(body)

    @override
    def on_message_complete(self) -> None:
        self._unread, self._in_body = 0, False
        self._calm()
        super().on_message_complete()

    @override
    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._bound_wait()

    @property
    def _is_answering(self) -> bool:
        """Whether an app is at work; it bounds bodies and itself."""
        return self.cycle is not None and not self.cycle.response_complete

    def _bound_wait(self) -> None:
        """See to it that a connection nobody works for does not stay for ever."""
        if self._is_answering or self.transport.is_closing():
            return
        if self._in_head or self._in_body or self.cycle is None:
            if self._patience is None:
                self._patience = self.loop.call_later(self.head_seconds, self._run_out)
        elif self.timeout_keep_alive_task is None:
            self.timeout_keep_alive_task = self.loop.call_later(
                self.timeout_keep_alive, self.timeout_keep_alive_handler
            )

    def _calm(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _run_out(self) -> None:
        self._patience = None
        if self._is_answering or self.transport.is_closing():
            return
        if self._in_head:
            self._cut(_too_slow(self.head_seconds))
        else:  # nothing was asked, or it was answered: there is nothing to say
            self.transport.close()

    def _cut(self, problem: Problem) -> None:
        """Close, saying why unless another answer is under way."""
        if self.transport.is_closing():
            return
        _CUT.labels(problem.kind).inc()
        _log.info("connection_cut", reason=problem.kind)
        if not self._is_answering:
            self.transport.write(_raw(problem))
        self.transport.close()


def _too_slow(seconds: float) -> Problem:
    return Problem(408, "request-timeout", f"The request's head took over {seconds:g} s.")


def _too_long(most: int) -> Problem:
    return Problem(431, "head-too-large", f"The request's head is over {most} bytes long.")


def _raw(problem: Problem) -> bytes:
    answer = problem.response()
    headers = [*answer.raw_headers, (b"connection", b"close")]
    lines = [name + b": " + value + b"\r\n" for name, value in headers]
    return b"".join([STATUS_LINE[problem.status], *lines, b"\r\n", bytes(answer.body)])
