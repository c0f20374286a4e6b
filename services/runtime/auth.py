"""API keys: who calls, and as what.

A key reads `d115_<key id>_<secret>`; the secret is 256 random bits, shown once. Kept is the SHA-256
of the whole key: a random secret of that length needs no slow hash. Two keys of one holder may live
at once, so that one can be rotated without a gap.
"""

import hashlib
import hmac
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Protocol

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from incident.directory import Key, Role
from services.runtime.clock import Clock
from services.runtime.ids import new_secret
from services.runtime.problems import Problem

KEY_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")

__all__ = [
    "Authenticator", "Device", "Key", "Pages", "Principal", "Role", "bearer", "hash_key", "new_key",
    "require",
]  # fmt: skip

_KEY = re.compile(rf"d115_({KEY_ID.pattern})_([A-Za-z0-9_-]{{43}})")
_NO_HASH = "0" * 64


class Device(StrEnum):
    """What stands where nobody signs in: a wall display only shows, a kiosk is worked at."""

    WALL = "wall"
    KIOSK = "kiosk"


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Who calls, as the key says, or the pass of a page.

    Attributes:
        key_id: The key's id; `session:<id>` for a page.
        device: What the page is shown on, where a device signed in and not a person.
    """

    key_id: str
    role: Role
    organisation: str
    team: str | None = None
    person: str | None = None
    device: Device | None = None


class Pages(Protocol):
    """Finds who is signed in on the page that asks."""

    def find(self, method: str, path: str, headers: Mapping[bytes, bytes]) -> Principal | None:
        """Return the caller, None where the request carries no pass; see `Passes.find`."""
        ...


class Authenticator:
    """Finds the caller behind a key."""

    def __init__(self, find: Callable[[str], Key | None], clock: Clock) -> None:
        self._find = find
        self._clock = clock

    def identify(self, key: str | None) -> Principal:
        """Return whose key this is.

        Raises:
            Problem: 401. Only who holds the secret learns that a key has expired.
        """
        if not key:
            raise _unauthorized("no-key", "An API key is needed: Authorization: Bearer d115_….")
        form = _KEY.fullmatch(key)
        record = self._find(form[1]) if form else None
        # The comparison is made in any case, so that its time does not tell which ids exist.
        same = hmac.compare_digest(hash_key(key), record.sha256 if record else _NO_HASH)
        if record is None or not same:
            raise _unauthorized("unknown-key", "The API key is not known.")
        if not record.is_live(self._clock.real()):
            raise _unauthorized("expired-key", f"The API key {record.id} has expired.")
        return Principal(
            key_id=record.id,
            role=record.role,
            organisation=record.organisation,
            team=record.team,
            person=record.person,
        )


def bearer(
    authenticator: Authenticator, pages: Pages | None = None
) -> Callable[..., Awaitable[Principal]]:
    """Return the FastAPI dependency that gives the caller of a request, or answers 401.

    Args:
        authenticator: Knows the keys; a request with a key is whose the key is.
        pages: Knows who is signed in on a page; without it nobody can be.
    """
    scheme = HTTPBearer(auto_error=False, scheme_name="ApiKey", bearerFormat="d115_<id>_<secret>")

    async def principal(
        request: Request,
        credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(scheme)],
    ) -> Principal:
        if credentials is None and pages is not None:
            headers = dict(request.scope["headers"])
            visitor = pages.find(request.method, request.scope["path"], headers)
            if visitor is not None:
                return visitor
        return authenticator.identify(credentials.credentials if credentials else None)

    return principal


def require(principal: Principal, *roles: Role) -> None:
    """Refuse a caller that has none of the roles.

    Raises:
        Problem: 403, naming the roles that may.
    """
    if principal.role not in roles:
        allowed = [role.value for role in roles]
        detail = f"A key of role {principal.role} may not do this; {', '.join(allowed)} may."
        raise Problem(403, "forbidden", detail, allowed=allowed)


def new_key(key_id: str) -> tuple[str, str]:
    """Make a key.

    Returns:
        The key, to be shown once and not kept, and its hash, to be kept.

    Raises:
        ValueError: The id is not lower-case letters, digits and hyphens.
    """
    if not KEY_ID.fullmatch(key_id):
        raise ValueError(f"a key's id is lower-case letters, digits and hyphens, not {key_id!r}")
    key = f"d115_{key_id}_{new_secret()}"
    return key, hash_key(key)


def hash_key(key: str) -> str:
    """Return what is kept of a key: the SHA-256 of its whole text, as 64 hex digits."""
    return hashlib.sha256(key.encode()).hexdigest()


def _unauthorized(kind: str, detail: str) -> Problem:
    return Problem(401, kind, detail, headers={"WWW-Authenticate": "Bearer"})
