"""A ladder played ahead, and over what has happened."""

from dataclasses import replace
from datetime import timedelta

import pytest

from incident import commands as c
from incident.alert import Severity, Source
from incident.events import Event, StepTaken, TeamAssigned
from incident.moments import ActorKind, MomentName, Via
from incident.profile import Action, Amount, Profile, Rung, Unit, rungs_of
from incident.rehearsal import About, Difference, Line, Situation, dry_run, explain
from tests.builders import OBSERVE, PROFILE_115, an_actor, an_alert, at
from tests.incident.world import KIND, A, World

RED = About(severity=Severity.RED)
YELLOW = About(severity=Severity.YELLOW)
ARMED = replace(
    YELLOW, police_required=KIND.police_required, circumstances=("weapons", "injured", "fire")
)


def said(lines: tuple[Line, ...]) -> list[tuple[float, str]]:
    return [(line.seconds, line.step.code) for line in lines]


def test_a_red_alert_that_nobody_acts_on_climbs_second_by_second() -> None:
    lines = explain(PROFILE_115, RED)
    assert said(lines)[:7] == [
        (5, "enterprise-webhook"),
        (15, "undelivered-chief"),
        (30, "direct-assign"),
        (45, "undelivered-station"),
        (60, "add-team"),
        (60, "unaccepted-team"),
        (60, "undelivered-park"),
    ]
    (park,) = (line for line in lines if line.step.code == "undelivered-park")
    assert park.at_once


def test_a_yellow_alert_climbs_later_and_reaches_the_park_in_a_digest() -> None:
    lines = explain(PROFILE_115, YELLOW)
    assert (60, "undelivered-chief") in said(lines)
    (park,) = (line for line in lines if line.step.code == "undelivered-park")
    assert not park.at_once


def test_the_teams_sent_are_named_one_after_the_other_until_there_is_none() -> None:
    lines = explain(PROFILE_115, replace(RED, teams=2))
    sent = [(line.outcome, line.team) for line in lines if line.step.action is Action.ADD_TEAM]
    assert sent == [("team_assigned", "team-2"), ("no_team", None)]
    tries = explain(PROFILE_115, replace(RED, teams=0))
    assert [line.outcome for line in tries if line.step.code == "direct-assign"] == ["no_team"] * 10


def test_every_rung_does_something_in_one_situation_or_another() -> None:
    seen = {
        line.step.code
        for situation in Situation
        for about in (ARMED, replace(ARMED, teams=0))
        for line in explain(PROFILE_115, about, situation=situation)
    }
    away = {rung.code for rung in rungs_of(PROFILE_115) if rung.away}
    assert seen == {rung.code for rung in rungs_of(PROFILE_115)} - away


def test_what_is_asked_for_at_the_opening_comes_first_and_once() -> None:
    lines = explain(PROFILE_115, ARMED)
    asked = [(line.seconds, line.step.mark) for line in lines if line.outcome == "requested"]
    assert asked == [(0, "120"), (0, "119"), (0, "110")]
    later = explain(PROFILE_115, ARMED, situation=Situation.PUSHED)
    assert not [line for line in later if line.outcome == "requested"]


@pytest.mark.parametrize("source", Source)
def test_the_ladder_is_the_same_for_every_source(source: Source) -> None:
    assert said(explain(PROFILE_115, replace(YELLOW, source=source))) == said(
        explain(PROFILE_115, YELLOW)
    )


def test_without_consoles_the_own_system_is_asked_at_once() -> None:
    lines = explain(PROFILE_115, replace(YELLOW, console=False, endpoint=False))
    assert (lines[0].seconds, lines[0].step.code, lines[0].outcome) == (
        0,
        "enterprise-webhook",
        "no_endpoint",
    )


def test_a_late_alert_that_is_not_red_sends_nobody() -> None:
    lines = explain(PROFILE_115, replace(YELLOW, late=True))
    assert not [line for line in lines if line.outcome == "team_assigned"]


def test_observe_does_nothing() -> None:
    assert explain(OBSERVE, RED) == ()


def test_an_order_of_a_step_that_another_of_the_same_moment_forestalls_is_left_out() -> None:
    first, second = (
        Rung(
            code=code,
            action=Action.ASSIGN,
            start=MomentName.RECEIVED,
            wait=Amount(amount=10, unit=Unit.SECONDS),
            unless=(MomentName.ASSIGNED,),
        )
        for code in ("a", "b")
    )
    profile = Profile(code="p", legs=(), ladder=(), further=(first, second))
    assert said(explain(profile, YELLOW)) == [(10, "a")]


def edited(**waits: int) -> Profile:
    """The 115 profile with other waits for some rungs, by their codes with underscores."""

    def changed(rungs: tuple[Rung, ...]) -> tuple[Rung, ...]:
        return tuple(
            replace(rung, wait=Amount(amount=wait, unit=Unit.SECONDS), wait_by_severity=())
            if (wait := waits.get(rung.code.replace("-", "_")))
            else rung
            for rung in rungs
        )

    return replace(PROFILE_115, ladder=(), further=changed(rungs_of(PROFILE_115)))


def without(code: str) -> Profile:
    kept = tuple(rung for rung in rungs_of(PROFILE_115) if rung.code != code)
    return replace(PROFILE_115, ladder=(), further=kept)


def a_history(acknowledged: float = 50) -> list[Event]:
    """Received at once, assigned by the ladder after 45 seconds, acknowledged, and closed."""
    world = World()
    id_ = world.open(an_alert(severity=Severity.YELLOW), profile=PROFILE_115)
    world.do(id_, c.Receipt())
    machine = world.context(actor=an_actor(ActorKind.MACHINE), via=Via.AUTOMATIC)
    louder = StepTaken(step="1/unacknowledged-louder/1", outcome="louder")
    world.keep(id_, (louder,), replace(machine, now=at(16)))
    sent = TeamAssigned(
        assignment=1, team=A, team_organisation=world[id_].center, step="1/auto-assign/1"
    )
    world.keep(id_, (sent,), replace(machine, now=at(46)))
    world.now = acknowledged
    world.do(id_, c.Acknowledge(), c.Accept(team=A), c.Arrive(team=A))
    world.now = 100
    world.do(id_, c.Close(disposition="handled_on_site"))
    return world.log[id_]


def only(profile: Profile, *histories: list[Event]) -> Difference:
    (found,) = dry_run(histories or [a_history()], profile, now=at(1000))
    return found


def test_the_profile_as_it_was_changes_nothing() -> None:
    assert only(PROFILE_115).is_none
    assert only(edited()).is_none


def test_a_shorter_wait_moves_a_step_forward_and_adds_those_now_reached() -> None:
    found = only(edited(unacknowledged_louder=10, unacknowledged_park=40))
    (moved,) = found.moved
    assert (moved.before.due_at, moved.after.due_at) == (at(16), at(11))
    assert [step.code for step in found.added] == ["unacknowledged-park"]
    assert found.added[0].due_at == at(41)
    assert not found.is_none


def test_a_longer_wait_moves_back_what_a_machine_did_and_removes_what_people_forestalled() -> None:
    found = only(edited(auto_assign=60, unacknowledged_deputy=55))
    assert [pair.after.due_at for pair in found.moved] == [at(61)]
    assert [step.code for step in found.removed] == ["unacknowledged-deputy"]


def test_a_rung_taken_out_is_a_step_removed() -> None:
    assert [step.code for step in only(without("auto-assign")).removed] == ["auto-assign"]


def test_another_post_at_the_same_time_is_a_step_altered() -> None:
    profile = edited()
    further = tuple(
        replace(rung, post="chief") if rung.code == "unacknowledged-deputy" else rung
        for rung in profile.further
    )
    (pair,) = only(replace(profile, further=further)).altered
    assert (pair.before.rung.post, pair.after.rung.post) == ("deputy", "chief")


def test_a_live_incident_is_played_until_now() -> None:
    history = a_history()[:2]
    found = only(edited(unacknowledged_park=900), history)
    assert [pair.after.due_at - pair.before.due_at for pair in found.moved] == [
        timedelta(seconds=840)
    ]


def test_incidents_under_other_profiles_are_left_out() -> None:
    world = World()
    observed = world.log[world.open(profile=OBSERVE)]
    assert dry_run([observed, []], PROFILE_115, now=at(1000)) == ()


def test_what_a_step_does_at_the_end_of_an_incident_is_played_too() -> None:
    world = World()
    id_ = world.open(profile=PROFILE_115)
    world.do(id_, c.Assign(teams=(A,)), c.Cancel(reason="mistake"))
    found = only(without("cancellation-unnoted"), world.log[id_])
    assert [step.key for step in found.removed] == ["1/cancellation-unnoted.A.1/1"]
