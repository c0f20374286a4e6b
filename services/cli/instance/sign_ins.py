"""Accounts for a first look: made over the public interface, told with the page they open."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from services.cli.answers import RefusedError
from services.cli.client import Ask, Client, open_session
from services.cli.instance.instance import Instance
from services.runtime.auth import Role
from services.runtime.ids import new_secret

FILE = "sign-ins.json"
PAGES = {
    Role.STATION: "/station",
    Role.OPERATOR: "/console",
    Role.CHIEF: "/console",
    Role.TEAM: "/team",
    Role.SUPERVISOR: "/park",
    Role.AUDITOR: "/park",
}
_TAKEN = 409
_PEOPLE = ("张甲", "李乙", "王丙", "赵丁", "陈戊", "周己", "吴庚", "郑辛")

SignIn = dict[str, str]
"""What is told of an account: role, organisation, team, name, password, display, page."""


def invent(document: Mapping[str, Any], *, password: str | None = None) -> list[SignIn]:
    """Invent accounts for the people of a directory: of each center two operators and a team.

    Args:
        document: The directory.
        password: Of all of them, as in a demo; else a random one each.
    """
    return [
        {**entry, "display": _PEOPLE[number % len(_PEOPLE)], "page": PAGES[Role(entry["role"])]}
        | {"password": password or new_secret()[:12]}
        for number, entry in enumerate(_entries(document))
    ]


def _entries(document: Mapping[str, Any]) -> Iterator[SignIn]:
    park = document["park"]["code"]
    yield _entry(Role.SUPERVISOR, park)
    for station in document.get("stations") or ():
        yield _entry(Role.STATION, station["code"])
    teams: dict[str, str] = {}
    for team in document.get("teams") or ():
        teams.setdefault(team["organisation"], team["code"])
    for center in document.get("centers") or ():
        code = center["code"]
        yield _entry(Role.OPERATOR, code)
        yield _entry(Role.OPERATOR, code, number=2)
        yield _entry(Role.CHIEF, code)
        if code in teams:
            yield _entry(Role.TEAM, code, team=teams[code])


def _entry(role: Role, organisation: str, *, team: str = "", number: int = 1) -> SignIn:
    name = f"{role.value}-{team or organisation}".lower()
    return {
        "role": role.value,
        "organisation": organisation,
        "team": team,
        "name": name if number == 1 else f"{name}-{number}",
    }


async def make(instance: Instance, sign_ins: Sequence[SignIn]) -> None:
    """Make the accounts; those that are there stay as they are."""
    async with open_session() as session:
        client = instance.client(session, instance.admin_key)
        for entry in sign_ins:
            await _make(client, entry)


async def _make(client: Client, entry: SignIn) -> None:
    names = ("name", "display", "role", "organisation", "password")
    body = {name: entry[name] for name in names} | {"team": entry["team"] or None}
    try:
        await client.ask(Ask(method="POST", path="/v1/accounts", body=body))
    except RefusedError as error:
        if error.status != _TAKEN:
            raise


def save(folder: Path, sign_ins: Sequence[SignIn]) -> Path:
    """Write them where only their owner reads them; returns the file."""
    path = folder / FILE
    path.touch(mode=0o600)
    path.chmod(0o600)
    path.write_text(json.dumps(sign_ins, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return path


def load(folder: Path) -> list[SignIn]:
    """Read those that were written, none where there are none."""
    path = folder / FILE
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else []


def few(sign_ins: Sequence[SignIn]) -> list[SignIn]:
    """Choose one of each page to be told of; the file has them all."""
    first: dict[str, SignIn] = {}
    for entry in sign_ins:
        first.setdefault(entry["role"], entry)
    return list(first.values())
