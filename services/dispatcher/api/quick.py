"""The short way of an act: FastAPI works out anew for each request what a good one says plainly.

Whatever is not plainly good, from a missing header to a body that does not fit, goes the whole way
and gets the answer that stands in the API's description.
"""

import re
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from fastapi import Request, Response
from fastapi.routing import APIRoute
from fastapi.security import HTTPAuthorizationCredentials
from pydantic import BaseModel, ValidationError
from starlette.types import Message
from typing_extensions import override

from services.runtime.auth import Principal
from services.runtime.problems import Problem
from services.runtime.strict_json import StrictRoute, parse

Caller = Callable[..., Awaitable[Principal]]

_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_KEY = re.compile(r"[\x21-\x7e]{1,200}")
_VERSION = re.compile(r'"?[1-9][0-9]{0,8}"?')
_BEARER = re.compile(r"Bearer (\S+)")
_WANTED = frozenset({b"authorization", b"content-type", b"idempotency-key", b"if-match"})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    """What a plainly good request says."""

    incident: UUID
    secret: str
    key: str
    version: str | None
    body: BaseModel


def quick_route(model: type[BaseModel], caller: Caller) -> type[APIRoute]:
    """Give the class of a verb's route.

    Args:
        model: The form of its body.
        caller: The dependency that gives the caller.
    """

    class QuickRoute(StrictRoute):
        @override
        def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
            whole = super().get_route_handler()
            act = self.endpoint

            async def handle(request: Request) -> Response:
                content = await request.body()
                said = _read(request, content, model)
                if said is None:
                    return await whole(Request(request.scope, _giving(content)))
                shown = HTTPAuthorizationCredentials(scheme="Bearer", credentials=said.secret)
                answer: Response = await act(
                    incident=said.incident,
                    caller=await caller(request, shown),
                    idempotency_key=said.key,
                    body=said.body,
                    if_match=said.version,
                )
                return answer

            return handle

    return QuickRoute


def _read(request: Request, content: bytes, model: type[BaseModel]) -> _Said | None:
    """Read a request; None if it is not plainly good."""
    headers = dict[bytes, str]()
    for name, value in request.scope["headers"]:
        if name in _WANTED:
            if name in headers:
                return None
            headers[name] = value.decode("latin-1")
    incident = request.scope["path_params"].get("incident", "")
    secret = _BEARER.fullmatch(headers.get(b"authorization", ""))
    key, version = headers.get(b"idempotency-key", ""), headers.get(b"if-match")
    if (
        headers.get(b"content-type") != "application/json"
        or secret is None
        or not _ID.fullmatch(incident)
        or not _KEY.fullmatch(key)
        or not (version is None or _VERSION.fullmatch(version))
    ):
        return None
    body = _fit(content, model)
    if body is None:
        return None
    return _Said(
        incident=UUID(incident),
        secret=secret[1],
        key=key,
        version=version,
        body=body,
    )


def _fit(content: bytes, model: type[BaseModel]) -> BaseModel | None:
    try:
        found = parse(content)
        return model.model_validate(found) if isinstance(found, dict) else None
    except (Problem, ValidationError, ValueError, RecursionError):
        return None


def _giving(content: bytes) -> Callable[[], Awaitable[Message]]:
    """Give a receiver of a body that was read already."""

    async def receive() -> Message:
        return {"type": "http.request", "body": content, "more_body": False}

    return receive
