"""Sends an alert as a station does: five fields, a reference that makes a retry the same alert."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.cli.answers import Json
from services.cli.client import Client
from services.cli.errors import USAGE, CommandError
from services.runtime.clock import Clock
from services.runtime.ids import random_bytes

SEVERITIES = {"红": "red", "橙": "orange", "黄": "yellow", "蓝": "blue"}
DEFAULT_KIND = "police-alert"
_MOST_CHOICES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What to send.

    Attributes:
        place: A place's or center's code, or names from the outside in: `禾岭家居/3号楼`.
        severity: `red` or 红, ...
        category: What happened, in the sender's own words for kinds: 打架.
        caller: Name and telephone, joined by a space; either may be left out.
        reference: `NUMBER` or `NUMBER/ORDER`; one is made if None.
        status: actual, exercise or test.
        kind: The code of a kind of the directory.
        more: Further members of the body.
    """

    place: str
    severity: str
    text: str
    category: str | None = None
    caller: str | None = None
    reference: str | None = None
    status: str = "actual"
    kind: str = DEFAULT_KIND
    more: Mapping[str, Any] | None = None


async def prepare(client: Client, wanted: Wanted, *, clock: Clock) -> Json:
    """Make the body: the place is looked up in the directory, the reference made.

    Raises:
        CommandError: There is no such place, or more than one of that name; the code is 2.
    """
    shown = await client.get("/v1/directory")
    body: Json = {
        "reference": reference_of(wanted.reference, clock),
        "kind": wanted.kind,
        "severity": SEVERITIES.get(wanted.severity, wanted.severity),
        "status": wanted.status,
        "text": wanted.text,
        "place": find_place(wanted.place, shown["directory"]),
        **(wanted.more or {}),
    }
    if wanted.category:
        body["category"] = wanted.category
    if wanted.caller:
        body["caller"] = _caller(wanted.caller)
    return body


def reference_of(text: str | None, clock: Clock) -> dict[str, str]:
    """Read `NUMBER/ORDER`, or make a reference that nobody has used."""
    if text is None:
        return {"number": f"cli-{clock.real():%Y%m%d%H%M%S}-{random_bytes(3).hex()}", "order": "1"}
    number, _, order = text.partition("/")
    return {"number": number, "order": order or "1"}


def find_place(text: str, directory: Mapping[str, Any]) -> dict[str, str]:
    """Find a center or a place by its code, or by names from the outside in.

    Raises:
        CommandError: None is found, or several are; some are named.
    """
    if any(entry["code"] == text for entry in directory.get("centers", ())):
        return {"center": text}
    places = {entry["code"]: entry for entry in directory.get("places", ())}
    if text in places:
        return {"place": text}
    wanted = [part.strip() for part in text.split("/") if part.strip()]
    found = [code for code in places if wanted and _lies(code, wanted, places)]
    if len(found) == 1:
        return {"place": found[0]}
    if not found:
        raise CommandError(f"no center or place is {text!r}: give a code or names", code=USAGE)
    some = ", ".join(found[:_MOST_CHOICES]) + (", ..." if len(found) > _MOST_CHOICES else "")
    raise CommandError(f"{text!r} may be any of: {some}", code=USAGE)


def place_name(code: str, places: Mapping[str, Mapping[str, Any]]) -> str:
    """Name a place with what is around it, the park left out."""
    chain = list(_chain(code, places))
    names = [entry["name"] for entry in chain if entry.get("parent") or len(chain) == 1]
    return " ".join(map(_spoken, reversed(names))) or code


def _lies(code: str, wanted: Sequence[str], places: Mapping[str, Mapping[str, Any]]) -> bool:
    """Whether a place bears the last name, and lies in places of the others, in their order."""
    names = [_spoken(entry["name"]) for entry in _chain(code, places)]
    if not names or not names[0].startswith(wanted[-1]):
        return False
    rest = iter(names[1:])
    return all(any(name.startswith(part) for name in rest) for part in reversed(wanted[:-1]))


def _chain(code: str, places: Mapping[str, Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    entry = places.get(code)
    while entry is not None:
        yield entry
        entry = places.get(entry.get("parent") or "")


def _spoken(name: object) -> str:
    return str(name.get("zh") or name.get("en")) if isinstance(name, Mapping) else str(name)


def _caller(text: str) -> dict[str, str]:
    name, _, phone = text.strip().rpartition(" ")
    digits = phone.replace("-", "").replace("+", "")
    if not digits.isdecimal():
        return {"name": text.strip()}
    return {"phone": phone} | ({"name": name.strip()} if name.strip() else {})
