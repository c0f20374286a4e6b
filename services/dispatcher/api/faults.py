"""Which problem document answers which refusal."""

from collections.abc import Awaitable, Callable

from fastapi import FastAPI, Request, Response

from incident.errors import (
    AlreadyDone,
    HandoverUnaccepted,
    NotAllowed,
    NotTheIncoming,
    Refusal,
    TeamEngaged,
)
from services.dispatcher.access import AccessRefusedError, Refused
from services.dispatcher.handlers.commands import (
    KeyReusedError,
    MovedError,
    NotYetOpenError,
    VersionMismatchError,
)
from services.dispatcher.ports import StoreAwayError
from services.runtime.directory import NoDirectoryError
from services.runtime.problems import Problem

NOT_YET_OPEN = "No incident of this id is open for you. If its alert was just sent, ask again."

Answer = Callable[[Request, Exception], Awaitable[Response]]


def install(app: FastAPI) -> None:
    """Answer every refusal of the dispatcher with its problem."""
    for kind, make in _PROBLEMS.items():
        app.add_exception_handler(kind, _answering(make))


def _answering(make: Callable[[Exception], Problem]) -> Answer:
    async def answer(request: Request, error: Exception) -> Response:
        return make(error).response(request.url.path)

    return answer


def hidden() -> Problem:
    """Answer for what is not there, or must look as if it were not."""
    return Problem(404, "not-yet-open", NOT_YET_OPEN, retry_after=1)


def _refused(error: Exception) -> Problem:
    assert isinstance(error, Refusal)  # noqa: S101  # registered for this type alone
    done = error if isinstance(error, AlreadyDone) else None
    engaged = error if isinstance(error, TeamEngaged) else None
    unaccepted = error if isinstance(error, HandoverUnaccepted) else None
    return Problem(
        _status_of(error),
        error.code,
        error.detail,
        allowed=list(error.allowed),
        by=done and done.by,
        at=done and done.at,
        team=engaged and engaged.team,
        incident=engaged and engaged.incident,
        incidents=unaccepted and list(unaccepted.incidents),
    )


def _status_of(error: Refusal) -> int:
    if isinstance(error, AlreadyDone | TeamEngaged | NotAllowed):
        return 409
    return 403 if isinstance(error, NotTheIncoming) else 422


def _no_access(error: Exception) -> Problem:
    assert isinstance(error, AccessRefusedError)  # noqa: S101  # registered for this type alone
    allowed = list(error.allowed)
    match error.reason:
        case Refused.HIDDEN:
            return hidden()
        case Refused.OTHER_TEAM:
            detail = "You may act only for your own team."
            return Problem(403, "other-team", detail, allowed=allowed)
        case Refused.FORBIDDEN:
            detail = "Your role may not do this to this incident."
            return Problem(403, "forbidden", detail, allowed=allowed)


def _other_version(error: Exception) -> Problem:
    assert isinstance(error, VersionMismatchError)  # noqa: S101  # registered for this type alone
    detail = f"The incident is at version {error.version} by now. Look at it again."
    return Problem(412, "version-mismatch", detail, version=error.version)


_PROBLEMS: dict[type[Exception], Callable[[Exception], Problem]] = {
    Refusal: _refused,
    AccessRefusedError: _no_access,
    NotYetOpenError: lambda _: hidden(),
    VersionMismatchError: _other_version,
    KeyReusedError: lambda _: Problem(
        422,
        "idempotency-key-reused",
        "This Idempotency-Key was used for another request.",
        field="Idempotency-Key",
    ),
    MovedError: lambda _: Problem(
        503, "busy", "Teams are being moved right now. Ask again.", retry_after=1
    ),
    StoreAwayError: lambda _: Problem(
        503,
        "store-away",
        "The database does not answer. Nothing is known to have changed; repeat the request "
        "with the same Idempotency-Key.",
        retry_after=2,
    ),
    NoDirectoryError: lambda _: Problem(
        503, "no-directory", "No directory has been applied yet.", retry_after=5
    ),
}
