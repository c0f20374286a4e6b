"""Refusals and faults over HTTP: one precise problem document each (RFC 9457).

`type` is a stable relative reference (`/problems/not-yet-open`): programs may depend on it, and on
the extra members a type names. What was sent is never repeated back: it may be personal.
"""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from math import ceil

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.runtime import codec, trace
from services.runtime.logs import describe
from services.runtime.postgres import is_transient

MEDIA_TYPE = "application/problem+json"

_WORDING = {
    "missing": "is missing",
    "extra_forbidden": "is not a known field",
    "string_unicode": "is not valid Unicode",
    "model_attributes_type": "should be a JSON object",
    "model_type": "should be a JSON object",
    "dict_type": "should be a JSON object",
}

_log = structlog.get_logger(__name__)


class Problem(Exception):  # noqa: N818  # the standard's own name
    """An answer that is not the one hoped for; raised in an edge, rendered by `install`."""

    def __init__(  # noqa: PLR0913  # the members of the standard, by name
        self,
        status: int,
        kind: str,
        detail: str,
        *,
        title: str | None = None,
        field: str | None = None,
        retry_after: float | None = None,
        headers: Mapping[str, str] | None = None,
        **extras: object,
    ) -> None:
        """Describe a problem.

        Args:
            status: The HTTP status.
            kind: The last part of the type: lower-case words joined by hyphens.
            detail: What is wrong with this request, for a person, in a sentence.
            title: What is wrong with all requests of this kind; the kind's words if not given.
            field: The field at fault, as `place.lon`.
            retry_after: Seconds after which to try again, sent as `Retry-After` in whole ones.
            headers: Further headers.
            extras: Further members, such as `allowed` or `version`; None leaves one out.
        """
        super().__init__(f"{status} {kind}: {detail}")
        self.status = status
        self.kind = kind
        self.detail = detail
        self.field = field
        self.headers = dict(headers or {})
        if retry_after is not None:
            self.headers["Retry-After"] = str(max(1, ceil(retry_after)))
        self.members: dict[str, object] = {
            "type": f"/problems/{kind}",
            "title": title or kind.replace("-", " ").capitalize(),
            "status": status,
            "detail": detail,
            "field": field,
            **extras,
        }

    def response(self, instance: str | None = None) -> Response:
        """Return the HTTP answer, with the request's path and trace where they are known."""
        span = trace.current()
        members = self.members | {"instance": instance, "trace_id": span and span.trace_id}
        body = {name: value for name, value in members.items() if value is not None}
        return Response(codec.encode(body), self.status, self.headers, MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Make every refusal and every fault of an app a problem document."""
    app.add_exception_handler(Problem, _on_problem)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(HTTPException, _on_http)
    # Not a handler for Exception: Starlette answers through one and then raises the error again.
    app.add_middleware(FaultGuard)


def invalid(errors: Sequence[tuple[str, str]]) -> Problem:
    """Return the 422 for invalid fields, given as pairs of field and message; the first leads."""
    field, message = errors[0]
    return Problem(
        422,
        "invalid",
        f"{field} {message}",
        title="The request is not valid",
        field=field,
        errors=[{"field": name, "message": what} for name, what in errors],
    )


class FaultGuard:
    """Answers 503 for a fault that passes and 500 for any other, telling nothing of its insides."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection, as ASGI asks."""
        started = False

        async def noting(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, noting)
        except ClientDisconnect:
            _log.info("client_left", path=scope.get("path"))
        except Exception as error:
            if scope["type"] != "http" or started:
                raise
            await _problem_of(error, scope["path"]).response(scope["path"])(scope, receive, send)


async def _on_problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)  # noqa: S101  # registered for this type alone
    return error.response(request.url.path)


async def _on_invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101  # registered for this type alone
    return _of_validation(request, error).response(request.url.path)


async def _on_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101  # registered for this type alone
    return _of_http(error).response(request.url.path)


def _of_validation(request: Request, error: RequestValidationError) -> Problem:
    found = error.errors()
    first = found[0]
    if first["type"] == "json_invalid":
        where = first["loc"][-1]
        return Problem(400, "malformed-json", f"The body is not JSON, from character {where} on.")
    if tuple(first["loc"]) == ("body",) and first["type"] != "missing" and not _is_json(request):
        return Problem(415, "unsupported-media-type", "The body must be application/json.")
    return invalid([(_path(each["loc"]), _message(each)) for each in found])


def _of_http(error: HTTPException) -> Problem:
    cause = error.__cause__
    if isinstance(cause, Problem):  # FastAPI wraps what a body's reader raises
        return cause
    if isinstance(cause, UnicodeDecodeError):
        return Problem(400, "not-utf-8", f"The body is not UTF-8, from byte {cause.start} on.")
    if isinstance(cause, ValueError | RecursionError):
        return Problem(400, "malformed-json", "The body is JSON that cannot be read.")
    status = HTTPStatus(error.status_code)
    kind = status.phrase.lower().replace(" ", "-").replace("'", "")
    return Problem(error.status_code, kind, f"{error.detail}", headers=error.headers)


def _is_json(request: Request) -> bool:
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return media_type == "application/json" or media_type.endswith("+json")


def _path(location: Sequence[str | int]) -> str:
    """Return pydantic's location as a path: `("body", "teams", 0, "code")` as `teams[0].code`."""
    steps = location[1:] if len(location) > 1 else location
    path = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps)
    return path.removeprefix(".")


def _message(error: Mapping[str, str]) -> str:
    said = _WORDING.get(error["type"]) or error["msg"].removeprefix("Value error, ")
    for opening in ("Input should be ", "String should ", "List should ", "Value should "):
        if said.startswith(opening):
            return f"should {'be ' if opening.startswith('Input') else ''}{said[len(opening) :]}"
    return said


def _problem_of(error: Exception, path: str) -> Problem:
    if isinstance(error, Problem):
        return error
    if is_transient(error):
        _log.warning("request_unserved", path=path, fault=describe(error))
        detail = "A store does not answer at the moment; nothing is known to have been done."
        return Problem(503, "unavailable", detail, retry_after=1)
    _log.error("request_failed", path=path, exc_info=error)
    detail = "A fault of ours. It was noted, and the trace id finds it."
    return Problem(500, "internal", detail)
