"""Who may sign in on a page, and who may say so."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol
from uuid import UUID

from incident.alert import TeamId
from incident.directory import Lookup
from services.runtime.auth import Device, Principal, Role
from services.runtime.ids import new_id, new_secret

CENTER_ROLES = frozenset({Role.OPERATOR, Role.CHIEF})

MAKES: dict[Role, frozenset[Role]] = {
    Role.ADMIN: frozenset(Role) - {Role.ADMIN},
    Role.SUPERVISOR: frozenset(Role) - {Role.ADMIN, Role.SUPERVISOR},
    Role.CHIEF: frozenset({Role.OPERATOR, Role.TEAM}),
}
"""Whose accounts each role keeps: the park's people those of the whole park, a chief those of the
center and its teams. Nobody makes an account as mighty as their own."""


class MayNotError(Exception):
    """The caller keeps no such accounts."""


class NameTakenError(Exception):
    """There is an account of this name."""


class NoAccountError(Exception):
    """There is no such account, or no such device of it, that the caller keeps."""


class FaultyAccountError(ValueError):
    """A field is faulty.

    Attributes:
        field: Which.
    """

    def __init__(self, field: str, what: str) -> None:
        super().__init__(what)
        self.field = field


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Somebody who may sign in.

    Attributes:
        name: What is typed; lower case.
        display: What others read.
        organisation: The station, the center, or the park.
        team: The team whose phone it is.
        person: Their code in the directory or a roster.
        language: Of the screens, `zh-CN` or `en`; None for the browser's.
    """

    name: str
    display: str
    role: Role
    organisation: str
    team: str | None = None
    person: str | None = None
    language: str | None = None
    disabled: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceEntry:
    """A device that signs in by a token."""

    id: UUID
    kind: Device
    label: str
    made_at: datetime
    revoked_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """Who changed it, and when."""

    by: str
    at: datetime


class Accounts(Protocol):
    """Where accounts are kept."""

    async def find(self, name: str) -> Account | None:
        """Give an account."""
        ...

    async def list_(self, *, organisation: str | None, after: str, limit: int) -> Sequence[Account]:
        """Give accounts by name, of one organisation or of all."""
        ...

    async def add(self, account: Account, hash_: str, stamp: Stamp) -> bool:
        """Keep an account; False where the name is taken."""
        ...

    async def change(self, account: Account, hash_: str | None, stamp: Stamp) -> None:
        """Keep a change; sessions end where the password changed or the account is disabled."""
        ...

    async def add_device(self, account: str, entry: DeviceEntry, digest: str, stamp: Stamp) -> None:
        """Keep a device."""
        ...

    async def devices(self, account: str) -> Sequence[DeviceEntry]:
        """Give an account's devices."""
        ...

    async def revoke_device(self, account: str, id_: UUID, *, at: datetime) -> bool:
        """End a device and its sessions; False where there is none."""
        ...


def check_keeper(caller: Principal, account: Account) -> None:
    """Let a caller keep an account.

    Raises:
        MayNotError: It is not theirs to keep.
    """
    if caller.device is not None or account.role not in MAKES.get(caller.role, frozenset()):
        raise MayNotError
    if caller.role is Role.CHIEF and account.organisation != caller.organisation:
        raise MayNotError


def check_whole(account: Account, lookup: Lookup) -> None:
    """Check an account against the directory.

    Raises:
        FaultyAccountError: Its organisation or team is not there, or does not go with the role.
    """
    directory = lookup.directory
    known: set[str]
    if account.role is Role.STATION:
        known = {station.code for station in directory.stations}
    elif account.role in CENTER_ROLES:
        known = set(lookup.centers)
    elif account.role is Role.TEAM:
        team = lookup.team(TeamId(account.team or ""))
        if team is None:
            raise FaultyAccountError("team", "is no team of the directory")
        known = {team.organisation}
    else:
        known = {directory.park.code}
    if account.organisation not in known:
        raise FaultyAccountError("organisation", f"is none that a {account.role.value} belongs to")
    if account.team is not None and account.role is not Role.TEAM:
        raise FaultyAccountError("team", "is for accounts of the role team only")


def changed(
    account: Account,
    *,
    display: str | None = None,
    person: str | None = None,
    language: str | None = None,
    disabled: bool | None = None,
) -> Account:
    """Give the account with what was said; None leaves a field as it is."""
    return replace(
        account,
        display=display or account.display,
        person=person or account.person,
        language=language or account.language,
        disabled=account.disabled if disabled is None else disabled,
    )


def new_device(kind: Device, label: str, *, now: datetime) -> tuple[DeviceEntry, str, str]:
    """Make a device.

    Returns:
        The device, its token (shown once), and the token's digest (kept).
    """
    token = f"d115dev_{new_secret()}"
    entry = DeviceEntry(id=new_id(), kind=kind, label=label, made_at=now)
    return entry, token, hashlib.sha256(token.encode()).hexdigest()
