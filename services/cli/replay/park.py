"""The park that a file of records is played in: who is in it, as a directory document."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from services.cli.replay.calls import ZONE, Call

PARK = "sffd-park"
KIND, PROFILE = "police-alert", "observe"
LISTS = ("stations", "places", "centers", "teams")

_NOT_IN_CODE = re.compile(r"[^A-Za-z0-9._-]+")
_LONGEST = 24  # leaves room for what stands before and behind it

Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Park:
    """A park with the codes that the records' own names have in it.

    Attributes:
        document: The directory, as `PUT /v1/directory` takes it.
        station: Who reports the calls.
        fallback: The center of calls without a station area.
        centers: The center of each station area.
        teams: The team of each unit.
    """

    document: Document
    station: str
    fallback: str
    centers: Mapping[str, str]
    teams: Mapping[str, str]

    @property
    def code(self) -> str:
        """The code of the park."""
        code: str = self.document["park"]["code"]
        return code

    @property
    def all_centers(self) -> tuple[str, ...]:
        """The codes of all centers."""
        return (*self.centers.values(), self.fallback)

    def center_of(self, call: Call) -> str:
        """The center a call goes to."""
        return self.centers.get(call.station_area, self.fallback)


def build(calls: Sequence[Call], *, prefix: str = "") -> Park:
    """Build the park of some calls: a center for each station area, units shared by all.

    Args:
        calls: The calls.
        prefix: Put before the code of everything but the park itself.
    """
    areas = sorted({call.station_area for call in calls} - {""})
    units = sorted({turnout.unit for call in calls for turnout in call.turnouts})
    centers, teams = _codes(f"{prefix}center-", areas), _codes(f"{prefix}unit-", units)
    station, fallback = f"{prefix}fire-dispatch", f"{prefix}fallback"
    named = {code: _named("Station area", area) for area, code in centers.items()} | {
        fallback: "No station area"
    }
    document = {
        "park": {
            "code": PARK,
            "name": {"zh": "旧金山消防调度记录", "en": "San Francisco dispatch records"},
            "fallback_center": fallback,
            "time_zone": ZONE.key,
        },
        "stations": [{"code": station, "name": "Fire dispatch"}],
        "places": [
            {"code": PARK, "type": "park", "name": "San Francisco"},
            *(_area(code, name) for code, name in named.items()),
        ],
        "centers": [_center(code, name) for code, name in named.items()],
        "teams": [_team(teams[unit], unit) for unit in units],
        "kinds": [{"code": KIND, "profile": PROFILE}],
    }
    return Park(document=document, station=station, fallback=fallback, centers=centers, teams=teams)


def moved_into(park: Park, present: Document) -> Park:
    """The part of a park that is added to another one: its centers and units in that one's area."""
    code = present["park"]["code"]
    root = next(entry["code"] for entry in present["places"] if entry["type"] == "park")
    own = park.document
    places = [entry | {"parent": root} for entry in own["places"] if entry["type"] != "park"]
    teams = [entry | {"organisation": code} for entry in own["teams"]]
    document = {
        "park": present["park"],
        "stations": own["stations"],
        "places": places,
        "centers": own["centers"],
        "teams": teams,
    }
    return replace(park, document=document)


def added(present: Document, addition: Document) -> dict[str, Any]:
    """A directory with another one's entries beside its own."""
    lists = (*LISTS, "keys")
    joined = {name: [*present.get(name, ()), *addition.get(name, ())] for name in lists}
    return {**present, **joined}


def without(present: Document, prefix: str) -> dict[str, Any]:
    """A directory without the entries whose codes begin with a prefix, and such keys."""
    kept = {
        name: [each for each in present.get(name, ()) if not each["code"].startswith(prefix)]
        for name in LISTS
    }
    keys = [key for key in present.get("keys", ()) if not key["id"].startswith(prefix)]
    return {**present, **kept, "keys": keys}


def _area(center: str, name: str) -> dict[str, str]:
    return {"code": f"{center}-area", "type": "area", "name": name, "parent": PARK}


def _center(code: str, name: str) -> dict[str, str]:
    return {"code": code, "name": name, "place": f"{code}-area"}


def _named(what: str, name: str) -> str:
    return f"{what} {_NOT_IN_CODE.sub(' ', name).strip()}"[:100].strip()


def _team(code: str, unit: str) -> dict[str, str]:
    name = _named("Unit", unit)
    return {"code": code, "name": name, "organisation": PARK, "function_group": "duty-linkage"}


def _codes(prefix: str, names: Iterable[str]) -> dict[str, str]:
    """Give each name a code; names that would share one get a number behind."""
    codes: dict[str, str] = {}
    taken: set[str] = set()
    for name in names:
        base = prefix + (_NOT_IN_CODE.sub("-", name).strip("-")[:_LONGEST] or "x")
        number, code = 1, base
        while code.lower() in taken:
            number += 1
            code = f"{base}-{number}"
        taken.add(code.lower())
        codes[name] = code
    return codes
