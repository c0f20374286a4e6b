"""Today's schemas break nobody who works by a released version's; a planted break is found."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from schemas.compatibility import breaking_changes
from schemas.generate import documents, released

FILE = "thing.v1.json"
THING: dict[str, Any] = {
    "type": "object",
    "properties": {
        "id": {"type": "string", "format": "uuid"},
        "count": {"type": "integer", "minimum": 1, "maximum": 9, "default": 1},
        "name": {"type": "string", "minLength": 1, "maxLength": 5, "pattern": "^a"},
        "state": {"$ref": "#/$defs/State", "default": "open"},
        "crs": {"type": "string", "x-extensible-enum": ["a", "b"]},
        "maybe": {"anyOf": [{"$ref": "#/$defs/Part"}, {"type": "null"}], "default": None},
        "parts": {"type": "array", "items": {"$ref": "#/$defs/Part"}},
        "pair": {
            "type": "array",
            "prefixItems": [{"type": "string"}, {"type": "integer"}],
            "items": False,
        },
        "words": {"type": "object", "additionalProperties": {"type": "string"}},
        "whole": {"$ref": "other.json"},
        "any": {},
    },
    "required": ["id", "count"],
    "allOf": [{"if": {"const": 1}, "then": {"const": 2}}],
    "$defs": {
        "State": {"type": "string", "enum": ["open", "closed"]},
        "Part": {
            "type": "object",
            "properties": {"size": {"type": "number"}},
            "required": ["size"],
        },
    },
}
Change = Callable[[dict[str, Any]], object]


def changes(change: Change) -> list[str]:
    """What is found once a change was made."""
    later = copy.deepcopy(THING)
    change(later)
    return breaking_changes({FILE: THING}, {FILE: later})


def prop(name: str, **keywords: object) -> Change:
    """A change of one property's keywords; None takes a keyword away."""

    def change(later: dict[str, Any]) -> None:
        for key, value in keywords.items():
            if value is None:
                later["properties"][name].pop(key)
            else:
                later["properties"][name][key] = value

    return change


FORBIDDEN: list[tuple[Change, list[str]]] = [
    (lambda s: s["properties"].pop("crs"), ["property crs was removed"]),
    (lambda s: s["required"].append("crs"), ["property crs is newly required"]),
    (lambda s: s["required"].remove("id"), ["property id is no longer always there"]),
    (
        lambda s: (s["properties"].update(new={}), s["required"].append("new")),
        ["property new is newly required"],
    ),
    (
        lambda s: s.update(additionalProperties=False),
        ["which further properties it takes was changed"],
    ),
    (lambda s: s["allOf"].clear(), [f"rule {THING['allOf'][0]} was removed"]),
    (prop("count", type="string"), ["count: type changed from integer to string"]),
    (prop("count", type="number"), ["count: type changed from integer to number"]),
    (prop("count", minimum=2), ["count: limit tightened: minimum"]),
    (prop("count", maximum=8), ["count: limit tightened: maximum"]),
    (prop("count", multipleOf=2), ["count: limit tightened: multipleOf"]),
    (prop("count", default=2), ["count: default changed"]),
    (prop("name", minLength=2), ["name: limit tightened: minLength"]),
    (prop("name", maxLength=4), ["name: limit tightened: maxLength"]),
    (prop("name", pattern="^ab"), ["name: limit tightened: pattern"]),
    (prop("name", format="email"), ["name: format changed"]),
    (prop("id", format=None), ["id: format changed"]),
    (prop("parts", minItems=1), ["parts: limit tightened: minItems"]),
    (prop("parts", items={"type": "string"}), ["parts[]: type changed from object to string"]),
    (prop("parts", items=False), ["parts: type of its elements changed"]),
    (
        prop("pair", prefixItems=[{"type": "string"}]),
        ["pair: type changed from 2 leading elements to 1"],
    ),
    (
        prop("pair", prefixItems=[{"type": "string"}, {"type": "string"}]),
        ["pair[1]: type changed from integer to string"],
    ),
    (
        prop("words", additionalProperties={"type": "integer"}),
        ["words.*: type changed from string to integer"],
    ),
    (prop("state", default="closed"), ["state: default changed"]),
    (
        lambda s: s["$defs"]["State"]["enum"].append("lost"),
        ["state: value 'lost' was added to a closed list"],
    ),
    (lambda s: s["$defs"]["State"]["enum"].pop(), ["state: value 'closed' was removed"]),
    (prop("crs", enum=["a", "b"]), [
        "crs: a closed list of values became an open one, or the reverse",
        "crs: value 'a' was added to a closed list",
        "crs: value 'b' was added to a closed list",
    ]),
    (
        prop("maybe", anyOf=[{"$ref": "#/$defs/Part"}]),
        ["maybe: type changed from null or object to object"],
    ),
    (prop("maybe", anyOf=[{"$ref": "#/$defs/Part"}, {"type": "null"}, {"type": "string"}]), [
        "maybe: type changed from null or object to null or object or string",
    ]),
    (
        lambda s: s["$defs"]["Part"]["required"].clear(),
        [f"{at}: property size is no longer always there" for at in ("maybe", "parts[]")],
    ),
    (
        prop("whole", **{"$ref": "third.json"}),
        ["whole: type changed from other.json to third.json"],
    ),
    (prop("any", type="string"), ["any: type changed from anything to string"]),
]  # fmt: skip

ALLOWED: list[Change] = [
    lambda s: s["properties"].update(new={"type": "string"}),
    lambda s: s["$defs"].update(New={"type": "string"}),
    lambda s: s["allOf"].append({"if": {"const": 3}, "then": {"const": 4}}),
    lambda s: s.update(title="Thing", description="In other words."),
    prop("count", minimum=0, maximum=10),
    prop("count", minimum=None, maximum=None),
    prop("name", minLength=0, maxLength=6, pattern=None),
    prop("crs", **{"x-extensible-enum": ["a", "b", "c"]}),
    prop("maybe", anyOf=[{"type": "null"}, {"$ref": "#/$defs/Part"}]),
]


@pytest.mark.parametrize(("change", "found"), FORBIDDEN, ids=[what[0] for _, what in FORBIDDEN])
def test_a_change_that_breaks_somebody_is_found_and_named(change: Change, found: list[str]) -> None:
    assert changes(change) == [f"{FILE}: {what}" for what in found]


@pytest.mark.parametrize("change", ALLOWED)
def test_a_change_that_breaks_nobody_is_let_through(change: Change) -> None:
    assert changes(change) == []


def test_a_file_may_come_and_must_not_go() -> None:
    assert breaking_changes({FILE: THING}, {FILE: THING, "new.json": {}}) == []
    assert breaking_changes({FILE: THING}, {}) == [f"{FILE}: the file was removed"]


@pytest.mark.parametrize("version", released())
def test_todays_schemas_break_nobody_who_works_by_a_release(version: str) -> None:
    assert breaking_changes(released()[version], documents()) == []


def test_a_break_in_a_real_file_is_found_however_deep_it_lies() -> None:
    later = copy.deepcopy(documents())
    circumstances = later["incident.opened.v1.json"]["$defs"]["Circumstances"]
    circumstances["properties"]["people"] = {"type": "string"}
    where = "incident.opened.v1.json: alert.circumstances.people"
    assert breaking_changes(documents(), later) == [
        f"{where}: type changed from integer or null to string"
    ]
