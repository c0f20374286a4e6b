"""The park of a file: everybody in the records has a place in it, whatever they are called."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from incident.directory import Directory, Lookup, read_directory
from services.cli.replay import park as parks
from services.cli.replay.park import Park
from tests.services.cli.replay.files import calls, row

NOW = datetime(2026, 3, 2, tzinfo=UTC)
WEIRD = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Zs"]), min_size=1)


def directory(park: Park) -> Directory:
    return read_directory(park.document, version=1, now=NOW)


def test_each_station_area_has_a_center_and_the_units_are_everybody_s() -> None:
    found = calls(row("1", "E01", station_area="41"), row("2", "T01", station_area="03"))
    park = parks.build(found)
    lookup = Lookup(directory(park))
    assert set(lookup.centers) == {"center-03", "center-41", "fallback"}
    for center in lookup.centers:
        assert [team.code for team in lookup.teams_for(center)] == ["unit-E01", "unit-T01"]
    assert lookup.kinds["police-alert"].profile == "observe"
    assert lookup.directory.park.time_zone == "America/Los_Angeles"


def test_a_call_without_station_area_goes_to_the_fallback_center() -> None:
    (call,) = calls(row(station_area=""))
    park = parks.build([call])
    assert park.center_of(call) == "fallback" == directory(park).park.fallback_center


@given(units=st.lists(WEIRD, min_size=1, max_size=5), areas=st.lists(WEIRD, max_size=5))
def test_whatever_units_and_areas_are_called_the_directory_is_valid(
    units: list[str], areas: list[str]
) -> None:
    found = calls(
        *(row("1", unit.strip() or "x") for unit in units),
        *(row(str(number), "E01", station_area=area) for number, area in enumerate(areas, 2)),
    )
    park = parks.build(found, prefix="replay-1a2b3c4d-")
    known = directory(park)
    assert len(known.teams) == len({turnout.unit for call in found for turnout in call.turnouts})
    assert {park.center_of(call) for call in found} <= {center.code for center in known.centers}


def test_a_park_added_to_another_one_and_taken_away_leaves_it_as_it_was() -> None:
    mine = parks.build(calls(row("1", "E01")))
    theirs = dict(mine.document) | {"keys": [{"id": "theirs", "organisation": "sffd-park"}]}
    guest = parks.build(calls(row("1", "E01")), prefix="replay-1-")
    moved = parks.moved_into(guest, theirs)
    keys = [{"id": "replay-1-0", "organisation": "sffd-park"}]
    joined = parks.added(theirs, {**moved.document, "keys": keys})
    assert {center["code"] for center in joined["centers"]} >= set(guest.all_centers)
    assert joined["kinds"] == theirs["kinds"]
    assert len(joined["keys"]) == 2
    assert parks.without(joined, "replay-1-") == theirs
