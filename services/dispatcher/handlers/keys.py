"""API keys: made (shown once), taken away, and found when somebody calls with one."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Protocol

from incident.alert import OrganisationId
from incident.directory import Directory, Fault, InvalidDirectoryError, Lookup, read_directory
from incident.directory.key_checks import MOST_LIVE_KEYS
from incident.messages import DirectoryPublished
from services.dispatcher.handlers.directory import (
    BOOTSTRAP,
    Known,
    NothingAppliedError,
    Registry,
    Shelf,
    check,
    keys_of,
    publish,
)
from services.runtime.auth import Key, Principal, Role, new_key
from services.runtime.ids import random_bytes


class KeyIdTakenError(Exception):
    """There is a key of this id."""


class TooManyKeysError(Exception):
    """The holder has as many live keys as a rotation needs.

    Attributes:
        ids: Those keys.
    """

    def __init__(self, ids: tuple[str, ...]) -> None:
        super().__init__(f"the holder has {len(ids)} live keys")
        self.ids = ids


class UnknownKeyError(Exception):
    """There is no key of this id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedKey:
    """A key to be made.

    Attributes:
        id: Its id; None for one of our choosing.
        expires_at: Real time; None for no end.
    """

    role: Role
    organisation: str
    id: str | None = None
    team: str | None = None
    person: str | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeKey:
    """A key, to be shown once.

    Attributes:
        version: The directory's version it stands in.
    """

    id: str
    key: str
    expires_at: datetime | None
    version: int


async def add_key(
    wanted: WantedKey, *, caller: Principal, registry: Registry, known: Known
) -> MadeKey:
    """Make a key and publish the directory it stands in.

    Raises:
        NothingAppliedError: There is nobody yet to have a key.
        KeyIdTakenError: There is a key of this id.
        TooManyKeysError: The holder has two live ones.
        InvalidDirectoryError: The key does not fit its organisation or team; paths are its fields.
    """
    key_id = wanted.id or f"{wanted.role}-{random_bytes(5).hex()}"
    key, sha256 = new_key(key_id)
    async with registry.write() as shelf:
        present = await _present(shelf)
        entries = keys_of(present)
        if key_id in entries:
            raise KeyIdTakenError(key_id)
        _check_expiry(wanted, known)
        entry = _entry(wanted, key_id, sha256)
        _check_holder(present, wanted, known)
        document = {**present.document, "keys": [*entries.values(), entry]}
        directory = _check(document, present.version + 1, position=len(entries), known=known)
        await publish(directory, shelf=shelf, by=caller.key_id, now=known.now)
    return MadeKey(id=key_id, key=key, expires_at=wanted.expires_at, version=directory.version)


async def remove_key(key_id: str, *, caller: Principal, registry: Registry, known: Known) -> int:
    """Take a key away and publish the directory without it.

    Returns:
        The directory's version since.

    Raises:
        NothingAppliedError: There is no directory yet.
        UnknownKeyError: There is no key of this id.
        InvalidDirectoryError: The directory does not stand by the rules of today.
    """
    async with registry.write() as shelf:
        present = await _present(shelf)
        entries = keys_of(present)
        if key_id not in entries:
            raise UnknownKeyError(key_id)
        left = [entry for id_, entry in entries.items() if id_ != key_id]
        document = {**present.document, "keys": left}
        directory = check(document, version=present.version + 1, known=known)
        await publish(directory, shelf=shelf, by=caller.key_id, now=known.now)
    return directory.version


class Copy(Protocol):
    """The directory this process works from."""

    @property
    def version(self) -> int:
        """0 before the first."""
        ...

    @property
    def lookup(self) -> Lookup:
        """The directory in use."""
        ...

    def find_key(self, key_id: str) -> Key | None:
        """Give what is kept of a key."""
        ...


def find_key(copy: Copy, admin_hash: str) -> Callable[[str], Key | None]:
    """Return what an `Authenticator` asks for a key: the directory's, or the one in the settings.

    The key in the settings is known by its digest alone. So an id the directory does not know is
    given with that digest, and the one comparison that the `Authenticator` makes in any case
    decides: whether it exists takes no other time. The id `bootstrap` is always that key's.
    """

    def find(key_id: str) -> Key | None:
        found = None if key_id == BOOTSTRAP else copy.find_key(key_id)
        if found is not None:
            return found
        park = copy.lookup.directory.park.code if copy.version else BOOTSTRAP
        organisation = OrganisationId(park)
        return Key(id=key_id, role=Role.ADMIN, organisation=organisation, sha256=admin_hash)

    return find


async def _present(shelf: Shelf) -> DirectoryPublished:
    present = await shelf.read()
    if present is None:
        raise NothingAppliedError
    return present


def _entry(wanted: WantedKey, key_id: str, sha256: str) -> dict[str, object]:
    expires_at = wanted.expires_at
    fields = {
        "id": key_id,
        "role": wanted.role.value,
        "organisation": wanted.organisation,
        "sha256": sha256,
        "team": wanted.team,
        "person": wanted.person,
        "expires_at": None if expires_at is None else expires_at.astimezone(UTC).isoformat(),
    }
    return {name: value for name, value in fields.items() if value is not None}


def _check_expiry(wanted: WantedKey, known: Known) -> None:
    if wanted.expires_at is not None and wanted.expires_at <= known.now:
        fault = Fault(path="expires_at", wrong="is not in the future", allowed="a later moment")
        raise InvalidDirectoryError([fault])


def _check_holder(present: DirectoryPublished, wanted: WantedKey, known: Known) -> None:
    directory = read_directory(present.document, version=present.version, now=known.now)
    holder = (wanted.role.value, wanted.organisation, wanted.team or "", wanted.person or "")
    live = tuple(
        key.id for key in directory.keys if key.holder == holder and key.is_live(known.now)
    )
    if len(live) >= MOST_LIVE_KEYS:
        raise TooManyKeysError(live)


def _check(
    document: Mapping[str, object], version: int, *, position: int, known: Known
) -> Directory:
    """Check the directory with a new key in it; a fault of the key is named by its field."""
    try:
        return check(document, version=version, known=known)
    except InvalidDirectoryError as error:
        own = f"keys[{position}]."
        faults = [replace(fault, path=fault.path.removeprefix(own)) for fault in error.faults]
        raise InvalidDirectoryError(faults) from error
