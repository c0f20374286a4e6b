"""Calls an ASGI app without a server: one request, one whole answer."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

from starlette.types import ASGIApp, Message, Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:  # noqa: ANN401  # JSON is any of six types
        """Return the body read as JSON."""
        return json.loads(self.body)


class AsgiClient:
    """Asks one app, with the same headers each time."""

    def __init__(self, app: ASGIApp, headers: Mapping[str, str] | None = None) -> None:
        self._app = app
        self._headers = dict(headers or {})

    async def get(self, url: str, headers: Mapping[str, str] | None = None) -> Answer:
        """Ask with GET."""
        return await self.ask("GET", url, headers=headers)

    async def post(
        self, url: str, payload: object, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Ask with POST and a JSON body."""
        body = json.dumps(payload).encode()
        as_json = {"content-type": "application/json"}
        return await self.ask("POST", url, body=body, headers=as_json | dict(headers or {}))

    async def ask(
        self,
        method: str,
        url: str,
        *,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Ask once and wait for the whole answer; not for streams without end."""
        sent = list[Message]()
        waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive() -> Message:
            if not waiting:
                await asyncio.Event().wait()
            return waiting.pop()

        async def send(message: Message) -> None:
            sent.append(message)

        scope = _scope(method, url, self._headers | dict(headers or {}))
        await self._app(scope, receive, send)
        found = {key.decode().lower(): value.decode("latin-1") for key, value in sent[0]["headers"]}
        whole = b"".join(message.get("body", b"") for message in sent[1:])
        return Answer(status=sent[0]["status"], headers=found, body=whole)


def _scope(method: str, url: str, headers: Mapping[str, str]) -> Scope:
    parts = urlsplit(url)
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": unquote(parts.path),
        "raw_path": parts.path.encode(),
        "query_string": parts.query.encode(),
        "headers": [(key.lower().encode(), value.encode()) for key, value in headers.items()],
        "server": ("test", 80),
        "client": ("127.0.0.1", 1),
    }
