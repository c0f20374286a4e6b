"""Questions asked of a directory."""

import pytest

from incident.alert import TeamId
from incident.directory import Lookup, OrganisationType
from tests.incident.directories import park_document, park_lookup, read


@pytest.mark.parametrize(
    ("code", "center"),
    [
        ("east-center", "east-center"),
        ("east-site", "east-center"),
        ("east-gate", "east-center"),
        ("east-1-2", "east-center"),
        ("west-1", "west-center"),
        ("west-9", "east-center"),
        ("west-9-1", "east-center"),
        ("road", "park-center"),
        ("root", "park-center"),
    ],
)
def test_a_code_leads_to_the_nearest_center_around_it(code: str, center: str) -> None:
    found = park_lookup().center_of(code)
    assert found is not None
    assert found.code == center


def test_a_place_outside_every_area_and_an_unknown_code_lead_nowhere() -> None:
    document = park_document()
    document["centers"][0]["place"] = "road"
    lookup = Lookup(read(document))
    assert lookup.center_of("root") is None
    assert lookup.center_of("nowhere") is None
    assert lookup.fallback_center.code == "park-center"


def test_the_places_around_a_place_are_told_nearest_first() -> None:
    lookup = park_lookup()
    assert lookup.ancestors("east-1-2") == ("east-1", "east-site", "root")
    assert lookup.ancestors("root") == ()
    assert lookup.ancestors("nowhere") == ()


@pytest.mark.parametrize(
    ("place", "building", "enterprise"),
    [
        ("east-1-2", "east-1", "east-site"),
        ("east-1", "east-1", "east-site"),
        ("east-gate", None, "east-site"),
        ("road", None, None),
        ("nowhere", None, None),
    ],
)
def test_the_building_and_the_enterprise_of_a_place(
    place: str, building: str | None, enterprise: str | None
) -> None:
    lookup = park_lookup()
    assert lookup.building_of(place) == building
    assert lookup.enterprise_of(place) == enterprise


def test_a_center_may_send_its_own_teams_and_those_all_share() -> None:
    lookup = park_lookup()
    assert [team.code for team in lookup.teams_for("east-center")] == [
        "east-a",
        "east-b",
        "east-m",
        "shared",
    ]
    assert [team.code for team in lookup.teams_for("park-center")] == ["shared"]


def test_entries_are_found_by_code() -> None:
    lookup = park_lookup()
    team, key = lookup.team(TeamId("east-a")), lookup.key("k-chief")
    assert team is not None
    assert team.name == "east-a 组"
    assert key is not None
    assert key.role == "chief"
    assert lookup.team(TeamId("nobody")) is None
    assert lookup.key("nobody") is None
    assert lookup.kinds["police-alert"].profile == "observe"
    assert lookup.organisations["east"] is OrganisationType.ENTERPRISE
    assert lookup.organisation_exists("station")
    assert not lookup.organisation_exists("road")
