"""The lines of the 115 ladder that wait for somebody to note, and when all that was told ends."""

from dataclasses import replace

import pytest

from incident import commands as c
from incident.alert import Severity
from incident.errors import AssignmentEnded, UnknownThing
from incident.ladder import is_over, plan, rung_of, team_of
from incident.moments import MomentName
from incident.profile import Action, Whose, rungs_of
from tests.builders import PROFILE_115, STATION, an_alert, an_incident, at
from tests.incident.telling import (
    FOREVER,
    MICROSECOND,
    ON_SCENE,
    first_due,
    reach,
    rung,
    steps,
    told,
)
from tests.incident.world import OFFICER, OTHER_CENTER, A, B, World


@pytest.mark.parametrize("change", [c.Update(text="more"), c.Update(severity=Severity.RED)])
def test_each_live_team_is_called_that_has_not_noted_an_update_after_30_seconds(
    change: c.Update,
) -> None:
    world, id_ = reach(c.Assign(teams=(A, B)))
    world.now = 100
    world.do(id_, change)
    world.do(id_, c.Noted(number=1, team=B))
    due = steps(world[id_], 130)
    called = due["1/update-unnoted.A.1/1"]
    assert (called.due_at, called.team, called.rung.voice) == (at(130), A, True)
    assert "1/update-unnoted.B.1/1" not in due
    world.do(id_, c.Noted(number=1, team=A))
    assert "1/update-unnoted.A.1/1" not in steps(world[id_])
    assert is_over(world[id_], "1/update-unnoted.A.1/1")


def test_a_team_sent_after_an_update_need_not_note_it() -> None:
    world, id_ = reach()
    world.do(id_, c.Update(text="more"))
    world.now = 50
    world.do(id_, c.Assign(teams=(A,)))
    assert not [key for key in steps(world[id_]) if "unnoted" in key]


def test_each_team_is_called_that_has_not_noted_the_withdrawal_after_30_seconds() -> None:
    world, id_ = reach(c.Assign(teams=(A, B)))
    world.now = 100
    world.do(id_, c.Cancel(reason="mistake"))
    world.do(id_, c.Noted(number=1, team=B))
    assert set(steps(world[id_], 130)) == {"1/cancellation-unnoted.A.1/1"}
    assert not steps(world[id_], 130 - MICROSECOND)
    world.do(id_, c.Noted(number=1, team=A))
    assert world[id_].end_noted_by == (B, A)
    assert not steps(world[id_])
    assert is_over(world[id_], "1/cancellation-unnoted.A.1/1")


def test_an_unaccepted_hand_over_climbs_to_the_command_center_after_60_seconds() -> None:
    world, id_ = reach(c.Receipt())
    world.now = 100
    world.do(id_, c.HandOver(to=STATION, reason="crime"))
    due = steps(world[id_], 160)
    assert due["1/handover-unaccepted.100/1"].due_at == at(160)
    assert told("handover-unaccepted") == (Action.NOTIFY, "command-center", Whose.STATION, None)
    assert world[id_].center == "heling"  # until it is accepted, the center owns it
    world.do(id_, c.AcceptHandover(officer="110"), actor=OFFICER)
    assert not steps(world[id_])
    assert is_over(world[id_], "1/handover-unaccepted.100/1")


def test_an_offer_to_somebody_else_waits_anew() -> None:
    world, id_ = reach(c.Receipt(), c.HandOver(to=STATION, reason="crime"))
    (first,) = (key for key in steps(world[id_], 61) if "handover" in key)
    world.now = 70
    other = world.facts(id_).police - {STATION}
    world.do(id_, c.HandOver(to=next(iter(other)), reason="theirs"))
    assert is_over(world[id_], first)
    assert "1/handover-unaccepted.70/1" in steps(world[id_], 130)


@pytest.mark.parametrize(
    ("key", "code", "team"),
    [
        ("1/unacknowledged-deputy/1", "unacknowledged-deputy", None),
        ("2/update-unnoted.east.a-1.12/1", "update-unnoted", "east.a-1"),
        ("1/handover-unaccepted.100/1", "handover-unaccepted", None),
        ("1/nothing/1", None, None),
        ("", None, None),
    ],
)
def test_the_key_of_a_step_names_its_rung_and_its_team(
    key: str, code: str | None, team: str | None
) -> None:
    found = rung_of(an_incident({}), key)
    assert (None if found is None else found.code) == code
    assert team_of(key) == team


@pytest.mark.parametrize(
    ("key", "over"),
    [
        ("1/undelivered-chief/1", True),
        ("1/unacknowledged-deputy/1", False),
        ("1/late-on-scene-team/1", True),
        ("2/unacknowledged-deputy/1", True),
        ("1/nothing/1", True),
    ],
)
def test_whoever_was_alerted_may_stand_down_once_the_cause_is_gone(key: str, over: bool) -> None:
    assert is_over(an_incident({"pushed": 20}), key) is over


def test_in_a_new_round_and_after_the_end_all_that_was_alerted_stands_down() -> None:
    world, id_ = reach(c.Receipt())
    key = "1/unacknowledged-deputy/1"
    assert not is_over(world[id_], key)
    world.do(id_, c.Transfer(center=OTHER_CENTER, reason="theirs"))
    assert is_over(world[id_], key)
    world.do(id_, c.Close(disposition="by_telephone"))
    assert is_over(world[id_], "2/undelivered-chief/1")
    assert plan(world[id_], now=at(FOREVER)).due == ()


def test_a_rung_for_some_severities_runs_for_those_alone() -> None:
    only = replace(rung("unacknowledged-deputy"), severities=(Severity.RED,))
    profile = replace(PROFILE_115, ladder=(), further=(only,))
    for severity in Severity:
        incident = an_incident({"pushed": 0}, severity=severity, profile=profile)
        assert bool(steps(incident)) is (severity is Severity.RED)


def test_a_late_alert_tells_people_and_sends_nobody() -> None:
    late = an_incident({"pushed": 5}, alert=an_alert(late=True))
    codes = {step.code for step in steps(late).values()}
    assert {"unacknowledged-deputy", "unassigned-park"} <= codes
    assert not codes & {"auto-assign", "direct-assign", "add-team"}


def test_a_further_withdrawal_after_a_reopening_is_to_be_noted_anew() -> None:
    world, id_ = reach(c.Assign(teams=(A,)))
    world.do(id_, c.Cancel(reason="mistake"))
    world.do(id_, c.Noted(number=1, team=A))
    world.now = 50
    world.do(id_, c.Reopen(reason="again"), c.Assign(teams=(B,)))
    assert world[id_].end_noted_by == ()
    world.do(id_, c.Cancel(reason="mistake"))
    assert set(steps(world[id_], 80)) == {"2/cancellation-unnoted.B.1/1"}


def test_fire_brigade_and_ambulance_are_no_police_on_record() -> None:
    world = World()
    alert = replace(an_alert(), circumstances=replace(an_alert().circumstances, injured=1))
    incident = world[world.open(alert, profile=PROFILE_115)]
    assert not incident.has(MomentName.POLICE_REQUESTED)
    assert [step.key for step in steps(incident, 2).values()] == ["1/ask-ambulance/1"]


def test_the_deputy_is_rung_at_once_where_everybody_at_the_desk_is_away() -> None:
    incident = an_incident({})
    assert first_due(incident, "away-deputy") is None
    away = replace(incident, away=True)
    assert first_due(away, "away-deputy") == 0
    assert told("away-deputy") == (Action.NOTIFY, "deputy", Whose.CENTER, None)
    taken = an_incident({"pushed": 1, "acknowledged": 2})
    assert first_due(replace(taken, away=True), "away-deputy") is None


def test_a_return_to_the_team_rings_no_deputy() -> None:
    world, id_ = reach(*ON_SCENE, c.Resolve(team=A), c.Return(reason="incomplete"))
    assert first_due(replace(world[id_], away=True), "away-deputy") is None


def test_nothing_is_due_of_what_was_entered_after_it_was_over() -> None:
    incident = replace(an_incident({}), late_entry=True)
    assert plan(incident, now=at(FOREVER)).due == ()
    assert is_over(incident, "1/undelivered-chief/1")


def test_a_withdrawal_is_noted_once_by_its_number_and_by_those_who_were_on_it() -> None:
    world, id_ = reach(c.Assign(teams=(A, B)), c.Release(team=B), c.Cancel(reason="mistake"))
    with pytest.raises(UnknownThing) as other:
        world.do(id_, c.Noted(number=2, team=A))
    assert other.value.allowed == ("1",)
    with pytest.raises(AssignmentEnded):
        world.do(id_, c.Noted(number=1, team=B))
    assert world.do(id_, c.Noted(number=1, team=A))
    assert world.do(id_, c.Noted(number=1, team=A)) == ()


def test_the_rungs_of_very_many_profiles_are_made_anew_and_stay_the_same() -> None:
    kept = [replace(PROFILE_115, code=f"p{number}") for number in range(300)]
    first = rungs_of(kept[0])
    assert all(rungs_of(profile) == first for profile in kept)
    assert rungs_of(kept[0]) == first
