"""Legs within one round: exactly due and one microsecond past, missing and late moments."""

import pytest

from incident.alert import Source
from incident.lifecycle import Incident
from incident.moments import ActorKind, MomentName, Proof, Via
from incident.timing import Outcome, Verdict, WarningPoint, judge
from tests.builders import CENTER, PROFILE_115, a_moment, an_alert, an_incident, at

MICROSECOND = 0.000001
TARGETS = {
    "station": ("reported", "pushed", 60),
    "push": ("received", "pushed", 60),
    "acknowledge": ("pushed", "acknowledged", 60),
    "assign": ("pushed", "assigned", 60),
    "accept": ("assigned", "accepted", 30),
    "depart": ("accepted", "en_route", 60),
    "on_scene": ("assigned", "on_scene", 300),
    "feedback": ("on_scene", "resolved", 1800),
    "close": ("on_scene", "closed", 7200),
    "total": ("received", "ended", 86400),
}
EACH_LEG = pytest.mark.parametrize("leg", TARGETS)


def verdict(incident: Incident, leg: str, *, now: float, round_number: int = 1) -> Verdict:
    (found,) = (
        entry
        for entry in judge(incident, now=at(now))
        if entry.leg == leg and entry.round == round_number
    )
    return found


def begun(leg: str, *, end: float | None = None, ended: float | None = None) -> Incident:
    """An incident whose leg began at second 0 and ended at `end`, and that itself `ended`."""
    start, end_name, _ = TARGETS[leg]
    ends = [] if end is None else [a_moment(end_name, end)]
    given = {} if start == "reported" else {start: 0.0}
    return an_incident(given, also=ends, alert=an_alert(reported=0), ended=ended)


@EACH_LEG
def test_a_leg_reached_exactly_when_due_is_met(leg: str) -> None:
    target = TARGETS[leg][2]
    found = verdict(begun(leg, end=target), leg, now=target)
    assert (found.outcome, found.seconds, found.amended) == (Outcome.MET, target, False)
    assert (found.start, found.due, found.end) == (at(0), at(target), at(target))


@EACH_LEG
def test_a_leg_reached_one_microsecond_past_due_is_breached_with_its_end(leg: str) -> None:
    late = TARGETS[leg][2] + MICROSECOND
    found = verdict(begun(leg, end=late), leg, now=late)
    assert (found.outcome, found.end, found.seconds) == (Outcome.BREACHED, at(late), late)


@EACH_LEG
def test_a_leg_not_reached_is_pending_until_due_and_breached_one_microsecond_later(
    leg: str,
) -> None:
    target = TARGETS[leg][2]
    assert verdict(begun(leg), leg, now=target).outcome is Outcome.PENDING
    found = verdict(begun(leg), leg, now=target + MICROSECOND)
    assert (found.outcome, found.end, found.seconds) == (Outcome.BREACHED, None, None)


@pytest.mark.parametrize("leg", [leg for leg in TARGETS if leg != "total"])
def test_a_leg_whose_round_ended_exactly_when_due_is_void_and_later_breached(leg: str) -> None:
    target = TARGETS[leg][2]
    for ended, outcome in ((target, Outcome.VOID), (target + MICROSECOND, Outcome.BREACHED)):
        found = verdict(begun(leg, ended=ended), leg, now=ended)
        assert (found.outcome, found.end, found.amended) == (outcome, None, False)


def test_the_targets_of_115_are_those_promised() -> None:
    legs = {
        leg.code: (leg.start, leg.end, leg.target.amount)
        for leg in PROFILE_115.legs
        if leg.target is not None
    }
    assert legs == TARGETS


def test_a_leg_warns_at_three_quarters_of_its_target() -> None:
    found = verdict(begun("on_scene"), "on_scene", now=0)
    assert found.warnings == (WarningPoint(percent=75, at=at(225)),)
    assert found.target_seconds == 300


def test_a_verdict_says_who_stamped_the_end_and_on_what_proof() -> None:
    arrival = a_moment(
        "on_scene", 200, by=ActorKind.MACHINE, via=Via.PHONE, proof=Proof.GATE_QR, team="t1"
    )
    found = verdict(an_incident({"assigned": 0}, also=[arrival]), "on_scene", now=200)
    assert (found.by, found.via, found.proof) == (ActorKind.MACHINE, Via.PHONE, Proof.GATE_QR)
    assert found.organisation == CENTER


def test_the_first_of_several_arrivals_counts_whatever_was_recorded_first() -> None:
    arrivals = [a_moment("on_scene", 350, team="t1"), a_moment("on_scene", 250, team="t2")]
    found = verdict(an_incident({"assigned": 0}, also=arrivals), "on_scene", now=360)
    assert (found.outcome, found.seconds) == (Outcome.MET, 250)


def test_an_arrival_before_the_assignment_is_met_with_its_seconds_as_reported() -> None:
    incident = an_incident({"assigned": 100, "on_scene": 70})
    found = verdict(incident, "on_scene", now=100)
    assert (found.outcome, found.seconds) == (Outcome.MET, -30)


def test_a_leg_whose_moments_are_both_missing_does_not_exist() -> None:
    legs = {entry.leg for entry in judge(an_incident({}), now=at(0))}
    assert legs == {"station", "push", "total", "response"}


def test_an_arrival_without_assignment_is_not_measured() -> None:
    found = verdict(an_incident({"on_scene": 70}), "on_scene", now=70)
    assert (found.outcome, found.end, found.by) == (
        Outcome.NOT_MEASURED,
        at(70),
        ActorKind.PERSON,
    )
    assert (found.start, found.due, found.seconds, found.warnings) == (None, None, None, ())


def test_an_alert_without_reported_time_is_not_measured_against_the_station_from_the_opening() -> (
    None
):
    found = verdict(an_incident({}, alert=an_alert(reported=None)), "station", now=0)
    assert (found.outcome, found.end) == (Outcome.NOT_MEASURED, None)


def test_only_an_alert_of_a_station_has_the_station_leg() -> None:
    incident = an_incident({"pushed": 5}, alert=an_alert(source=Source.CENTER))
    assert "station" not in {entry.leg for entry in judge(incident, now=at(5))}


def test_a_late_report_that_disproves_a_breach_is_met_and_amended() -> None:
    report = a_moment("on_scene", 290, recorded=400)
    found = verdict(an_incident({"assigned": 0}, also=[report]), "on_scene", now=400)
    assert (found.outcome, found.amended, found.seconds) == (Outcome.MET, True, 290)


def test_a_report_recorded_exactly_when_due_amends_nothing() -> None:
    report = a_moment("on_scene", 290, recorded=300)
    found = verdict(an_incident({"assigned": 0}, also=[report]), "on_scene", now=300)
    assert (found.outcome, found.amended) == (Outcome.MET, False)


def test_a_disbelieved_report_is_judged_by_when_it_was_recorded() -> None:
    report = a_moment("on_scene", 290, recorded=400, disbelieved=True)
    found = verdict(an_incident({"assigned": 0}, also=[report]), "on_scene", now=400)
    assert (found.outcome, found.seconds) == (Outcome.BREACHED, 400)


def test_a_late_report_of_an_earlier_arrival_amends_nothing_where_one_in_time_was_known() -> None:
    arrivals = [a_moment("on_scene", 290), a_moment("on_scene", 280, recorded=500)]
    found = verdict(an_incident({"assigned": 0}, also=arrivals), "on_scene", now=500)
    assert (found.outcome, found.seconds, found.amended) == (Outcome.MET, 280, False)


def test_a_breach_recorded_early_by_a_fast_clock_is_amended_by_another_arrival_in_time() -> None:
    fast, right = a_moment("on_scene", 302, recorded=298), a_moment("on_scene", 299)
    incident = an_incident({"assigned": 0}, also=[fast])
    assert verdict(incident, "on_scene", now=298).outcome is Outcome.BREACHED
    found = verdict(an_incident({"assigned": 0}, also=[fast, right]), "on_scene", now=299)
    assert (found.outcome, found.amended) == (Outcome.MET, True)


def test_a_late_report_of_an_earlier_end_turns_a_breach_void_and_amended() -> None:
    breached = an_incident({"assigned": 0})
    assert verdict(breached, "on_scene", now=400).outcome is Outcome.BREACHED
    closing = a_moment("ended", 250, recorded=500)
    closed = an_incident({"assigned": 0}, also=[closing], ended=250)
    found = verdict(closed, "on_scene", now=500)
    assert (found.outcome, found.amended) == (Outcome.VOID, True)


@pytest.mark.parametrize(
    ("arrived", "outcome", "seconds"),
    [(200, Outcome.MET, 200), (301, Outcome.VOID, None)],
)
def test_an_arrival_after_a_cancellation_counts_if_it_was_in_time(
    arrived: float, outcome: Outcome, seconds: float | None
) -> None:
    incident = an_incident({"assigned": 0, "on_scene": arrived}, ended=100)
    found = verdict(incident, "on_scene", now=400)
    assert (found.outcome, found.seconds) == (outcome, seconds)


def test_an_arrival_after_the_end_of_a_breached_leg_is_kept_as_its_end() -> None:
    found = verdict(an_incident({"assigned": 0, "on_scene": 500}, ended=400), "on_scene", now=500)
    assert (found.outcome, found.seconds) == (Outcome.BREACHED, 500)


@pytest.mark.parametrize(("reported", "seconds"), [(-20, 220), (None, 200)])
def test_response_runs_from_the_call_or_else_from_receipt_and_has_no_target(
    reported: float | None, seconds: float
) -> None:
    incident = an_incident({"on_scene": 200}, alert=an_alert(reported=reported))
    found = verdict(incident, "response", now=200)
    assert (found.outcome, found.seconds) == (Outcome.MEASURED, seconds)
    assert (found.due, found.target_seconds, found.warnings) == (None, None, ())


def test_response_is_pending_until_the_incident_ends_and_then_void() -> None:
    assert verdict(an_incident({}), "response", now=10_000).outcome is Outcome.PENDING
    found = verdict(an_incident({}, ended=500), "response", now=500)
    assert (found.outcome, found.end) == (Outcome.VOID, None)


def test_legs_come_in_the_order_of_the_profile() -> None:
    names = [name for name in MomentName if name not in {"reported", "received", "ended"}]
    incident = an_incident({name.value: 1.0 for name in names}, ended=2)
    codes = [entry.leg for entry in judge(incident, now=at(2))]
    assert codes == [leg.code for leg in PROFILE_115.legs]
