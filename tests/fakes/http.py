"""Calls an ASGI app as a server would, without a socket: whole answers, and streams part by part.

What the app raises comes out of the call, so that a test sees it.
"""

import asyncio
import json as text_json
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

from starlette.types import ASGIApp, Message, Scope

PATIENCE = 10.0
"""Real seconds after which a wait is given up: a test that hangs is to fail."""

_NOTHING = object()


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A whole answer.

    Attributes:
        headers: By lower-case name; several of one name are joined by commas.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:  # noqa: ANN401  # JSON is any of six types
        """The body read as JSON."""
        return text_json.loads(self.body)


class Stream:
    """An answer that is still coming."""

    def __init__(self) -> None:
        self.status = 0
        self.headers: Mapping[str, str] = {}
        self._sent = asyncio.Queue[Message | BaseException | None]()

    async def part(self) -> bytes:
        """Wait for the next part of the body that holds anything; empty at the end."""
        while True:
            message = await self.next()
            body = bytes(message.get("body", b"")) if message else b""
            if body or message is None or not message.get("more_body", False):
                return body

    async def text_until(self, mark: str) -> str:
        """Wait for the text up to a mark, such as the empty line after an event."""
        text = ""
        while mark not in text:
            part = await self.part()
            assert part, f"the answer ended after {text!r}"
            text += part.decode()
        return text

    async def next(self) -> Message | None:
        """Wait for what the app sends next; None once it has ended."""
        async with asyncio.timeout(PATIENCE):
            sent = await self._sent.get()
        if isinstance(sent, BaseException):
            raise sent
        return sent

    def put(self, sent: Message | BaseException | None) -> None:
        """Take what the app sends, raises, or None for its end."""
        self._sent.put_nowait(sent)


class Client:
    """Calls one app.

    Each method takes the path with its query, percent-encoded, and by name: `json` (any value) or
    `body` (bytes, or parts of them), and `headers`.
    """

    def __init__(self, app: ASGIApp, *, headers: Mapping[str, str] | None = None) -> None:
        """Take an app, and headers to send with every request."""
        self._app = app
        self._headers = dict(headers or {})

    async def get(self, target: str, **request: Any) -> Answer:  # noqa: ANN401  # passed on
        """Call with GET."""
        return await self.call("GET", target, **request)

    async def post(self, target: str, **request: Any) -> Answer:  # noqa: ANN401  # passed on
        """Call with POST."""
        return await self.call("POST", target, **request)

    async def put(self, target: str, **request: Any) -> Answer:  # noqa: ANN401  # passed on
        """Call with PUT."""
        return await self.call("PUT", target, **request)

    async def delete(self, target: str, **request: Any) -> Answer:  # noqa: ANN401  # passed on
        """Call with DELETE."""
        return await self.call("DELETE", target, **request)

    async def call(self, method: str, target: str, **request: Any) -> Answer:  # noqa: ANN401  # passed on
        """Make a request and wait for the whole answer."""
        parts = list[bytes]()
        async with self.stream(method, target, **request) as stream:
            while part := await stream.part():
                parts.append(part)
        return Answer(status=stream.status, headers=stream.headers, body=b"".join(parts))

    @asynccontextmanager
    async def stream(
        self,
        method: str,
        target: str,
        *,
        json: object = _NOTHING,
        body: bytes | Sequence[bytes] = b"",
        headers: Mapping[str, str] | None = None,
    ) -> AsyncIterator[Stream]:
        """Make a request and give its answer as it comes; leaving hangs up."""
        given = self._headers | dict(headers or {})
        parts = [body] if isinstance(body, bytes) else list(body)
        if json is not _NOTHING:
            parts = [text_json.dumps(json).encode()]
            given = {"content-type": "application/json"} | given
        stream, gone = Stream(), asyncio.Event()
        running = asyncio.ensure_future(
            self._run(_scope(method, target, given), parts, gone, stream)
        )
        try:
            start = await stream.next()
            assert start is not None, "the app ended without an answer"
            stream.status, stream.headers = start["status"], _joined(start.get("headers", ()))
            yield stream
        finally:
            gone.set()
            await _end(running)

    async def _run(
        self, scope: Scope, parts: list[bytes], gone: asyncio.Event, stream: Stream
    ) -> None:
        left = iter([*((part, True) for part in parts[:-1]), (parts[-1] if parts else b"", False)])

        async def receive() -> Message:
            for part, more in left:
                return {"type": "http.request", "body": part, "more_body": more}
            await gone.wait()
            return {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            stream.put(message)

        try:
            await self._app(scope, receive, send)
        except Exception as error:  # noqa: BLE001  # it comes out of the call
            stream.put(error)
        else:
            stream.put(None)


def _scope(method: str, target: str, headers: Mapping[str, str]) -> Scope:
    url = urlsplit(target)
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": unquote(url.path),
        "raw_path": url.path.encode(),
        "query_string": url.query.encode(),
        "root_path": "",
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 50000),
        "server": ("127.0.0.1", 80),
    }


def _joined(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    joined: dict[str, str] = {}
    for name, value in headers:
        key, text = name.decode().lower(), value.decode()
        joined[key] = f"{joined[key]}, {text}" if key in joined else text
    return joined


async def _end(running: "asyncio.Future[None]") -> None:
    """Let the app notice that the client hung up; cancel one that does not."""
    _, pending = await asyncio.wait({running}, timeout=PATIENCE)
    for task in pending:
        task.cancel()
        await asyncio.wait({task})
    assert not pending, "the app went on after the client had hung up"
