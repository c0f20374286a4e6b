"""Signing in, staying signed in, and out again."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from services.dispatcher.handlers.accounts import Account
from services.runtime.auth import Device, Principal
from services.runtime.ids import new_id, new_secret

IDLE_FOR = timedelta(minutes=30)
"""A session nobody uses ends; an open page uses it every two minutes."""

LONGEST = timedelta(hours=14)
"""A shift of twelve hours and its hand-over; then the page asks for the password once more."""

DEVICE_LONGEST = timedelta(days=400)
"""What a browser keeps a cookie for at most; a device is shut out by revoking it."""

WITHIN = timedelta(minutes=15)
TRIES_OF_NAME, TRIES_OF_ADDRESS = 10, 100


class WrongError(Exception):
    """Name or password is wrong, or the account is shut; which of them is not told."""


class TooManyTriesError(Exception):
    """Too many attempts failed lately.

    Attributes:
        seconds: After which another is taken.
    """

    def __init__(self, seconds: float) -> None:
        super().__init__("too many attempts")
        self.seconds = seconds


class SessionOverError(Exception):
    """There is no such session any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """Somebody, or a device, signed in.

    Attributes:
        ends_at: When the password is asked for again, however much it is used.
    """

    id: UUID
    account: Account
    opened_at: datetime
    ends_at: datetime
    device: Device | None = None

    @property
    def principal(self) -> Principal:
        """Who acts on its pages. The id stays over a new session: a retry is known again."""
        known = self.account
        where = "" if self.device is None else f"/{self.device.value}"
        return Principal(
            key_id=f"session:{known.name}{where}",
            role=known.role,
            organisation=known.organisation,
            team=known.team,
            person=None if self.device is not None else known.person or known.name,
            device=self.device,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A session with its secret, which is kept by the browser alone."""

    session: Session
    secret: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What is kept of a session that begins."""

    id: UUID
    digest: str
    account: str
    opened_at: datetime
    ends_at: datetime
    device: UUID | None = None


class Sessions(Protocol):
    """Where sessions are kept."""

    async def try_(
        self, keys: dict[str, int], *, now: datetime, within: timedelta
    ) -> datetime | None:
        """Count an attempt under each key.

        Args:
            keys: With how many attempts each may have.
            now: Real time.
            within: How long an attempt counts.

        Returns:
            None, or when the oldest attempt of a key that has too many was: nothing is counted.
        """
        ...

    async def succeed(self, keys: list[str]) -> None:
        """Forget the attempts under keys."""
        ...

    async def find_account(self, name: str) -> tuple[Account, str] | None:
        """Give an account with the hash of its password."""
        ...

    async def find_device(self, digest: str) -> tuple[UUID, Device, Account] | None:
        """Give a device that was not revoked, with its account."""
        ...

    async def open(self, opening: Opening) -> None:
        """Keep a session, and forget those that are over."""
        ...

    async def use(self, digest: str, *, now: datetime, idle: timedelta) -> Session | None:
        """Give a session that is not over, and note that it is used."""
        ...

    async def end(self, digest: str) -> None:
        """Forget a session."""
        ...

    async def set_password(self, name: str, hash_: str, *, but: str, by: str, at: datetime) -> None:
        """Keep a new password, and end the account's sessions but the one with a digest."""
        ...


class Hasher(Protocol):
    """Hashes passwords, slowly on purpose."""

    async def hash(self, password: str) -> str:
        """Give what is kept of a password."""
        ...

    async def verify(self, hash_: str | None, password: str) -> bool:
        """Say whether it is the password; without a hash it takes as long, and it is not."""
        ...


async def sign_in(
    name: str, password: str, *, sessions: Sessions, hasher: Hasher, address: str, now: datetime
) -> Opened:
    """Sign somebody in.

    Args:
        name: The account's, as typed.
        password: As typed.
        sessions: Where sessions are kept.
        hasher: Knows passwords.
        address: Where the attempt comes from.
        now: Real time.

    Raises:
        TooManyTriesError: Too many failed for this name, or from this address.
        WrongError: It is not right.
    """
    name = name.strip().lower()
    of_name, of_address = _digest(f"name {name}"), _digest(f"address {address}")
    keys = {of_name: TRIES_OF_NAME, of_address: TRIES_OF_ADDRESS}
    oldest = await sessions.try_(keys, now=now, within=WITHIN)
    if oldest is not None:
        raise TooManyTriesError((oldest + WITHIN - now).total_seconds())
    found = await sessions.find_account(name)
    right = await hasher.verify(None if found is None else found[1], password)
    if found is None or not right or found[0].disabled:
        raise WrongError
    await sessions.succeed([of_name])
    return await _open(found[0], sessions=sessions, now=now)


async def sign_in_device(token: str, *, sessions: Sessions, address: str, now: datetime) -> Opened:
    """Sign a wall display or a kiosk in by its token; raises as `sign_in`."""
    keys = {_digest(f"address {address}"): TRIES_OF_ADDRESS}
    oldest = await sessions.try_(keys, now=now, within=WITHIN)
    if oldest is not None:
        raise TooManyTriesError((oldest + WITHIN - now).total_seconds())
    found = await sessions.find_device(_digest(token))
    if found is None or found[2].disabled:
        raise WrongError
    id_, kind, account = found
    return await _open(account, sessions=sessions, now=now, device=(id_, kind))


async def use(secret: str, *, sessions: Sessions, now: datetime) -> Session:
    """Go on with a session.

    Raises:
        SessionOverError: It is over: too old, unused for too long, or its account is shut.
    """
    found = await sessions.use(_digest(secret), now=now, idle=IDLE_FOR)
    if found is None or found.account.disabled:
        raise SessionOverError
    return found


async def end(secret: str, *, sessions: Sessions) -> None:
    """Sign out; a session that is over already stays so."""
    await sessions.end(_digest(secret))


async def change_password(  # each is a fact of the change, by name
    secret: str, *, old: str, new: str, sessions: Sessions, hasher: Hasher, now: datetime
) -> None:
    """Change one's own password; every other session of the account ends.

    Raises:
        SessionOverError: Nobody is signed in.
        TooManyTriesError: Too many attempts had a wrong old password.
        WrongError: The old password is not right.
    """
    session = await use(secret, sessions=sessions, now=now)
    name = session.account.name
    of_name = _digest(f"name {name}")
    oldest = await sessions.try_({of_name: TRIES_OF_NAME}, now=now, within=WITHIN)
    if oldest is not None:
        raise TooManyTriesError((oldest + WITHIN - now).total_seconds())
    found = await sessions.find_account(name)
    if found is None or session.device is not None or not await hasher.verify(found[1], old):
        raise WrongError
    await sessions.succeed([of_name])
    hash_ = await hasher.hash(new)
    await sessions.set_password(name, hash_, but=_digest(secret), by=f"session:{name}", at=now)


async def _open(
    account: Account,
    *,
    sessions: Sessions,
    now: datetime,
    device: tuple[UUID, Device] | None = None,
) -> Opened:
    secret, id_ = new_secret(), new_id()
    ends_at = now + (LONGEST if device is None else DEVICE_LONGEST)
    await sessions.open(
        Opening(
            id=id_,
            digest=_digest(secret),
            account=account.name,
            opened_at=now,
            ends_at=ends_at,
            device=None if device is None else device[0],
        )
    )
    kind = None if device is None else device[1]
    session = Session(id=id_, account=account, opened_at=now, ends_at=ends_at, device=kind)
    return Opened(session=session, secret=secret)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
