"""`d115 directory` and `d115 keys`: directory and keys of a park, over the public interface."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import yaml

from services.cli.answers import Json, RefusedError
from services.cli.client import Ask, Client, open_session
from services.cli.errors import USAGE, CommandError
from services.cli.park import read_document
from services.cli.reach import Reached
from services.runtime import codec

_PATIENCE_SECONDS = 10.0
_HOLDER = ("role", "organisation", "team", "person")

T = TypeVar("T")


def apply(reached: Reached, file: Path, *, dry_run: bool) -> list[str]:
    """Put a file's directory in force, or only learn what would change.

    Returns:
        Lines that say what changed, and the version in force.

    Raises:
        CommandError: The directory is faulty; every fault is named.
    """
    document = read_document(file)

    async def put(client: Client) -> Json:
        return await client.put_directory(document, dry_run=dry_run)

    told = _call(reached, put)
    lines = [change_line(change) for change in told["changes"]]
    verb = "would change" if dry_run else "changed"
    return [*lines, f"{len(lines)} {verb}; version {told['version']} is in force"]


def show(reached: Reached) -> str:
    """Return the directory in force as YAML, without the hashes of keys."""
    told = _call(reached, lambda client: client.get("/v1/directory"))
    text: str = yaml.safe_dump(told["directory"], allow_unicode=True, sort_keys=False)
    return f"# version {told['version']}\n{text}"


def make_key(reached: Reached, wanted: Mapping[str, str | None]) -> str:
    """Make a key of the directory; it is returned once and kept nowhere."""
    body = {name: value for name, value in wanted.items() if value is not None}
    ask = Ask(method="POST", path="/v1/directory/keys", body=body)
    return str(_call(reached, lambda client: client.ask(ask))["key"])


def list_keys(reached: Reached, *, as_json: bool) -> list[str]:
    """Return a line for each key of the directory in force."""
    return [codec.encode(key).decode() if as_json else _key_line(key) for key in _keys(reached)]


def rotate_key(reached: Reached, key_id: str) -> str:
    """Make a second key for the holder of one, so that nobody is locked out meanwhile.

    Raises:
        CommandError: There is no key of this id; the code is 2.
    """
    present = next((key for key in _keys(reached) if key["id"] == key_id), None)
    if present is None:
        raise CommandError(f"the directory has no key {key_id}", code=USAGE)
    return make_key(reached, {name: present.get(name) for name in _HOLDER})


def take_key(reached: Reached, key_id: str) -> None:
    """Take a key away: it opens nothing from now on."""
    _call(reached, lambda client: client.ask(Ask(method="DELETE", path=_key_path(key_id))))


def change_line(change: Mapping[str, Any]) -> str:
    """Say in a line what is not as before."""
    path = change["path"]
    match change["kind"]:
        case "added":
            return f"+ {path}: {_short(change['after'])}"
        case "removed":
            return f"- {path}: {_short(change['before'])}"
        case _:
            return f"~ {path}: {_short(change['before'])} -> {_short(change['after'])}"


def _keys(reached: Reached) -> list[Json]:
    told = _call(reached, lambda client: client.get("/v1/directory"))
    keys: list[Json] = told["directory"].get("keys", [])
    return keys


def _key_line(key: Json) -> str:
    whose = "/".join(str(key[name]) for name in ("organisation", "team", "person") if key.get(name))
    until = f"  until {key['expires_at']}" if key.get("expires_at") else ""
    return f"{key['id']}  {key['role']}  {whose}{until}"


def _key_path(key_id: str) -> str:
    return f"/v1/directory/keys/{key_id}"


def _short(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_short(part)}" for name, part in value.items())
    if isinstance(value, list):
        return f"{len(value)} entries"
    return str(value)


def _call(reached: Reached, call: Callable[[Client], Awaitable[T]]) -> T:
    async def run() -> T:
        async with open_session() as session:
            client = Client(session, reached.origins, key=reached.key, patience=_PATIENCE_SECONDS)
            return await call(client)

    try:
        return asyncio.run(run())
    except RefusedError as error:
        faults = error.members.get("errors")
        if not faults:
            raise
        lines = [f"{fault['field']} {fault['message']}" for fault in faults]
        raise CommandError("the directory is faulty:\n  " + "\n  ".join(lines)) from error
