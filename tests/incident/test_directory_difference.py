"""What a dry run shows."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from incident.chain import JSON, canonical
from incident.directory import Change, ChangeKind, difference
from tests.incident.directories import key, park_document, read, team


def changes(after: dict[str, Any]) -> list[tuple[str, str, JSON, JSON]]:
    found = difference(read(park_document()), read(after, version=2))
    return [(entry.path, entry.kind.value, entry.before, entry.after) for entry in found]


def test_the_same_content_in_another_order_is_no_difference() -> None:
    document = park_document()
    for name in ("centers", "places", "teams", "keys"):
        document[name].reverse()
    assert changes(document) == []


def test_a_changed_field_is_told_with_both_values() -> None:
    document = park_document()
    document["park"]["name"]["en"] = "New Park"
    document["centers"][1]["consoles"] = True
    document["centers"][1]["webhook"]["secret"] = "other-hook"
    document["teams"][0]["members"][0]["name"] = document["teams"][4]["members"][0]["name"] = "李乙"
    assert changes(document) == [
        ("park.name.en", "changed", "Qinghe Park", "New Park"),
        ("centers[east-center].consoles", "changed", False, True),
        ("centers[east-center].webhook.secret", "changed", "east-hook", "other-hook"),
        ("teams[east-a].members[p1].name", "changed", "张甲", "李乙"),
        ("teams[shared].members[p1].name", "changed", "张甲", "李乙"),
    ]


def test_what_came_and_what_went_is_one_change_each() -> None:
    document = park_document()
    document["centers"][2]["telephone"] = "000-0000-0002"
    del document["centers"][1]["webhook"]
    del document["teams"][3]
    document["teams"].append(team("east-c", "east-center", "east-2"))
    document["teams"][1]["members"] = [{"code": "p2", "name": "李乙"}]
    found = changes(document)
    assert [(path, kind) for path, kind, _, _ in found] == [
        ("centers[east-center].webhook", "removed"),
        ("centers[west-center].telephone", "added"),
        ("teams[east-b].members[p2]", "added"),
        ("teams[east-c]", "added"),
        ("teams[west-a]", "removed"),
    ]
    assert found[0][2:] == ({"url": "https://east.example/alerts", "secret": "east-hook"}, None)
    assert found[1][2:] == (None, "000-0000-0002")
    assert found[2][2:] == (None, {"code": "p2", "name": "李乙"})


def test_a_new_secret_is_told_without_its_digest() -> None:
    document = park_document()
    document["keys"][0]["sha256"] = "f" * 64
    del document["keys"][7]
    document["keys"].append(key("k-new", "admin", "park"))
    found = changes(document)
    assert found[0] == ("keys[k-station].sha256", "changed", "(not shown)", "(not shown)")
    assert [(path, kind) for path, kind, _, _ in found[1:]] == [
        ("keys[k-new]", "added"),
        ("keys[k-admin]", "removed"),
    ]
    digests = [entry["sha256"] for entry in (*document["keys"], *park_document()["keys"])]
    told = canonical([list(entry) for entry in found])
    assert not any(sha256 in told for sha256 in digests)


def test_with_no_directory_before_everything_is_new() -> None:
    found = difference(None, read(park_document()))
    assert {entry.kind for entry in found} == {ChangeKind.ADDED}
    assert found[0].path == "park"
    assert "teams[west-a]" in {entry.path for entry in found}


@given(st.sets(st.integers(min_value=0, max_value=4)), st.sets(st.integers(0, 4)))
def test_back_again_the_same_places_change_the_other_way(off: set[int], gone: set[int]) -> None:
    document = park_document()
    document["keys"] = []
    before = read(document)
    for position in off:
        document["teams"][position]["on_duty"] = not document["teams"][position].get(
            "on_duty", True
        )
    document["teams"] = [entry for n, entry in enumerate(document["teams"]) if n not in gone]
    after = read(document)
    there, back = difference(before, after), difference(after, before)
    assert {(entry.path, _other_way(entry)) for entry in there} == {
        (entry.path, entry.kind) for entry in back
    }
    assert len(there) == len(off - gone) + len(gone)


def _other_way(change: Change) -> ChangeKind:
    ways = {ChangeKind.ADDED: ChangeKind.REMOVED, ChangeKind.REMOVED: ChangeKind.ADDED}
    return ways.get(change.kind, ChangeKind.CHANGED)


def test_another_agreement_with_neighbours_is_one_change() -> None:
    document = park_document()
    document["centers"][1]["neighbours"] = ["west-center"]
    assert changes(document) == [
        ("centers[east-center].neighbours", "added", None, ["west-center"]),
    ]
    more = park_document()
    more["centers"][1]["neighbours"] = ["park-center", "west-center"]
    (found,) = difference(read(document), read(more))
    assert (found.path, found.before, found.after) == (
        "centers[east-center].neighbours",
        ["west-center"],
        ["park-center", "west-center"],
    )
