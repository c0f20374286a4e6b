"""The ladder: what is done, when, if nobody acts."""

from dataclasses import replace
from typing import Any

import pytest

from incident.alert import Severity, Status
from incident.ladder import LadderPlan, Step, plan
from incident.lifecycle import ENDED, Incident, RoundCause, State
from incident.profile import Action, Profile, rungs_of
from tests.builders import OBSERVE, PROFILE_115, a_moment, a_round, an_alert, at
from tests.builders import an_incident as built

MICROSECOND = 0.000001
SENDING = replace(
    PROFILE_115,
    ladder=tuple(
        replace(rung, times=1) if rung.action == "assign" else rung for rung in PROFILE_115.ladder
    ),
    further=(),
)
"""The rungs that send a team or the alert, each tried once, without those that tell people."""
LATE = an_alert(late=True)
LATE_RED = an_alert(late=True, severity=Severity.RED)


def an_incident(*stamps: dict[str, float], profile: Profile = SENDING, **more: Any) -> Incident:  # noqa: ANN401  # as the builder takes it
    """An incident whose ladder sends and tells nobody."""
    return built(*stamps, profile=profile, **more)


def due(incident: Incident, now: float) -> list[str]:
    """The keys of the steps due."""
    return [step.key for step in plan(incident, now=at(now)).due]


def wakes(incident: Incident, now: float) -> float | None:
    """When to look again, in seconds from receipt."""
    wake_at = plan(incident, now=at(now)).wake_at
    return None if wake_at is None else (wake_at - at(0)).total_seconds()


def test_the_enterprises_own_system_is_asked_after_five_seconds_without_receipt() -> None:
    assert due(an_incident({}), 5 - MICROSECOND) == []
    assert plan(an_incident({}), now=at(5)).due == (
        Step(key="1/enterprise-webhook/1", rung=rungs_of(SENDING)[0], due_at=at(5)),
    )
    assert due(an_incident({"pushed": 4}), 5) == []


def test_a_center_without_consoles_has_its_own_system_asked_at_once() -> None:
    assert due(an_incident({}, console=False), 0) == ["1/enterprise-webhook/1"]
    assert due(an_incident({}, console=True), 0) == []


def test_a_team_is_assigned_45_seconds_after_receipt_was_confirmed() -> None:
    incident = an_incident({"pushed": 10, "acknowledged": 20})
    assert due(incident, 55 - MICROSECOND) == []
    (step,) = plan(incident, now=at(55)).due
    assert (step.key, step.action, step.mark) == ("1/auto-assign/1", Action.ASSIGN, None)


@pytest.mark.parametrize("severity", [Severity.ORANGE, Severity.YELLOW, Severity.BLUE])
def test_a_team_is_assigned_60_seconds_after_an_alert_that_was_not_delivered(
    severity: Severity,
) -> None:
    incident = an_incident({}, severity=severity, steps=["1/enterprise-webhook/1"])
    assert due(incident, 60 - MICROSECOND) == []
    (step,) = plan(incident, now=at(60)).due
    assert (step.key, step.action, step.mark) == ("1/direct-assign/1", Action.ASSIGN, "undelivered")


def test_a_red_alert_waits_only_30_seconds_for_its_receipt() -> None:
    incident = an_incident({}, severity=Severity.RED, steps=["1/enterprise-webhook/1"])
    assert due(incident, 30 - MICROSECOND) == []
    assert due(incident, 30) == ["1/direct-assign/1"]


def test_raising_the_severity_brings_a_step_forward() -> None:
    steps = ["1/enterprise-webhook/1"]
    yellow = an_alert(severity=Severity.YELLOW)
    assert due(an_incident({}, alert=yellow, steps=steps), 40) == []
    raised = an_incident({}, alert=yellow, severity=Severity.RED, steps=steps)
    assert due(raised, 40) == ["1/direct-assign/1"]


def test_the_next_team_is_added_after_30_seconds_without_acceptance_and_at_most_twice() -> None:
    incident = an_incident({"pushed": 5, "assigned": 20})
    assert due(incident, 50 - MICROSECOND) == []
    assert due(incident, 50) == ["1/add-team/1"]
    taken = an_incident({"pushed": 5, "assigned": 20}, steps=["1/add-team/1"])
    assert due(taken, 80 - MICROSECOND) == []
    assert due(taken, 80) == ["1/add-team/2"]
    both = an_incident({"pushed": 5, "assigned": 20}, steps=["1/add-team/1", "1/add-team/2"])
    assert due(both, 10_000) == []
    assert wakes(both, 50) is None


def test_the_added_teams_own_assignment_starts_no_new_wait() -> None:
    also = [a_moment("assigned", 50, team="second")]
    incident = an_incident({"pushed": 5, "assigned": 20}, also=also, steps=["1/add-team/1"])
    assert wakes(incident, 50) == 80


@pytest.mark.parametrize("moment", ["accepted", "en_route", "on_scene"])
def test_an_act_of_any_team_ends_the_adding_of_teams(moment: str) -> None:
    incident = an_incident({"pushed": 5, "assigned": 20, moment: 25})
    assert plan(incident, now=at(1000)) == LadderPlan()


@pytest.mark.parametrize("moment", ["en_route", "on_scene"])
def test_an_arrival_or_departure_ends_the_steps_before_it(moment: str) -> None:
    incident = an_incident({"pushed": 5, moment: 25})
    assert plan(incident, now=at(1000)) == LadderPlan()


def test_a_step_taken_is_not_due_again() -> None:
    incident = an_incident({}, steps=["1/enterprise-webhook/1", "1/direct-assign/1"])
    assert plan(incident, now=at(1000)) == LadderPlan()


def test_a_late_alert_is_left_to_people() -> None:
    assert due(an_incident({}, alert=LATE), 1000) == ["1/enterprise-webhook/1"]
    assert due(an_incident({"pushed": 5}, alert=LATE), 1000) == []
    assert due(an_incident({"pushed": 5, "assigned": 9}, alert=LATE), 1000) == []


def test_a_late_alert_that_is_red_runs_the_whole_ladder() -> None:
    steps = ["1/enterprise-webhook/1"]
    assert due(an_incident({}, alert=LATE_RED, steps=steps), 30) == ["1/direct-assign/1"]
    assert due(an_incident({"pushed": 5}, alert=LATE_RED), 50) == ["1/auto-assign/1"]
    assert due(an_incident({"pushed": 5, "assigned": 9}, alert=LATE_RED), 39) == ["1/add-team/1"]


@pytest.mark.parametrize("state", [State.RESOLVED, *sorted(ENDED)])
def test_nothing_is_due_once_the_outcome_was_reported_or_the_incident_ended(state: State) -> None:
    assert plan(an_incident({}, state=state), now=at(1000)) == LadderPlan()


def test_observe_does_nothing_by_itself() -> None:
    assert plan(an_incident({}, profile=OBSERVE), now=at(1000)) == LadderPlan()


def test_overdue_steps_come_earliest_first() -> None:
    assert due(an_incident({}), 1000) == ["1/enterprise-webhook/1", "1/direct-assign/1"]


def test_steps_due_at_one_moment_come_by_their_code() -> None:
    first, *_ = SENDING.ladder
    twins = tuple(replace(first, code=code) for code in ("b", "c", "a"))
    incident = an_incident({}, profile=replace(SENDING, ladder=twins))
    assert due(incident, 5) == ["1/a/1", "1/b/1", "1/c/1"]


def test_a_rung_without_console_repeats_one_wait_sooner() -> None:
    first, *_ = SENDING.ladder
    thrice = replace(first, times=3)
    incident = an_incident({}, profile=replace(SENDING, ladder=(thrice,)), console=False)
    found = [(step.key, step.due_at) for step in plan(incident, now=at(10)).due]
    assert found == [
        ("1/enterprise-webhook/1", at(0)),
        ("1/enterprise-webhook/2", at(5)),
        ("1/enterprise-webhook/3", at(10)),
    ]


def test_the_plan_says_when_to_look_again() -> None:
    assert wakes(an_incident({}), 0) == 5
    assert wakes(an_incident({}), 5) == 60
    assert wakes(an_incident({}), 60) is None
    assert wakes(an_incident({"pushed": 10}), 10) == 55


def later_round(cause: RoundCause, *, stamps: dict[str, float] | None = None) -> Incident:
    """An incident in its second round, which began at second 1000."""
    return an_incident(
        {"pushed": 5, "assigned": 20, "accepted": 30, "on_scene": 100},
        also=[a_moment(name, when, round_number=2) for name, when in (stamps or {}).items()],
        rounds=[a_round(1, RoundCause.OPENED, 0, ended=1000), a_round(2, cause, 1000)],
        steps=["1/enterprise-webhook/1", "1/auto-assign/1"],
    )


def test_a_transferred_incident_is_delivered_and_assigned_anew() -> None:
    moved = later_round(RoundCause.TRANSFERRED)
    assert wakes(moved, 1000) == 1005
    assert due(moved, 1060) == ["2/enterprise-webhook/1", "2/direct-assign/1"]
    assert due(later_round(RoundCause.TRANSFERRED, stamps={"pushed": 1004}), 1049) == [
        "2/auto-assign/1"
    ]


@pytest.mark.parametrize("cause", [RoundCause.REOPENED, RoundCause.SPLIT])
def test_a_reopened_incident_is_known_to_the_center_and_assigned_anew(cause: RoundCause) -> None:
    assert due(later_round(cause), 1045) == ["2/auto-assign/1"]
    assert due(later_round(cause), 1045 - MICROSECOND) == []


def test_a_returned_incident_adds_teams_only_for_an_assignment_of_its_own() -> None:
    assert plan(later_round(RoundCause.RETURNED), now=at(5000)) == LadderPlan()
    assigned = later_round(RoundCause.RETURNED, stamps={"assigned": 1100})
    assert due(assigned, 1130) == ["2/add-team/1"]


def test_for_a_test_nobody_is_rung_and_nothing_is_done() -> None:
    test = an_incident(profile=PROFILE_115, alert=replace(an_alert(), status=Status.TEST))
    assert plan(test, now=at(86_400)) == LadderPlan()
