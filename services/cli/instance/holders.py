"""A key for everybody in a directory who acts: made here, and only their hashes leave."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.runtime.auth import Role, hash_key, new_key

_NOT_IN_ID = re.compile(r"[^a-z0-9]+")
_LONGEST_ID = 56  # leaves room for a number behind it


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Whose key it is; `team` for a team's own.

    Attributes:
        organisation: The station, the center, or the park.
    """

    role: Role
    organisation: str
    team: str | None = None

    @property
    def name(self) -> str:
        """Names the holder within a directory: `station:qinghe-station`, `team:heling-duty-1`."""
        return f"{self.role}:{self.team or self.organisation}"


class Keyring:
    """The keys of an instance by holder; to be kept as secrets."""

    def __init__(self, keys: Mapping[str, str]) -> None:
        """Take keys by the holders' names."""
        self.keys = dict(keys)

    def of(self, role: Role, code: str) -> str:
        """Return the key of a station, a center's operator, a team, or the park's people.

        Raises:
            KeyError: There is no such holder.
        """
        return self.keys[f"{role}:{code}"]

    def named(self, role: Role) -> dict[str, str]:
        """Return the keys of a role, by the holders' codes."""
        found = (name.partition(":") for name in self.keys)
        return {code: self.keys[f"{kind}:{code}"] for kind, _, code in found if kind == role}


def holders_of(document: Mapping[str, Any]) -> list[Holder]:
    """Name everybody in a directory who needs a key.

    Args:
        document: A directory as read from YAML or JSON.
    """
    return list(_holders(document))


def equip(
    document: Mapping[str, Any], *, kept: Mapping[str, str]
) -> tuple[dict[str, Any], Keyring]:
    """Give everybody in a directory a key.

    Args:
        document: A directory as read from YAML or JSON; keys it holds stay.
        kept: Keys made before, by the holders' names: they are used again.

    Returns:
        The directory with the keys' hashes, and the keys.
    """
    entries = list(document.get("keys", ()))
    taken = {entry["id"] for entry in entries}
    keys: dict[str, str] = {}
    for holder in _holders(document):
        key = kept.get(holder.name) or new_key(_free_id(holder, taken))[0]
        keys[holder.name] = key
        entries.append(_entry(holder, key))
        taken.add(entries[-1]["id"])
    return {**document, "keys": entries}, Keyring(keys)


def _holders(document: Mapping[str, Any]) -> Iterator[Holder]:
    park = document["park"]["code"]
    for role in (Role.SUPERVISOR, Role.AUDITOR):
        yield Holder(role=role, organisation=park)
    for station in _list(document, "stations"):
        yield Holder(role=Role.STATION, organisation=station["code"])
    for center in _list(document, "centers"):
        yield Holder(role=Role.OPERATOR, organisation=center["code"])
        yield Holder(role=Role.CHIEF, organisation=center["code"])
    for team in _list(document, "teams"):
        yield Holder(role=Role.TEAM, organisation=team["organisation"], team=team["code"])


def _list(document: Mapping[str, Any], name: str) -> Sequence[Mapping[str, Any]]:
    entries: Sequence[Mapping[str, Any]] = document.get(name) or ()
    return entries


def _free_id(holder: Holder, taken: set[str]) -> str:
    """Return a key id that says whose it is; codes that read alike get a number behind."""
    base = _NOT_IN_ID.sub("-", holder.name.lower()).strip("-")[:_LONGEST_ID]
    number = 1
    while (found := base if number == 1 else f"{base}-{number}") in taken:
        number += 1
    return found


def _entry(holder: Holder, key: str) -> dict[str, str]:
    entry = {
        "id": key.split("_", 2)[1],
        "role": holder.role.value,
        "organisation": holder.organisation,
        "sha256": hash_key(key),
    }
    return entry if holder.team is None else entry | {"team": holder.team}
