"""Which running instance a command talks to, and as whom."""

from dataclasses import dataclass
from pathlib import Path

from services.cli.answers import Origins
from services.cli.errors import CommandError
from services.cli.instance import kept
from services.cli.instance.holders import Keyring
from services.cli.instance.instance import HOST
from services.cli.instance.opening import FOLDER
from services.cli.stack.home import Home
from services.cli.stack.ports import LOOPBACK
from services.runtime.auth import Role

UP = "up"
"""The name of the instance that `d115 up` brings up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """Where an instance is, and the key to call it with."""

    origins: Origins
    key: str


def reach(data: Path, *, url: str | None, key: str | None) -> Reached:
    """Say where to call and with what: what was given, else the instance of `d115 up`.

    Its admin's key goes to its own address only.

    Raises:
        CommandError: No key was given, and the address is not that of an instance whose keys are
            kept here.
    """
    if url is not None and key is not None:
        return Reached(origins=Origins.one(url), key=key)
    found = kept.load(Home(path=data / FOLDER / UP, lock=-1))
    port = None if found is None else found.ports.get(HOST)
    own = {f"http://{host}:{port}" for host in (LOOPBACK, "localhost")}
    if found is None or port is None or (url is not None and url.rstrip("/") not in own):
        where = "--key-file" if url else "--url and --key-file"
        raise CommandError(f"say {where}: no `d115 up` keeps keys for {url or 'it'} in {data}")
    address = url or f"http://{LOOPBACK}:{port}"
    return Reached(origins=Origins.one(address), key=key or found.admin_key)


def kept_keys(data: Path) -> dict[str, str]:
    """Return the keys that `d115 up` keeps, by their holders' names; none where there is none."""
    found = kept.load(Home(path=data / FOLDER / UP, lock=-1))
    return {} if found is None else dict(found.keys)


def reach_as(data: Path, *, url: str | None, holder: str) -> Reached:
    """Say where to call, with the key of somebody that `d115 up` keeps.

    Args:
        data: Where it keeps them.
        url: Its address, or None.
        holder: Such as `operator:heling-center`; a role alone is the first of that role.

    Raises:
        CommandError: It keeps no such key, or the address is not its own.
    """
    present = reach(data, url=url, key=None)
    keys = kept_keys(data)
    names = [name for name in keys if name == holder or name.partition(":")[0] == holder]
    if not names:
        roles = ", ".join(sorted({name.partition(":")[0] for name in keys}))
        raise CommandError(f"no key of {holder} is kept; roles with keys: {roles}", code=2)
    return Reached(origins=present.origins, key=keys[names[0]])


def kept_key(data: Path, role: Role) -> str | None:
    """Return a key of a role that `d115 up` keeps; None if it keeps none."""
    found = kept.load(Home(path=data / FOLDER / UP, lock=-1))
    keys = {} if found is None else Keyring(found.keys).named(role)
    return next(iter(keys.values()), None)


def read_key(file: Path) -> str:
    """Read a key from a file that holds nothing else.

    Raises:
        CommandError: It cannot be read; the code is 2.
    """
    try:
        return file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"cannot read a key from {file}: {error}", code=2) from error
