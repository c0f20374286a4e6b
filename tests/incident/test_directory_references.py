"""What does not hold between the entries of a directory is named once, where it is put right."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from incident.directory import read_directory
from tests.incident.directories import NOW, faults_of, key, park_document, read, team

Change = Callable[[dict[Any, Any]], object]


REFERENCES: list[tuple[Change, str, str, str]] = [
    (
        lambda d: d["centers"].append({"code": "station", "name": "中心", "place": "road"}),
        "centers[3].code",
        "'station' stands at stations[0].code too",
        "no other organisation",
    ),
    (
        lambda d: d["enterprises"].append({"code": "park", "name": "园"}),
        "enterprises[2].code",
        "'park' stands at park.code too",
        "no other organisation",
    ),
    (
        lambda d: d["places"].append(dict(d["places"][1])),
        "places[11].code",
        "'road' stands at places[1].code too",
        "no other place",
    ),
    (
        lambda d: d["teams"].append(team("east-a", "park", "road")),
        "teams[5].code",
        "stands at teams[0].code too",
        "no other team",
    ),
    (
        lambda d: d["keys"].append({**key("other", "admin", "park"), "id": "k-admin"}),
        "keys[8].id",
        "stands at keys[7].id too",
        "no other key",
    ),
    (
        lambda d: d["kinds"].append({"code": "police-alert"}),
        "kinds[1].code",
        "stands at kinds[0].code too",
        "each kind once",
    ),
    (
        lambda d: d["park"].update(fallback_center="east"),
        "park.fallback_center",
        "'east' is unknown",
        "the code of a center",
    ),
    (
        lambda d: d["centers"][2].update(place="nowhere"),
        "centers[2].place",
        "'nowhere' is unknown",
        "the code of a place",
    ),
    (
        lambda d: d["centers"][2].update(enterprise="station"),
        "centers[2].enterprise",
        "'station' is unknown",
        "the code of an enterprise",
    ),
    (
        lambda d: d["centers"][2].update(place="east-site"),
        "centers[2].place",
        "'east-site' is in the charge of 'east-center' already",
        "a place of its own",
    ),
    (
        lambda d: d["places"][7].update(center="east-center"),
        "centers[2].place",
        "'west-site' is in the charge of 'east-center' already",
        "a place of its own",
    ),
    (
        lambda d: d["places"].append(
            {"code": "east-center", "type": "area", "name": "区", "parent": "root"}
        ),
        "places[11].code",
        "'east-center' is the code of a center too",
        "an alert may name either",
    ),
    (
        lambda d: d["places"][9].update(center="east"),
        "places[9].center",
        "'east' is unknown",
        "the code of a center",
    ),
    (
        lambda d: d["places"][10].update(parent="nowhere"),
        "places[10].parent",
        "'nowhere' is unknown",
        "the code of a place",
    ),
    (
        lambda d: d["places"][1].pop("parent"),
        "places[1].parent",
        "a place of type area lies in nothing",
        "the code of a place",
    ),
    (
        lambda d: d["places"].append(
            {"code": "second", "type": "park", "name": "区", "parent": "root"}
        ),
        "places[11].parent",
        "a park lies in 'root'",
        "no parent",
    ),
    (
        lambda d: d["places"].append({"code": "second", "type": "park", "name": "二园"}),
        "places[11].parent",
        "a second place of type park",
        "one place of type park",
    ),
    (
        lambda d: d["places"][1].update(parent="road"),
        "places[1].parent",
        "'road' lies in itself by way of 'road'",
        "a tree",
    ),
    (
        lambda d: d["places"][5].update(parent="east-site"),
        "places[5].parent",
        "floor 'east-1-2' lies in no building",
        "a place in a building",
    ),
    (
        lambda d: d["teams"][3].update(organisation="east"),
        "teams[3].organisation",
        "'east' is unknown",
        "of the park for a team that all share",
    ),
    (
        lambda d: d["teams"][3].update(place="nowhere"),
        "teams[3].place",
        "'nowhere' is unknown",
        "the code of a place",
    ),
    (
        lambda d: d["teams"][0]["members"].append({"code": "p1", "name": "张甲"}),
        "teams[0].members[1].code",
        "'p1' stands in this team twice",
        "each person once in a team",
    ),
    (
        lambda d: d["teams"][4]["members"][0].update(name="李乙"),
        "teams[4].members[0].name",
        "'p1' has another name in an earlier entry",
        "one name for one person",
    ),
    (
        lambda d: d["keys"][0].update(organisation="nobody"),
        "keys[0].organisation",
        "'nobody' is unknown",
        "the code of an organisation",
    ),
    (
        lambda d: d["keys"][0].update(organisation="park"),
        "keys[0].role",
        "'station' is no role at 'park', whose type is park",
        "team, supervisor, auditor, admin",
    ),
    (
        lambda d: d["keys"][5].update(organisation="east"),
        "keys[5].role",
        "'supervisor' is no role at 'east', whose type is enterprise",
        "none",
    ),
    (
        lambda d: d["keys"][1].update(team="east-a"),
        "keys[1].role",
        "'operator' is no role of a team",
        "team, or no team",
    ),
    (lambda d: d["keys"][4].pop("team"), "keys[4].team", "is missing", "the code of a team"),
    (
        lambda d: d["keys"][4].update(team="nobody"),
        "keys[4].team",
        "'nobody' is unknown",
        "the code of a team",
    ),
    (
        lambda d: d["keys"][4].update(team="east-a"),
        "keys[4].team",
        "'east-a' is a team of 'east-center'",
        "a team of 'park'",
    ),
    (
        lambda d: d["keys"][3].update(person="p9"),
        "keys[3].person",
        "'p9' is no member of 'east-a'",
        "the code of a member",
    ),
    (
        lambda d: d["keys"][7].update(sha256=d["keys"][6]["sha256"]),
        "keys[7].sha256",
        "is the same as that of keys[6]",
        "a secret for each key",
    ),
]


@pytest.mark.parametrize(("change", "path", "wrong", "allowed"), REFERENCES)
def test_a_wrong_reference_is_the_one_fault_and_is_named(
    change: Change, path: str, wrong: str, allowed: str
) -> None:
    document = park_document()
    change(document)
    faults = faults_of(document)
    assert [fault.path for fault in faults] == [path]
    assert wrong in faults[0].wrong
    assert allowed in faults[0].allowed


def test_every_place_of_a_cycle_is_named_and_what_hangs_on_it_is_not() -> None:
    document = park_document()
    document["places"] += [
        {"code": "a", "type": "area", "name": "甲", "parent": "b"},
        {"code": "b", "type": "area", "name": "乙", "parent": "c"},
        {"code": "c", "type": "area", "name": "丙", "parent": "a"},
        {"code": "d", "type": "floor", "name": "丁", "parent": "a"},
    ]
    assert [fault.path for fault in faults_of(document)] == [
        "places[11].parent",
        "places[12].parent",
        "places[13].parent",
    ]


def test_a_tree_has_twenty_levels_and_not_one_more() -> None:
    document = park_document()
    parent = "root"
    for level in range(2, 21):
        code = f"level-{level}"
        entry = {"code": code, "type": "area", "name": "层", "parent": parent}
        document["places"].append(entry)
        parent = code
    read(document)
    document["places"].append({"code": "deep", "type": "area", "name": "层", "parent": parent})
    assert [fault.sentence for fault in faults_of(document)] == [
        "places[30].parent: 'deep' lies too deep; allowed: at most 20 levels"
    ]


def test_two_live_keys_of_one_holder_are_allowed_and_a_third_is_not() -> None:
    document = park_document()
    del document["keys"][7]
    document["keys"] += [
        key("old", "admin", "park", expires_at="2026-11-23T06:00:00Z"),
        key("a", "admin", "park"),
        key("b", "admin", "park", expires_at="2026-11-23T06:00:01Z"),
        key("c", "admin", "park", person="somebody"),
    ]
    read(document)
    document["keys"].append(key("d", "admin", "park"))
    fault = faults_of(document)
    assert [(entry.path, entry.wrong) for entry in fault] == [
        ("keys[11]", "is live key number 3 of the same holder")
    ]
    read_directory(document, version=1, now=NOW + timedelta(seconds=1))


def test_a_key_is_good_until_the_moment_it_expires() -> None:
    document = park_document()
    document["keys"][0]["expires_at"] = NOW.isoformat()
    entry = read(document).keys[0]
    assert entry.is_live(NOW - timedelta(microseconds=1))
    assert not entry.is_live(NOW)
