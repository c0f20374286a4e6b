"""Reading a directory: what stands in it, and every fault at its place."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from incident.directory import (
    Center,
    Fault,
    FunctionGroup,
    InvalidDirectoryError,
    Key,
    KindUse,
    KnownPlace,
    Lookup,
    Member,
    PlaceType,
    Role,
    Team,
    Webhook,
    digest,
    read_directory,
    to_document,
)
from tests.incident.directories import NOW, faults_of, key, park_document, read

DEMO_PARK = Path(__file__).parents[2] / "deploy" / "local" / "demo-park.yaml"


def test_everything_written_is_read() -> None:
    directory = read(park_document(), version=7)
    assert directory.version == 7
    assert directory.park.name_zh == "青禾五金园"
    assert directory.park.time_zone == "Asia/Shanghai"
    assert directory.centers[1] == Center(
        code=directory.centers[1].code,
        name="禾岭家居微中心",
        enterprise=directory.enterprises[0].code,
        place="east-site",
        consoles=False,
        webhook=Webhook(url="https://east.example/alerts", secret="east-hook"),
        telephone="000-0000-0001",
    )
    assert directory.places[9] == KnownPlace(
        code="west-9",
        type=PlaceType.BUILDING,
        name="外租仓",
        parent="west-site",
        center=directory.centers[1].code,
    )
    assert directory.teams[1] == Team(
        code=directory.teams[1].code,
        name="east-b 组",
        organisation=directory.centers[1].code,
        function_group=FunctionGroup.DUTY_LINKAGE,
        place="east-2",
        on_duty=True,
        resting_until=datetime(2026, 11, 23, 7, 0, tzinfo=UTC),
    )
    assert directory.teams[0].members == (Member(code="p1", name="张甲"),)
    assert directory.keys[2] == Key(
        id="k-chief",
        role=Role.CHIEF,
        organisation=directory.centers[1].code,
        sha256=b"k-chief".hex().ljust(64, "0"),
        expires_at=datetime(2027, 1, 1, tzinfo=UTC),
    )
    assert directory.kinds == (KindUse(code="police-alert", profile="observe"),)


def test_what_may_be_left_out_has_a_default() -> None:
    document = park_document()
    for name in ("stations", "enterprises", "teams", "keys", "kinds"):
        del document[name]
    for center in document["centers"]:
        center.pop("enterprise", None)
    directory = read(document)
    assert directory.kinds == (KindUse(code="police-alert"),)
    assert (directory.stations, directory.teams, directory.keys) == ((), (), ())
    assert directory.centers[0].consoles
    assert directory.centers[0].webhook is None


def test_a_team_may_have_no_known_base() -> None:
    document = park_document()
    document["teams"][0]["place"] = None
    assert read(document).teams[0].place is None


def test_moments_may_come_as_yaml_reads_them() -> None:
    document = park_document()
    document["teams"][0]["resting_until"] = yaml.safe_load("2026-11-23T15:00:00+08:00")
    assert read(document).teams[0].resting_until == datetime(2026, 11, 23, 7, 0, tzinfo=UTC)


def test_a_key_never_shows_its_digest() -> None:
    directory = read(park_document())
    assert all(entry.sha256 not in repr(directory) for entry in directory.keys)


def test_all_faults_are_listed_at_once() -> None:
    document = park_document()
    document["park"]["fallback_center"] = "nobody"
    document["teams"][0]["place"] = "nowhere"
    document["teams"][1]["name"] = ""
    document["keys"][0]["colour"] = "red"
    assert {fault.path for fault in faults_of(document)} == {
        "park.fallback_center",
        "teams[0].place",
        "teams[1].name",
        "keys[0].colour",
    }


def test_a_missing_code_is_not_reported_again_where_entries_are_compared() -> None:
    document = park_document()
    for name in ("stations", "places"):
        document[name] += [dict(document[name][-1]), dict(document[name][-1])]
        del document[name][-1]["code"], document[name][-2]["code"]
    for entry in document["centers"][2], document["teams"][3], document["keys"][7]:
        del entry["place" if "place" in entry else "organisation"]
    document["teams"][3]["organisation"] = None
    document["teams"][4]["members"].append({"code": None, "name": "李乙"})
    document["keys"][4]["organisation"] = ""
    assert all(
        "is missing" in fault.wrong or "is ''" in fault.wrong for fault in faults_of(document)
    )


@pytest.mark.parametrize("document", [None, [], "park", 7, {}])
def test_what_is_no_directory_at_all_is_refused(document: object) -> None:
    assert faults_of(document)[0].path in ("", "park")


def test_faults_in_sentences_say_where_what_and_what_instead() -> None:
    with pytest.raises(InvalidDirectoryError, match=r"^document: is nothing; allowed: a mapping"):
        read(None)


def test_kinds_and_profiles_are_held_against_those_that_exist() -> None:
    document = park_document()
    document["kinds"] = [{"code": "petition"}, {"code": "police-alert", "profile": "116"}]
    with pytest.raises(InvalidDirectoryError) as caught:
        read_directory(
            document, version=1, now=NOW, kinds=["police-alert"], profiles=["observe", "115"]
        )
    assert [fault.sentence for fault in caught.value.faults] == [
        "kinds[0].code: 'petition' is unknown; allowed: police-alert",
        "kinds[1].profile: '116' is unknown; allowed: 115, observe",
    ]


def test_the_demo_park_is_a_directory() -> None:
    document = yaml.safe_load(DEMO_PARK.read_text(encoding="utf-8"))
    directory = read_directory(
        document, version=1, now=NOW, kinds=["police-alert"], profiles=["115", "observe"]
    )
    lookup = Lookup(directory)
    assert "【演示·虚构】" in directory.park.name_zh
    assert len(directory.enterprises) == 6
    assert len(directory.stations) == 2
    assert directory.keys == ()
    for center in directory.centers:
        own = [entry for entry in directory.teams if entry.organisation == center.code]
        if center.code == directory.park.fallback_center:
            continue
        assert {entry.function_group for entry in own} == set(FunctionGroup)
        duty = [entry for entry in own if entry.function_group is FunctionGroup.DUTY_LINKAGE]
        assert len(duty) in (2, 3)
        assert len({member.code for entry in own for member in entry.members}) == 12
    assert all(lookup.center_of(place.code) is not None for place in directory.places)


def test_a_directory_written_and_read_again_is_the_same() -> None:
    directory = read(park_document(), version=3)
    assert read(to_document(directory), version=3) == directory


def test_the_digest_follows_the_content_and_not_the_version() -> None:
    document = park_document()
    assert digest(read(document)) == digest(read(document, version=2))
    document["teams"][0]["on_duty"] = False
    assert digest(read(document)) != digest(read(park_document()))


codes = st.text("abcXYZ019._-", min_size=1, max_size=8).filter(lambda code: code[0].isalnum())
names = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Zs", "Zl", "Zp", "Cf"]), min_size=1, max_size=9
)
moments = st.none() | st.datetimes(
    min_value=datetime(2000, 1, 1),  # noqa: DTZ001 -- hypothesis adds the zone
    max_value=datetime(2100, 1, 1),  # noqa: DTZ001 -- hypothesis adds the zone
    timezones=st.just(UTC),
).map(lambda moment: moment.isoformat())


@st.composite
def park_documents(draw: st.DrawFn) -> dict[str, Any]:
    """Any small park: some centers below the root, teams anywhere, keys for some teams."""
    document = park_document()
    document["park"]["name"] = {"zh": draw(names), "en": draw(names)}
    places = [entry["code"] for entry in document["places"]]
    organisations = ["park", "east-center", "west-center"]
    document["teams"] = [
        {
            "code": code,
            "name": draw(names),
            "organisation": draw(st.sampled_from(organisations)),
            "function_group": draw(st.sampled_from([group.value for group in FunctionGroup])),
            "place": draw(st.none() | st.sampled_from(places)),
            "on_duty": draw(st.booleans()),
            "resting_until": draw(moments),
            "members": [
                {"code": f"{code[:9]}-{n}", "name": "张甲"} for n in range(draw(st.integers(0, 2)))
            ],
        }
        for code in draw(st.lists(codes, unique=True, max_size=5))
    ]
    document["keys"] = [
        key(f"k-{n}", "team", entry["organisation"], team=entry["code"], expires_at=draw(moments))
        for n, entry in enumerate(document["teams"])
    ]
    return document


@given(park_documents())
def test_any_directory_survives_writing_and_reading(document: dict[str, Any]) -> None:
    directory = read(document)
    assert read(to_document(directory)) == directory


junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | moments,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


@given(st.data())
def test_no_document_breaks_the_reader(data: st.DataObject) -> None:
    document = park_document()
    spots = [(holder, name) for holder in _mappings(document) for name in (*holder, "unknown")]
    for holder, name in data.draw(st.lists(st.sampled_from(spots), min_size=1, max_size=4)):
        holder[name] = data.draw(junk)
    try:
        faults: tuple[Fault, ...] = ()
        directory = read(document)
    except InvalidDirectoryError as error:
        faults = error.faults
    else:
        assert read(to_document(directory)) == directory
    assert all(fault.wrong and fault.allowed for fault in faults)


def _mappings(value: object) -> list[dict[str, Any]]:
    if isinstance(value, list):
        return [found for entry in value for found in _mappings(entry)]
    if isinstance(value, dict):
        return [value, *(found for entry in value.values() for found in _mappings(entry))]
    return []


def test_neighbours_are_other_centers_each_once() -> None:
    document = park_document()
    document["centers"][1]["neighbours"] = ["west-center", "park-center"]
    assert read(document).centers[1].neighbours == ("west-center", "park-center")
    for wrong, fault in (
        ("west-center", "centers[1].neighbours: is 'west-center'; allowed: a list"),
        (
            ["west-center"] * 2,
            "centers[1].neighbours[1]: 'west-center' stands there twice; allowed",
        ),
        (["moon"], "centers[1].neighbours[0]: 'moon' is unknown; allowed: the code of another"),
        (["east-center"], "centers[1].neighbours[0]: 'east-center' is itself; allowed: the code"),
        (["a b"], "centers[1].neighbours[0]: is 'a b'; allowed: text: 1 to 64"),
        (["west-center"] * 21, "centers[1].neighbours: has 21 entries; allowed: at most 20"),
    ):
        document["centers"][1]["neighbours"] = wrong
        assert any(entry.sentence.startswith(fault) for entry in faults_of(document)), fault
