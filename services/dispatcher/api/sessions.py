"""Signing in on a page: `/v1/session`."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

import structlog
from fastapi import APIRouter, Body, Request, Response
from prometheus_client import Counter
from pydantic import BaseModel, ConfigDict, Field

from incident.directory import Lookup
from services.dispatcher.api import account_answers as answers
from services.dispatcher.handlers import sessions as handlers
from services.dispatcher.handlers.sessions import (
    DEVICE_LONGEST,
    LONGEST,
    Hasher,
    Opened,
    Session,
    SessionOverError,
    Sessions,
    TooManyTriesError,
    WrongError,
)
from services.dispatcher.ports import Atlas
from services.runtime import codec
from services.runtime.clock import Clock
from services.runtime.passes import PASS_COOKIE, PASS_FOR, Passes, check_own_page, cookie, lapsed
from services.runtime.problems import Problem
from services.runtime.strict_json import StrictRoute

SESSION_COOKIE = "d115_session"
PATH = "/v1/session"
MOST_PASSWORD = 256
LEAST_PASSWORD = 8
_UNKEPT = {"Cache-Control": "no-store"}

_SIGN_INS = Counter("d115_sign_ins_total", "Attempts to sign in on a page.", ["outcome"])
_log = structlog.get_logger(__name__)


class SignIn(BaseModel):
    """Who signs in."""

    model_config = ConfigDict(extra="forbid")
    name: str = Field(min_length=1, max_length=63)
    password: str = Field(min_length=1, max_length=MOST_PASSWORD, repr=False)


class Token(BaseModel):
    """A device's token."""

    model_config = ConfigDict(extra="forbid")
    token: str = Field(min_length=1, max_length=100, repr=False)


class Passwords(BaseModel):
    """One's own password, and the one that is to take its place."""

    model_config = ConfigDict(extra="forbid")
    old: str = Field(min_length=1, max_length=MOST_PASSWORD, repr=False)
    new: str = Field(min_length=LEAST_PASSWORD, max_length=MOST_PASSWORD, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """What signing in needs.

    Attributes:
        passes: None where no keys were given: nobody can sign in then.
        demo: The accounts are those of a demo, with passwords everybody may know.
    """

    sessions: Sessions
    hasher: Hasher
    passes: Passes | None
    atlas: Atlas
    clock: Clock
    demo: bool = False


def router(door: Door) -> APIRouter:
    """Give the routes."""
    routes = APIRouter(tags=["session"], route_class=StrictRoute)
    _entering(routes, door)
    _staying(routes, door)
    _leaving(routes, door)
    return routes


def _entering(routes: APIRouter, door: Door) -> None:
    @routes.get(PATH + "/ways", responses=answers.WAYS)
    async def ways() -> Response:
        """Say how one can sign in here."""
        return _json({"password": door.passes is not None, "oidc": None, "demo": door.demo})

    @routes.post(PATH, status_code=201, responses=answers.SIGNED_IN)
    async def sign_in(request: Request, body: Annotated[SignIn, Body()]) -> Response:
        """Sign in with a name and a password; the session's cookies come with the answer."""
        _from_own_page(request)
        with _refusing():
            opened = await handlers.sign_in(
                body.name,
                body.password,
                sessions=door.sessions,
                hasher=door.hasher,
                address=_address(request),
                now=door.clock.real(),
            )
        return _opened(door, request, opened)

    @routes.post(PATH + "/device", status_code=201, responses=answers.SIGNED_IN)
    async def device(request: Request, body: Annotated[Token, Body()]) -> Response:
        """Sign in a wall display or a kiosk by its token."""
        _from_own_page(request)
        with _refusing():
            opened = await handlers.sign_in_device(
                body.token,
                sessions=door.sessions,
                address=_address(request),
                now=door.clock.real(),
            )
        return _opened(door, request, opened)


def _staying(routes: APIRouter, door: Door) -> None:
    @routes.get(PATH, responses=answers.SESSION)
    async def read(request: Request) -> Response:
        """Say who is signed in; a new pass comes with the answer."""
        return await _go_on(door, request)

    @routes.post(PATH + "/renew", responses=answers.SESSION)
    async def renew(request: Request) -> Response:
        """Stay signed in: a page asks every two minutes."""
        _from_own_page(request)
        return await _go_on(door, request)

    @routes.post(PATH + "/password", status_code=204, responses=answers.PASSWORD)
    async def password(request: Request, body: Annotated[Passwords, Body()]) -> Response:
        """Change one's own password; every other session of the account ends."""
        _from_own_page(request)
        with _refusing():
            await handlers.change_password(
                _secret(request),
                old=body.old,
                new=body.new,
                sessions=door.sessions,
                hasher=door.hasher,
                now=door.clock.real(),
            )
        return Response(status_code=204, headers=_UNKEPT)


def _leaving(routes: APIRouter, door: Door) -> None:
    @routes.delete(PATH, status_code=204, responses=answers.SIGNED_OUT)
    async def sign_out(request: Request) -> Response:
        """Sign out; a pass that is in use elsewhere ends within five minutes."""
        _from_own_page(request)
        secret = cookie(_headers(request), SESSION_COOKIE)
        if secret is not None:
            await handlers.end(secret, sessions=door.sessions)
        answer = Response(status_code=204, headers=_UNKEPT)
        answer.delete_cookie(SESSION_COOKIE, path=PATH)
        answer.delete_cookie(PASS_COOKIE, path="/")
        return answer


def _secret(request: Request) -> str:
    """The session's secret; raises 401 where the browser sent none."""
    secret = cookie(_headers(request), SESSION_COOKIE)
    if secret is None:
        raise lapsed()
    return secret


@contextmanager
def _refusing() -> Iterator[None]:
    """Turn what signing in refuses into problems, counted and logged without a name."""
    try:
        yield
    except TooManyTriesError as error:
        _refused("too-many-attempts")
        detail = "Too many attempts failed. Wait, or ask whoever keeps the accounts."
        raise Problem(429, "too-many-attempts", detail, retry_after=error.seconds) from error
    except WrongError as error:
        _refused("wrong-sign-in")
        raise Problem(401, "wrong-sign-in", "Name or password is not right.") from error
    except SessionOverError as error:
        raise lapsed() from error


def _refused(outcome: str) -> None:
    _SIGN_INS.labels(outcome).inc()
    _log.warning("sign_in_refused", reason=outcome)


def _opened(door: Door, request: Request, opened: Opened) -> Response:
    session = opened.session
    answer = _told(door, request, session, status=201)
    longest = LONGEST if session.device is None else DEVICE_LONGEST
    _set(answer, request, SESSION_COOKIE, opened.secret, path=PATH, seconds=longest)
    _SIGN_INS.labels("signed-in").inc()
    known = session.account
    _log.info(
        "signed_in", session=str(session.id), role=known.role, organisation=known.organisation
    )
    return answer


async def _go_on(door: Door, request: Request) -> Response:
    with _refusing():
        session = await handlers.use(
            _secret(request), sessions=door.sessions, now=door.clock.real()
        )
    return _told(door, request, session, status=200)


def _told(door: Door, request: Request, session: Session, *, status: int) -> Response:
    if door.passes is None:
        detail = "No page can be signed in on: D115_SESSION_KEYS is not set."
        raise Problem(503, "sign-in-off", detail)
    answer = _json(_described(door, session), status=status)
    token = door.passes.issue(session.principal, session.id)
    _set(answer, request, PASS_COOKIE, token, path="/", seconds=PASS_FOR)
    return answer


def _described(door: Door, session: Session) -> dict[str, object]:
    known = session.account
    factor = door.clock.setting.factor
    return {
        "user": {
            "name": known.name,
            "display": known.display,
            "role": known.role,
            "organisation": known.organisation,
            "organisation_name": _name_of(known.organisation, door.atlas.lookup),
            "team": known.team,
            "person": session.principal.person,
            "language": known.language,
            "device": session.device,
        },
        "expires_at": session.ends_at,
        "clock": {"now": door.clock.now(), "factor": factor},
    }


def _name_of(code: str, lookup: Lookup) -> str:
    directory = lookup.directory
    if code == directory.park.code:
        return directory.park.name_zh
    names = {str(each.code): each.name for each in directory.centers}
    names |= {str(each.code): each.name for each in directory.stations}
    return names.get(code, code)


def _from_own_page(request: Request) -> None:
    check_own_page(_headers(request))


def _headers(request: Request) -> Mapping[bytes, bytes]:
    return dict(request.scope["headers"])


def _address(request: Request) -> str:
    return request.client.host if request.client is not None else "unknown"


def _set(
    answer: Response, request: Request, name: str, value: str, *, path: str, seconds: timedelta
) -> None:
    """Set a cookie, for TLS alone where TLS is spoken."""
    secure = request.headers.get("x-forwarded-proto", request.url.scheme) == "https"
    answer.set_cookie(
        name,
        value,
        max_age=int(seconds.total_seconds()),
        path=path,
        secure=secure,
        httponly=True,
        samesite="strict",
    )


def _json(value: object, *, status: int = 200) -> Response:
    return Response(
        codec.encode(value),
        status,
        media_type="application/json",
        headers=_UNKEPT,
    )
