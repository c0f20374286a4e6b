"""Ranking teams: who goes, and why not each of the others."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incident.alert import IncidentId, OrganisationId, TeamId
from incident.assignment import LeftOutReason, Ranking, Scene, choose, rank_teams, scene_of
from incident.directory import FunctionGroup, Lookup
from incident.events import EndReason
from incident.lifecycle import Assignment, RoundCause
from tests.builders import CENTER, a_round, an_incident, at
from tests.incident.directories import NOW, park_document, park_lookup, read, team

INCIDENT = IncidentId(UUID(int=1))
OTHER = IncidentId(UUID(int=2))
EAST = OrganisationId("east-center")
ON_THE_FLOOR = Scene(incident=INCIDENT, center=EAST, place="east-1-2")


def rank(scene: Scene, *, lookup: Lookup | None = None, **more: Any) -> Ranking:  # noqa: ANN401 -- passed on
    lookup = lookup or park_lookup()
    arguments: dict[str, Any] = {"engaged": {}, "now": NOW, **more}
    return rank_teams(lookup.directory.teams, scene=scene, lookup=lookup, **arguments)


def with_teams(*teams: dict[str, object]) -> Lookup:
    document = park_document()
    document["teams"], document["keys"] = list(teams), []
    return Lookup(read(document))


def ranked(ranking: Ranking) -> dict[str, tuple[str, ...]]:
    return {
        entry.team.code: tuple(reason.value for reason in entry.reasons)
        for entry in ranking.candidates
    }


def left_out(ranking: Ranking) -> dict[str, str]:
    return {entry.team.code: entry.reason.value for entry in ranking.left_out}


def test_the_nearest_free_team_goes_and_each_other_is_told_why_not() -> None:
    ranking = rank(ON_THE_FLOOR, now=NOW + timedelta(hours=2))
    assert ranked(ranking) == {
        "east-a": ("same_building", "own_center"),
        "east-b": ("other_building", "same_enterprise", "own_center"),
        "shared": ("farther", "shared"),
    }
    assert left_out(ranking) == {
        "east-b": "other_building",
        "shared": "farther",
        "east-m": "wrong_group",
        "west-a": "other_center",
    }
    chosen = choose(ranking)
    assert chosen is not None
    assert chosen.team.code == "east-a"


def test_a_team_rests_until_the_very_moment_and_not_after() -> None:
    until = NOW + timedelta(hours=1)
    before = rank(ON_THE_FLOOR, now=until - timedelta(microseconds=1))
    assert left_out(before)["east-b"] == "resting"
    assert "east-b" in ranked(rank(ON_THE_FLOOR, now=until))


@pytest.mark.parametrize("team_code", ["east-a", "shared"])
def test_a_team_on_another_incident_is_busy_whatever_that_incident_is(team_code: str) -> None:
    ranking = rank(ON_THE_FLOOR, engaged={TeamId(team_code): OTHER})
    assert left_out(ranking)[team_code] == "busy"
    assert team_code not in ranked(ranking)


def test_a_team_on_this_incident_is_not_sent_twice() -> None:
    by_scene = rank(replace(ON_THE_FLOOR, assigned=frozenset({TeamId("east-a")})))
    by_engagement = rank(ON_THE_FLOOR, engaged={TeamId("east-a"): INCIDENT})
    assert left_out(by_scene)["east-a"] == "already_assigned"
    assert left_out(by_engagement)["east-a"] == "already_assigned"


def test_a_team_that_declined_is_not_asked_again() -> None:
    ranking = rank(replace(ON_THE_FLOOR, declined=frozenset({TeamId("east-a")})))
    assert left_out(ranking)["east-a"] == "declined"
    assert next(iter(ranked(ranking))) == "shared"


def test_an_off_duty_team_is_left_out() -> None:
    ranking = rank(ON_THE_FLOOR, wanted=FunctionGroup.MEDIATION)
    assert left_out(ranking) == {
        "east-a": "wrong_group",
        "east-b": "wrong_group",
        "east-m": "off_duty",
        "shared": "wrong_group",
        "west-a": "other_center",
    }
    assert choose(ranking) is None


def test_of_several_hindrances_the_one_that_holds_longest_is_told() -> None:
    lookup = with_teams(
        team("a", "west-center", "west-1", group="mediation", on_duty=False),
        team("b", "east-center", "east-1", group="mediation", on_duty=False),
        team("c", "east-center", "east-1", on_duty=False, resting_until="2027-01-01T00:00:00Z"),
        team("d", "east-center", "east-1", resting_until="2027-01-01T00:00:00Z"),
    )
    engaged = dict.fromkeys(map(TeamId, "abcd"), OTHER)
    scene = replace(ON_THE_FLOOR, declined=frozenset(map(TeamId, "abcd")))
    assert left_out(rank(scene, lookup=lookup, engaged=engaged)) == {
        "a": "other_center",
        "b": "wrong_group",
        "c": "off_duty",
        "d": "resting",
    }


def test_ties_go_to_the_own_team_and_then_to_the_lower_code() -> None:
    lookup = with_teams(
        team("a", "park", "east-1"),
        team("c", "east-center", "east-1"),
        team("b", "east-center", "east-1"),
    )
    ranking = rank(ON_THE_FLOOR, lookup=lookup)
    assert list(ranked(ranking)) == ["b", "c", "a"]
    assert left_out(ranking) == {"c": "later_code", "a": "shared"}


def test_a_shared_team_in_the_building_goes_before_an_own_one_in_another() -> None:
    lookup = with_teams(team("a", "east-center", "east-2"), team("b", "park", "east-1"))
    assert list(ranked(rank(ON_THE_FLOOR, lookup=lookup))) == ["b", "a"]


def test_a_team_whose_base_is_unknown_goes_last() -> None:
    lookup = with_teams(
        {**team("a", "east-center", ""), "place": None},
        {**team("b", "park", ""), "place": None},
        team("c", "park", "west-1"),
    )
    ranking = rank(ON_THE_FLOOR, lookup=lookup)
    assert ranked(ranking) == {
        "c": ("other_building", "farther", "shared"),
        "a": ("base_unknown", "own_center"),
        "b": ("base_unknown", "shared"),
    }
    assert left_out(ranking) == {"a": "base_unknown", "b": "base_unknown"}


def test_with_only_unknown_bases_the_own_team_goes() -> None:
    lookup = with_teams(
        {**team("a", "park", ""), "place": None}, {**team("b", "east-center", ""), "place": None}
    )
    ranking = rank(ON_THE_FLOOR, lookup=lookup)
    assert list(ranked(ranking)) == ["b", "a"]
    assert left_out(ranking) == {"a": "shared"}


@pytest.mark.parametrize("place", [None, "a place nobody knows"])
def test_without_a_known_place_the_root_of_the_centers_area_counts(place: str | None) -> None:
    ranking = rank(replace(ON_THE_FLOOR, place=place))
    assert ranked(ranking) == {
        "east-a": ("same_enterprise", "own_center"),
        "shared": ("farther", "shared"),
    }
    assert left_out(ranking)["shared"] == "farther"


def test_outside_all_enterprises_the_same_place_is_told_as_such() -> None:
    ranking = rank(Scene(incident=INCIDENT, center=OrganisationId("park-center"), place="road"))
    assert ranked(ranking) == {"shared": ("same_place", "shared")}


def test_an_incident_of_an_unknown_center_is_near_to_nobody() -> None:
    ranking = rank(Scene(incident=INCIDENT, center=OrganisationId("gone")))
    assert ranked(ranking) == {"shared": ("base_unknown", "shared")}


def agreed(*, busy: dict[TeamId, IncidentId] | None = None) -> Ranking:
    """East's ranking where west agreed to send a team, and some are on another incident."""
    document = park_document()
    document["centers"][1]["neighbours"] = ["west-center"]
    return rank(ON_THE_FLOOR, lookup=Lookup(read(document)), engaged=busy or {})


def test_a_neighbours_team_goes_after_all_of_the_center_and_the_park() -> None:
    ranking = agreed()
    assert list(ranked(ranking)) == ["east-a", "shared", "west-a"]
    assert ranked(ranking)["west-a"][-1] == "neighbour"
    assert left_out(ranking)["west-a"] == "neighbour"
    assert ranking.passed_over == ()


def test_where_none_of_them_can_go_the_neighbours_team_does_and_each_is_told_why_not() -> None:
    ranking = agreed(busy={TeamId("east-a"): OTHER, TeamId("shared"): OTHER})
    assert list(ranked(ranking)) == ["west-a"]
    assert ranking.passed_over == (
        "east-a:busy",
        "east-b:resting",
        "east-m:wrong_group",
        "shared:busy",
    )
    assert ranking.hindrances == ranking.passed_over


def test_the_lookup_names_the_teams_that_come_by_agreement() -> None:
    document = park_document()
    document["centers"][1]["neighbours"] = ["west-center"]
    lookup = Lookup(read(document))
    assert [team.code for team in lookup.teams_by_agreement("east-center")] == ["west-a"]
    assert lookup.teams_by_agreement("west-center") == ()
    assert lookup.neighbours_of("nowhere") == ()


def test_no_teams_no_candidates() -> None:
    assert rank(ON_THE_FLOOR, lookup=with_teams()) == Ranking(candidates=(), left_out=())


def test_a_scene_names_who_is_on_it_and_who_declined_in_this_round() -> None:
    def assignment(number: int, end: EndReason | None, round_number: int = 2) -> Assignment:
        return Assignment(
            number=number,
            team=TeamId(f"t{number}"),
            organisation=CENTER,
            round=round_number,
            assigned_at=at(60),
            ended_at=at(90) if end else None,
            end_reason=end,
        )

    rounds = [a_round(1, RoundCause.OPENED, 0, ended=50), a_round(2, RoundCause.TRANSFERRED, 50)]
    incident = replace(
        an_incident(rounds=rounds),
        place="east-1-2",
        assignments=(
            assignment(1, EndReason.DECLINED, round_number=1),
            assignment(2, None),
            assignment(3, EndReason.DECLINED),
            assignment(4, EndReason.RELEASED),
        ),
    )
    assert scene_of(incident) == Scene(
        incident=incident.id,
        center=CENTER,
        place="east-1-2",
        assigned=frozenset({TeamId("t2")}),
        declined=frozenset({TeamId("t3")}),
    )


@given(st.data())
def test_every_team_is_either_chosen_or_left_out_with_one_reason(data: st.DataObject) -> None:
    lookup = park_lookup()
    places = st.none() | st.sampled_from(sorted(lookup.places))
    organisations = st.sampled_from(["park", "east-center", "west-center"])
    teams = [
        replace(
            lookup.directory.teams[0],
            code=TeamId(code),
            organisation=OrganisationId(data.draw(organisations)),
            place=data.draw(places),
            on_duty=data.draw(st.booleans()),
            function_group=data.draw(st.sampled_from(FunctionGroup)),
        )
        for code in data.draw(st.lists(st.sampled_from("abcdefgh"), unique=True))
    ]
    scene = Scene(
        incident=INCIDENT,
        center=OrganisationId(data.draw(st.sampled_from(["east-center", "park-center", "gone"]))),
        place=data.draw(places),
    )
    engaged = {TeamId(code): OTHER for code in data.draw(st.sets(st.sampled_from("abcdefgh")))}

    def run(order: list[Any]) -> Ranking:
        return rank_teams(order, scene=scene, lookup=lookup, engaged=engaged, now=NOW)

    ranking = run(teams)
    chosen = choose(ranking)
    told = [entry.team.code for entry in ranking.left_out]
    assert sorted(told + ([chosen.team.code] if chosen else [])) == sorted(t.code for t in teams)
    assert [entry.team.code for entry in ranking.candidates[1:]] == told[
        : len(ranking.candidates[1:])
    ]
    for entry in ranking.candidates:
        assert entry.team.on_duty
        assert entry.team.code not in engaged
        assert entry.team.function_group is FunctionGroup.DUTY_LINKAGE
    unable = {entry.reason for entry in ranking.left_out[len(ranking.candidates[1:]) :]}
    assert unable <= set(LeftOutReason) - {LeftOutReason.FARTHER, LeftOutReason.LATER_CODE}
    assert run(teams[::-1]) == ranking
