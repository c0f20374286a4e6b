"""Passes: what a signed-in page shows instead of an API key, checked by every service by itself.

A pass is a signed token (RFC 7519, HS256) in the cookie `d115_pass`. It lives five minutes and is
made anew from the session, which the dispatcher keeps: whoever signs out, or is shut out, is gone
everywhere when the last pass has expired. A browser sends a cookie along whoever asks it to, so a
request that changes something must also carry `X-D115-Page`, which no other site's page can add,
and come from the page's own origin.
"""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from http.cookies import CookieError, SimpleCookie
from urllib.parse import urlsplit
from uuid import UUID

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, OctKey

from services.runtime.auth import Device, Principal, Role
from services.runtime.clock import Clock
from services.runtime.problems import Problem

PASS_COOKIE = "d115_pass"  # noqa: S105  # a name
PASS_FOR = timedelta(minutes=5)
PAGE_HEADER = b"x-d115-page"
KEY_BYTES = 32

_ALGORITHM = "HS256"
_ISSUER = "d115"
_READING = frozenset({"GET", "HEAD", "OPTIONS"})
_SESSION_PATH = "/v1/session"
_PERSONAL = "/personal"

Headers = Mapping[bytes, bytes]


class SessionKeysError(ValueError):
    """The setting of keys is not well-formed; the message never holds a key."""


@dataclass(frozen=True, slots=True)
class SessionKeys:
    """What passes are signed with, by id; the last one signs, each of them is believed."""

    keys: tuple[tuple[str, bytes], ...]

    @classmethod
    def from_setting(cls, setting: str) -> "SessionKeys":
        """Read `id:base64,id:base64`, the newest key last.

        Raises:
            SessionKeysError: It has another form, a key has not 32 bytes, or an id comes twice.
        """
        entries = [entry.strip().partition(":") for entry in setting.split(",") if entry.strip()]
        keys = tuple((name, _secret(name, text)) for name, _, text in entries)
        if not keys or len({name for name, _ in keys}) < len(keys):
            raise SessionKeysError("must name at least one key, each under an id of its own")
        return cls(keys)


def _secret(name: str, text: str) -> bytes:
    try:
        secret = base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error) as error:
        raise SessionKeysError(f"the key {name!r} is not base64") from error
    if not name or len(secret) != KEY_BYTES:
        raise SessionKeysError(f"a key has an id and {KEY_BYTES} bytes, the key {name!r} has not")
    return secret


class Passes:
    """Issues passes and finds the caller behind one."""

    def __init__(self, keys: SessionKeys, clock: Clock) -> None:
        """Take the keys, and the clock by whose real time passes expire."""
        own = [OctKey.import_key(secret, {"kid": name}) for name, secret in keys.keys]
        self._newest, self._known, self._clock = own[-1], KeySet(list(own)), clock

    def issue(self, who: Principal, session: UUID) -> str:
        """Make a pass for five minutes."""
        now = self._clock.real()
        claims = {
            "iss": _ISSUER,
            "sid": str(session),
            "role": who.role.value,
            "org": who.organisation,
            "team": who.team,
            "person": who.person,
            "device": who.device and who.device.value,
            "iat": int(now.timestamp()),
            "exp": int((now + PASS_FOR).timestamp()),
        }
        header = {"alg": _ALGORITHM, "kid": self._newest.kid}
        return jwt.encode(header, claims, self._newest, algorithms=[_ALGORITHM])

    def find(self, method: str, path: str, headers: Headers) -> Principal | None:
        """Return whose page asks; None where no pass came.

        Args:
            method: Of the request.
            path: Of the request.
            headers: By lower-case names.

        Raises:
            Problem: 401 where the pass is not to be believed or has expired, 403 where another
                site's page may have sent the request, or a device may not do this.
        """
        token = cookie(headers, PASS_COOKIE)
        if token is None:
            return None
        if method not in _READING:
            check_own_page(headers)
        who = self._read(token)
        _check_device(who, method, path)
        return who

    def _read(self, token: str) -> Principal:
        try:
            claims = jwt.decode(token, self._known, algorithms=[_ALGORITHM]).claims
            if claims["iss"] != _ISSUER or claims["exp"] <= self._clock.real().timestamp():
                raise lapsed()
            device = claims["device"]
            return Principal(
                key_id=f"session:{UUID(claims['sid'])}",
                role=Role(claims["role"]),
                organisation=claims["org"],
                team=claims["team"],
                person=claims["person"],
                device=None if device is None else Device(device),
            )
        except (JoseError, ValueError, KeyError, TypeError) as error:
            raise lapsed() from error


def lapsed() -> Problem:
    """Say that whoever asks has to sign in, again."""
    return Problem(401, "session-lapsed", "You are not signed in any more; sign in again.")


def cookie(headers: Headers, name: str) -> str | None:
    """Return a cookie of a request, None if it was not sent."""
    try:
        found = SimpleCookie(headers.get(b"cookie", b"").decode("latin-1")).get(name)
    except CookieError:
        return None
    return None if found is None else found.value


def check_own_page(headers: Headers) -> None:
    """Refuse what a page of another site may have sent with our cookies.

    Raises:
        Problem: 403.
    """
    site = headers.get(b"sec-fetch-site")
    origin = headers.get(b"origin")
    same = site == b"same-origin" if site is not None else _is_own(origin, headers.get(b"host"))
    if headers.get(PAGE_HEADER) != b"1" or not same:
        raise Problem(403, "cross-site", "Only a page of this service may do this.")


def _is_own(origin: bytes | None, host: bytes | None) -> bool:
    """A caller that is no browser sends no origin; it also has no cookies it did not fetch."""
    return origin is None or urlsplit(origin.decode("latin-1")).netloc.encode("latin-1") == host


def _check_device(who: Principal, method: str, path: str) -> None:
    """A wall shows: it changes nothing and names nobody."""
    if who.device is not Device.WALL or path.startswith(_SESSION_PATH):
        return
    if method not in _READING or path.endswith(_PERSONAL):
        raise Problem(403, "device-only-shows", "A wall display shows; it can do nothing else.")
