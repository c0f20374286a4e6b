"""A field of the wrong form is named: where it stands, what is wrong, what would be allowed."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from tests.incident.directories import faults_of, park_document

Change = Callable[[dict[Any, Any]], object]


SHAPES: list[tuple[Change, str, str, str]] = [
    (lambda d: d.update(colour="red"), "colour", "is not a known field", "centers, enterprises"),
    (lambda d: d.update({3: 1}), "the number 3", "is not a known field", "park"),
    (lambda d: d["park"].update({"a b": 1}), "park.'a b'", "is not a known field", "code"),
    (lambda d: d.pop("park"), "park", "is nothing", "a mapping"),
    (lambda d: d["park"].pop("code"), "park.code", "is missing", "1 to 64 letters"),
    (lambda d: d["park"].update(code=7), "park.code", "is the number 7", "text: 1 to 64"),
    (lambda d: d["park"].update(name="园"), "park.name", "is '园'", "a mapping"),
    (lambda d: d["park"]["name"].pop("en"), "park.name.en", "is missing", "1 to 100 characters"),
    (lambda d: d["park"]["name"].update(zh=" 园"), "park.name.zh", "is ' 园'", "no blank"),
    (lambda d: d["park"]["name"].update(zh="园\n"), "park.name.zh", r"is '园\n'", "no control"),
    (lambda d: d["park"]["name"].update(zh="a\u202eb"), "park.name.zh", "u202e", "no control"),
    (lambda d: d["park"]["name"].update(zh="\ud800"), "park.name.zh", r"\ud800", "no control"),
    (lambda d: d["park"]["name"].update(zh="园" * 101), "park.name.zh", "is a long text", "100"),
    (lambda d: d["park"].update(time_zone="+08:00"), "park.time_zone", "'+08:00'", "IANA"),
    (lambda d: d.update(centers={}), "centers", "is a mapping", "a list"),
    (lambda d: d["stations"].append("x"), "stations[1]", "is 'x'", "a mapping"),
    (lambda d: d["stations"][0].update(kind=1), "stations[0].kind", "known field", "code, name"),
    (lambda d: d["enterprises"][0].update(name=None), "enterprises[0].name", "missing", "100"),
    (lambda d: d["centers"][0].update(consoles="yes"), "centers[0].consoles", "'yes'", "true or"),
    (lambda d: d["centers"][0].update(telephone="abc"), "centers[0].telephone", "'abc'", "digits"),
    (lambda d: d["centers"][0].update(webhook=1), "centers[0].webhook", "number 1", "a mapping"),
    (lambda d: hook(d).pop("secret"), "centers[1].webhook.secret", "is missing", "the name of"),
    (lambda d: hook(d).update(url="ftp://x"), "centers[1].webhook.url", "of that form", "https"),
    (lambda d: hook(d).update(url="https://:80/"), "centers[1].webhook.url", "usable", "a host"),
    (lambda d: hook(d).update(url="https://x:99999"), "centers[1].webhook.url", "usable", "host"),
    (lambda d: hook(d).update(url="https://u:p@x"), "centers[1].webhook.url", "usable", "no user"),
    (lambda d: d["places"][1].update(type="zoo"), "places[1].type", "'zoo'", "park, enterprise"),
    (lambda d: d["places"][0].pop("type"), "places[0].type", "is missing", "park, enterprise"),
    (lambda d: d["places"][1].update(parent="a b"), "places[1].parent", "is 'a b'", "letters"),
    (lambda d: d["teams"][0].update(function_group=1), "teams[0].function_group", "1", "duty-l"),
    (lambda d: d["teams"][0].update(on_duty=1.5), "teams[0].on_duty", "the number 1.5", "true"),
    (lambda d: d["teams"][0].update(on_duty=[]), "teams[0].on_duty", "is a list", "true or"),
    (
        lambda d: d["teams"][0].update(resting_until="soon"),
        "teams[0].resting_until",
        "soon",
        "zone",
    ),
    (
        lambda d: d["teams"][0].update(resting_until=datetime.fromisoformat("2026-11-23T14:00")),
        "teams[0].resting_until",
        "is a moment without a zone",
        "2026-11-23T14:03:21+08:00",
    ),
    (
        lambda d: d["teams"][0].update(resting_until="0001-01-01T00:00:00+08:00"),
        "teams[0].resting_until",
        "0001",
        "a moment with its zone",
    ),
    (
        lambda d: d["teams"][0].update(resting_until="2026-11-23"),
        "teams[0].resting_until",
        "2",
        "z",
    ),
    (lambda d: d["teams"][0].update(resting_until=True), "teams[0].resting_until", "true", "zone"),
    (lambda d: d["keys"][0].update(sha256="A" * 64), "keys[0].sha256", "of that form", "64 lower"),
    (lambda d: d["keys"][0].update(role="king"), "keys[0].role", "is 'king'", "station, operator"),
    (lambda d: d["keys"][0].update(expires_at=10**30), "keys[0].expires_at", "large", "zone"),
    (lambda d: d["keys"][0].update(expires_at=b""), "keys[0].expires_at", "type bytes", "zone"),
    (lambda d: d["keys"][3].update(team="!"), "keys[3].team", "is '!'", "letters"),
    (lambda d: d["kinds"][0].update(profile=115), "kinds[0].profile", "number 115", "text"),
    (
        lambda d: d["stations"].extend({"code": f"s{n}", "name": "所"} for n in range(200)),
        "stations",
        "has 201 entries",
        "at most 200",
    ),
]


def hook(document: dict[str, Any]) -> Any:  # noqa: ANN401 -- a piece of a parsed document
    return document["centers"][1]["webhook"]


@pytest.mark.parametrize(("change", "path", "wrong", "allowed"), SHAPES)
def test_a_field_of_the_wrong_form_is_named(
    change: Change, path: str, wrong: str, allowed: str
) -> None:
    document = park_document()
    change(document)
    faults = faults_of(document)
    assert faults[0].path == path
    assert all("is unknown" in fault.wrong for fault in faults[1:])  # what named it by its code
    assert wrong in faults[0].wrong
    assert allowed in faults[0].allowed


def test_a_faulty_member_is_named_within_its_team() -> None:
    document = park_document()
    document["teams"][1]["members"] = [{"code": "p2", "name": "李乙"}, {"name": "王丙", "age": 40}]
    assert [fault.path for fault in faults_of(document)] == [
        "teams[1].members[1].code",
        "teams[1].members[1].age",
    ]


def test_no_fault_shows_a_digest_a_secret_or_an_address() -> None:
    document = park_document()
    document["keys"][0]["sha256"] = "5e" * 31
    hook(document).update(secret="whsec_MfKQ9r8GKYqrTwjU", url="https://user:pw@east.example")
    told = "".join(fault.sentence for fault in faults_of(document))
    assert not any(secret in told for secret in ("5e5e", "whsec_", "pw@"))
