"""The lines of the 115 ladder that tell people: who is told what, when, if nobody acts."""

from dataclasses import replace

import pytest

from incident import commands as c
from incident.alert import IncidentId, Severity
from incident.errors import AssignmentEnded, UnknownThing
from incident.ladder import Step, is_over, plan, rung_of, team_of
from incident.lifecycle import Incident, State
from incident.moments import MomentName
from incident.profile import Action, Rung, Whose, rungs_of
from tests.builders import PROFILE_115, STATION, an_alert, an_incident, at
from tests.incident.world import OFFICER, OTHER_CENTER, A, B, World

MICROSECOND = 0.000001
FOREVER = 100_000.0
URGENT, USUAL = (Severity.RED, Severity.ORANGE), (Severity.YELLOW, Severity.BLUE)


def steps(incident: Incident, now: float = FOREVER) -> dict[str, Step]:
    """The steps due, by their keys."""
    return {step.key: step for step in plan(incident, now=at(now)).due}


def first_due(incident: Incident, code: str) -> float | None:
    """When the first step of a rung is due, in seconds; None if it never is."""
    found = [step.due_at for step in steps(incident).values() if step.code == code]
    return (min(found) - at(0)).total_seconds() if found else None


def rung(code: str) -> Rung:
    (found,) = (entry for entry in rungs_of(PROFILE_115) if entry.code == code)
    return found


def told(code: str) -> tuple[Action, str | None, Whose, str | None]:
    """What a rung does and whom it tells."""
    found = rung(code)
    return (found.action, found.post, found.of, found.callback)


def reach(*commands: c.Command, alert_of: Severity = Severity.YELLOW) -> tuple[World, IncidentId]:
    """An incident of the 115 profile that was given these commands at second 1."""
    world = World()
    id_ = world.open(an_alert(severity=alert_of), profile=PROFILE_115)
    world.do(id_, *commands)
    return world, id_


ON_SCENE = (c.Receipt(), c.Acknowledge(), c.Assign(teams=(A,)), c.Accept(team=A), c.Arrive(team=A))


@pytest.mark.parametrize(
    ("severity", "seconds"),
    [*((severity, 15) for severity in URGENT), *((severity, 60) for severity in USUAL)],
)
def test_without_receipt_the_chief_is_called_sooner_the_more_urgent_it_is(
    severity: Severity, seconds: float
) -> None:
    assert first_due(an_incident({}, severity=severity), "undelivered-chief") == seconds
    assert told("undelivered-chief") == (Action.NOTIFY, "chief", Whose.CENTER, None)
    assert rung("undelivered-chief").voice


@pytest.mark.parametrize("severity", Severity)
def test_without_receipt_the_station_is_told_after_45_seconds(severity: Severity) -> None:
    assert first_due(an_incident({}, severity=severity), "undelivered-station") == 45
    assert told("undelivered-station") == (Action.NOTIFY, None, Whose.STATION, "not_delivered")


def test_without_receipt_the_park_hears_after_60_seconds_in_a_digest_unless_it_is_red() -> None:
    assert first_due(an_incident({}), "undelivered-park") == 60
    assert told("undelivered-park") == (Action.NOTIFY, "supervisor", Whose.PARK, None)
    assert rung("undelivered-park").digest_unless == (Severity.RED,)


@pytest.mark.parametrize(
    "code", ["undelivered-chief", "undelivered-station", "undelivered-park", "direct-assign"]
)
def test_a_receipt_ends_all_that_is_done_for_want_of_one(code: str) -> None:
    assert first_due(an_incident({}), code) is not None
    assert first_due(an_incident({"pushed": 4}), code) is None


@pytest.mark.parametrize(
    ("code", "seconds", "whom"),
    [
        ("unacknowledged-louder", 15, (Action.LOUDER, None, Whose.CENTER, None)),
        ("unacknowledged-deputy", 30, (Action.NOTIFY, "deputy", Whose.CENTER, None)),
        (
            "unacknowledged-park",
            60,
            (Action.NOTIFY, "supervisor", Whose.PARK, "not_acknowledged"),
        ),
    ],
)
def test_what_nobody_has_signed_for_gets_louder_rings_the_deputy_and_reaches_station_and_park(
    code: str, seconds: float, whom: tuple[object, ...]
) -> None:
    assert first_due(an_incident({"pushed": 10}), code) == 10 + seconds
    assert told(code) == whom
    assert first_due(an_incident({"pushed": 10, "acknowledged": 12}), code) is None
    assert first_due(an_incident({}), code) is None


def test_with_nobody_sent_after_60_seconds_station_and_supervisor_are_told() -> None:
    assert first_due(an_incident({"pushed": 10}), "unassigned-park") == 70
    assert told("unassigned-park") == (Action.NOTIFY, "supervisor", Whose.PARK, "not_assigned")
    assert first_due(an_incident({"pushed": 10, "assigned": 20}), "unassigned-park") is None


@pytest.mark.parametrize(
    ("code", "start", "wait"), [("auto-assign", "pushed", 45), ("direct-assign", None, 60)]
)
def test_sending_a_team_is_tried_ten_times_while_there_is_none(
    code: str, start: str | None, wait: int
) -> None:
    incident = an_incident({} if start is None else {start: 0})
    tries = [step for step in steps(incident).values() if step.code == code]
    assert [step.due_at for step in tries] == [at(wait * count) for count in range(1, 11)]
    sent = an_incident({"assigned": 50} if start is None else {start: 0, "assigned": 50})
    assert first_due(sent, code) is None


def test_a_team_that_does_not_accept_is_called_as_well_as_another_added() -> None:
    assert first_due(an_incident({"assigned": 10}), "unaccepted-team") == 40
    assert rung("unaccepted-team").voice
    assert told("unaccepted-team") == (Action.NOTIFY, "team", Whose.TEAM, None)
    assert first_due(an_incident({"assigned": 10, "accepted": 20}), "unaccepted-team") is None


@pytest.mark.parametrize("code", ["not-departed-team", "not-departed-operator"])
def test_a_team_that_has_not_set_off_60_seconds_after_accepting_is_told(code: str) -> None:
    assert first_due(an_incident({"assigned": 10, "accepted": 20}), code) == 80
    assert first_due(an_incident({"accepted": 20, "en_route": 30}), code) is None


@pytest.mark.parametrize(
    ("code", "seconds"),
    [
        ("late-on-scene-team", 225),
        ("late-on-scene-console", 225),
        ("not-on-scene-park", 300),
        ("propose-team", 300),
    ],
)
def test_team_and_console_hear_at_three_quarters_supervisor_and_station_at_five_minutes(
    code: str, seconds: float
) -> None:
    on_its_way = {"assigned": 10.0, "accepted": 20.0, "en_route": 30.0}
    assert first_due(an_incident(on_its_way), code) == 10 + seconds
    assert first_due(an_incident(on_its_way | {"on_scene": 200}), code) is None
    assert told("not-on-scene-park")[1:] == ("supervisor", Whose.PARK, "late_on_scene")
    assert rung("late-on-scene-console").action is Action.LOUDER
    assert rung("propose-team").action is Action.PROPOSE_TEAM


def test_a_team_on_scene_is_to_check_in_every_ten_minutes_and_twice_missed_is_a_call_for_help() -> (
    None
):
    world, id_ = reach(*ON_SCENE)
    due = steps(world[id_], 1201)
    assert due["1/check-in-team.A.0/1"].due_at == at(601)
    assert due["1/check-in-missed.A.0/1"].due_at == at(1201)
    assert due["1/check-in-missed.A.0/1"].action is Action.REQUEST_HELP
    assert due["1/check-in-help.A.0/1"].team == A
    assert "1/check-in-missed.A.0/1" not in steps(world[id_], 1201 - MICROSECOND)


def test_a_check_in_begins_the_ten_minutes_anew_for_that_team_alone() -> None:
    world, id_ = reach(*ON_SCENE, c.Assign(teams=(B,)), c.Arrive(team=B))
    world.now = 500
    world.do(id_, c.CheckIn(team=A))
    due = steps(world[id_], 1101)
    assert due["1/check-in-team.A.1/1"].due_at == at(1100)
    assert due["1/check-in-team.B.0/1"].due_at == at(601)
    assert is_over(world[id_], "1/check-in-team.A.0/1")
    assert not is_over(world[id_], "1/check-in-team.B.0/1")


def test_a_team_that_left_is_not_asked_whether_it_is_safe() -> None:
    world, id_ = reach(*ON_SCENE, c.Release(team=A))
    assert not [key for key in steps(world[id_]) if "check-in" in key]


@pytest.mark.parametrize("post", ["operator", "chief"])
@pytest.mark.parametrize(
    ("code", "seconds"),
    [
        ("feedback-at-risk", 1350),
        ("feedback-due", 1800),
        ("close-at-risk", 5400),
        ("close-due", 7200),
    ],
)
def test_operator_and_chief_hear_of_outcome_and_closing_at_three_quarters_and_when_due(
    code: str, seconds: float, post: str
) -> None:
    assert first_due(an_incident({"on_scene": 100}), f"{code}-{post}") == 100 + seconds
    assert rung(f"{code}-{post}").post == post


def test_once_the_outcome_was_reported_only_the_closing_is_waited_for() -> None:
    resolved = an_incident({"on_scene": 100, "resolved": 200}, state=State.RESOLVED)
    codes = {step.code.rpartition("-")[0] for step in steps(resolved).values()}
    assert codes == {"close-at-risk", "close-due"}


def test_responsibility_climbs_level_by_level_while_nobody_is_on_scene() -> None:
    climbed = [step for step in steps(an_incident({})).values() if step.rung.level is not None]
    assert [(step.rung.level, step.rung.post, step.rung.of) for step in climbed] == [
        (1, "micro-grid-leader", Whose.CENTER),
        (2, "group-leader", Whose.CENTER),
        (3, "chief", Whose.CENTER),
        (4, "supervisor", Whose.PARK),
        (5, "duty-officer", Whose.STATION),
    ]
    assert [step.due_at for step in climbed] == sorted({step.due_at for step in climbed})
    arrived = steps(an_incident({"on_scene": 299}))
    assert not [step for step in arrived.values() if step.rung.level is not None]


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
