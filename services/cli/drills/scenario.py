"""Reads a scenario: which alerts a drill sends, where and when. Bad ones are refused whole."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from services.cli.errors import USAGE, CommandError
from services.cli.incidents.sending import DEFAULT_KIND, SEVERITIES, find_place
from services.cli.park import read_document

MOST_ALERTS, MOST_MINUTES, LONGEST_TEXT, LONGEST_NAME = 50, 240, 2000, 100
_TOP = {"drill": dict, "alerts": list}
_DRILL = {"name": str, "center": str, "max_minutes": int}
_ALERT = {
    "after": int, "place": str, "severity": str, "text": str, "category": str, "kind": str,
    "people": int, "weapons": bool, "injured": int, "hazards": list,
}  # fmt: skip
_NEEDED = ("after", "place", "severity", "text")
_AS_THEY_ARE = ("category", "people", "weapons", "injured", "hazards")
_WORDS = {dict: "a mapping", list: "a list", str: "text", int: "a whole number", bool: "true/false"}


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedAlert:
    """One alert.

    Attributes:
        after: Seconds from the beginning, not counting pauses.
        body: Of `POST /v1/alerts`, without its reference; the place is still as written.
    """

    after: int
    place: str
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """What a drill plays.

    Attributes:
        center: The code of the center that drills.
        max_minutes: After so many real minutes it is over, whatever is still open.
    """

    name: str
    center: str
    max_minutes: int
    alerts: tuple[PlannedAlert, ...] = field(default=())


def read_scenario(path: Path) -> Scenario:
    """Read a scenario file.

    Raises:
        CommandError: It is none; every fault is named by its path. The code is 2.
    """
    document = read_document(path)
    faults = list(_faults(document))
    if faults:
        raise CommandError(f"{path} is no scenario: " + "; ".join(faults), code=USAGE)
    about = document["drill"]
    alerts = [
        PlannedAlert(after=entry["after"], place=entry["place"], body=_body(entry))
        for entry in document["alerts"]
    ]
    return Scenario(
        name=about["name"],
        center=about["center"],
        max_minutes=about["max_minutes"],
        alerts=tuple(sorted(alerts, key=lambda each: each.after)),
    )


def place_all(scenario: Scenario, directory: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Give the bodies of all alerts with their places as the directory knows them.

    Raises:
        CommandError: The center, a place or a kind is not in the directory; each is named.
    """
    faults, bodies = [], []
    if all(entry["code"] != scenario.center for entry in directory.get("centers", ())):
        faults.append(f"drill.center {scenario.center!r} is not a center of this park")
    kinds = {entry["code"] for entry in directory.get("kinds", ())}
    for number, alert in enumerate(scenario.alerts):
        if alert.body["kind"] not in kinds:
            faults.append(f"alerts[{number}].kind is not a kind used here")
        try:
            place = find_place(alert.place, directory) | {"center": scenario.center}
            bodies.append({**alert.body, "place": place})
        except CommandError as error:
            faults.append(f"alerts[{number}].place: {error}")
    if faults:
        raise CommandError("the scenario does not fit this park: " + "; ".join(faults), code=USAGE)
    return bodies


def _body(entry: Mapping[str, Any]) -> dict[str, Any]:
    severity = entry["severity"]
    return {
        "kind": entry.get("kind", DEFAULT_KIND),
        "severity": SEVERITIES.get(severity, severity),
        "status": "exercise",
        "text": entry["text"],
        **{name: entry[name] for name in _AS_THEY_ARE if name in entry},
    }


def _faults(document: Mapping[str, Any]) -> Iterator[str]:
    yield from _shape("", document, _TOP, needed=tuple(_TOP))
    about, alerts = document.get("drill"), document.get("alerts")
    if isinstance(about, dict):
        yield from _shape("drill.", about, _DRILL, needed=tuple(_DRILL))
        yield from _ranges("drill.", about, {"max_minutes": (1, MOST_MINUTES)})
        yield from _lengths("drill.", about, {"name": LONGEST_NAME, "center": LONGEST_NAME})
    if not isinstance(alerts, list):
        return
    if not 1 <= len(alerts) <= MOST_ALERTS:
        yield f"alerts should be 1 to {MOST_ALERTS}, not {len(alerts)}"
        return
    for number, entry in enumerate(alerts):
        where = f"alerts[{number}]"
        if isinstance(entry, dict):
            yield from _alert_faults(f"{where}.", entry, about)
        else:
            yield f"{where} should be a mapping"


def _alert_faults(where: str, entry: Mapping[str, Any], about: object) -> Iterator[str]:
    yield from _shape(where, entry, _ALERT, needed=_NEEDED)
    minutes = about.get("max_minutes") if isinstance(about, dict) else None
    last = (minutes if type(minutes) is int else MOST_MINUTES) * 60 - 1
    counts = {"after": (0, last), "people": (0, 100_000), "injured": (0, 100_000)}
    yield from _ranges(where, entry, counts)
    yield from _lengths(where, entry, {"text": LONGEST_TEXT, "place": 100, "category": 64})
    severity = entry.get("severity")
    if isinstance(severity, str) and severity not in {*SEVERITIES, *SEVERITIES.values()}:
        yield f"{where}severity should be one of {', '.join(SEVERITIES.values())}"


def _shape(
    where: str, given: Mapping[str, Any], known: Mapping[str, type], *, needed: tuple[str, ...]
) -> Iterator[str]:
    for name in needed:
        if name not in given:
            yield f"{where}{name} is missing"
    for name, value in given.items():
        if name not in known:
            yield f"{where}{name} is not a known field"
        elif type(value) is not known[name]:
            yield f"{where}{name} should be {_WORDS[known[name]]}"


def _ranges(
    where: str, given: Mapping[str, Any], limits: Mapping[str, tuple[int, int]]
) -> Iterator[str]:
    for name, (least, most) in limits.items():
        value = given.get(name)
        if type(value) is int and not least <= value <= most:
            yield f"{where}{name} should be {least} to {most}, not {value}"


def _lengths(where: str, given: Mapping[str, Any], limits: Mapping[str, int]) -> Iterator[str]:
    for name, most in limits.items():
        value = given.get(name)
        if isinstance(value, str) and not 1 <= len(value.strip()) <= most:
            yield f"{where}{name} should have 1 to {most} characters"
