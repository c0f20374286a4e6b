"""The lines of the 115 ladder that tell people: who is told what, when, if nobody acts."""

import pytest

from incident import commands as c
from incident.alert import Severity
from incident.ladder import is_over
from incident.lifecycle import State
from incident.profile import Action, Whose
from tests.builders import an_incident, at
from tests.incident.telling import (
    MICROSECOND,
    ON_SCENE,
    URGENT,
    USUAL,
    first_due,
    reach,
    rung,
    steps,
    told,
)
from tests.incident.world import A, B


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
