"""Rounds: to whom a leg is charged, what a round's start stands in for, and what never changes."""

from collections.abc import Sequence

import pytest

from incident.alert import OrganisationId
from incident.lifecycle import Incident, RoundCause
from incident.moments import Moment, MomentName
from incident.profile import Leg, Profile, Scope
from incident.timing import Outcome, Verdict, judge
from tests.builders import CENTER, a_moment, a_round, an_incident, at

OTHER = OrganisationId("other-center")


def verdicts(incident: Incident, *, now: float) -> dict[str, Verdict]:
    """Every verdict by `round/leg`."""
    found = judge(incident, now=at(now))
    by_name = {f"{entry.round}/{entry.leg}": entry for entry in found}
    assert len(by_name) == len(found)
    return by_name


def transferred(*, pushed: float, arrived: float) -> Incident:
    """An incident that another center got at second 40."""
    return an_incident(
        {"pushed": 10},
        also=[
            a_moment("pushed", pushed, round_number=2),
            a_moment("assigned", pushed, round_number=2),
            a_moment("on_scene", arrived, round_number=2),
        ],
        rounds=[
            a_round(1, RoundCause.OPENED, 0, ended=40),
            a_round(2, RoundCause.TRANSFERRED, 40, organisation=OTHER),
        ],
    )


def test_a_transfer_starts_the_push_of_the_other_center_anew() -> None:
    found = verdicts(transferred(pushed=100, arrived=200), now=200)
    assert (found["1/push"].seconds, found["1/push"].organisation) == (10, CENTER)
    assert (found["2/push"].seconds, found["2/push"].organisation) == (60, OTHER)
    assert found["2/push"].outcome is Outcome.MET


def test_a_transfer_makes_legs_void_that_still_had_time() -> None:
    found = verdicts(transferred(pushed=100, arrived=200), now=200)
    assert found["1/acknowledge"].outcome is Outcome.VOID
    assert found["1/assign"].outcome is Outcome.VOID


def test_the_incidents_own_clocks_run_on_and_are_charged_to_the_round_of_their_end() -> None:
    found = verdicts(transferred(pushed=100, arrived=200), now=200)
    assert "2/response" not in found
    assert (found["1/response"].seconds, found["1/response"].organisation) == (220, OTHER)
    assert found["1/station"].organisation == CENTER
    assert (found["1/total"].outcome, found["1/total"].organisation) == (Outcome.PENDING, CENTER)


def test_the_first_round_may_end_the_incidents_clock_after_the_transfer_by_a_late_report() -> None:
    incident = transferred(pushed=100, arrived=200)
    late = a_moment("on_scene", 60, recorded=300, round_number=1)
    moments = an_incident(
        {"pushed": 10}, also=[*incident.moments[3:], late], rounds=incident.rounds
    )
    response = verdicts(moments, now=300)["1/response"]
    assert (response.seconds, response.organisation) == (80, CENTER)


def returned(*, resolved: float) -> Incident:
    """An incident whose outcome of second 900 was returned at second 1000."""
    return an_incident(
        {"assigned": 0, "on_scene": 200, "resolved": 900},
        also=[a_moment("resolved", resolved, round_number=2)],
        rounds=[
            a_round(1, RoundCause.OPENED, 0, ended=1000),
            a_round(2, RoundCause.RETURNED, 1000),
        ],
    )


def test_a_return_starts_feedback_anew_and_asks_for_no_second_arrival() -> None:
    found = verdicts(returned(resolved=2800), now=2800)
    assert (found["1/feedback"].outcome, found["1/feedback"].seconds) == (Outcome.MET, 700)
    assert (found["2/feedback"].outcome, found["2/feedback"].seconds) == (Outcome.MET, 1800)
    assert {name for name in found if name.startswith("2/")} == {"2/feedback", "2/close"}


def test_the_start_of_a_round_ends_no_leg() -> None:
    incident = an_incident(
        {"on_scene": 100, "resolved": 200},
        also=[a_moment("assigned", 1100, round_number=2)],
        rounds=[
            a_round(1, RoundCause.OPENED, 0, ended=1000),
            a_round(2, RoundCause.RETURNED, 1000),
        ],
    )
    assert verdicts(incident, now=1100)["2/on_scene"].outcome is Outcome.PENDING


@pytest.mark.parametrize("cause", [RoundCause.REOPENED, RoundCause.SPLIT])
def test_the_start_of_a_reopened_round_stands_in_for_receipt(cause: RoundCause) -> None:
    incident = reopened(cause=cause, also=[a_moment("acknowledged", 5030, round_number=2)])
    found = verdicts(incident, now=5030)
    assert (found["2/acknowledge"].start, found["2/acknowledge"].seconds) == (at(5000), 30)
    assert found["2/assign"].outcome is Outcome.PENDING
    assert "2/push" not in found


def test_a_second_receipt_in_a_reopened_round_moves_no_start() -> None:
    also = [a_moment("pushed", seconds, round_number=2) for seconds in (4990, 5020)]
    found = verdicts(reopened(also=also), now=5030)
    assert found["2/acknowledge"].start == at(5000)


def reopened(*, cause: RoundCause = RoundCause.REOPENED, also: Sequence[Moment] = ()) -> Incident:
    """An incident cancelled at second 100 with nobody on scene, and reopened at second 5000."""
    return an_incident(
        {"pushed": 10, "assigned": 20},
        also=[a_moment("ended", 100), *also],
        rounds=[
            a_round(1, RoundCause.OPENED, 0, ended=100),
            a_round(2, cause, 5000),
        ],
    )


def test_a_reopening_changes_no_earlier_verdict() -> None:
    before = an_incident({"pushed": 10, "assigned": 20}, ended=100)
    arrived = a_moment("on_scene", 5100, round_number=2)
    after = verdicts(reopened(also=[arrived]), now=5100)
    earlier = verdicts(before, now=100)
    assert earlier == {name: after[name] for name in earlier}
    assert earlier["1/response"].outcome is Outcome.VOID
    assert (earlier["1/total"].outcome, earlier["1/total"].seconds) == (Outcome.MET, 100)


def test_a_late_report_of_the_first_round_still_amends_it_after_a_reopening() -> None:
    late = a_moment("on_scene", 90, recorded=6000)
    found = verdicts(reopened(also=[late]), now=6000)
    assert (found["1/on_scene"].outcome, found["1/on_scene"].amended) == (Outcome.MET, True)
    assert (found["1/response"].outcome, found["1/response"].seconds) == (Outcome.MEASURED, 110)


def test_a_clock_of_the_incident_that_begins_after_a_reopening_is_judged_there() -> None:
    police = Leg(
        code="police",
        start=MomentName.POLICE_REQUESTED,
        end=MomentName.POLICE_ON_SCENE,
        scope=Scope.INCIDENT,
    )
    requested = [
        a_moment("ended", 100),
        a_moment("police_requested", 5100, round_number=2),
        a_moment("police_on_scene", 5400, round_number=2),
    ]
    incident = an_incident(
        also=requested,
        rounds=reopened().rounds,
        profile=Profile(code="police", legs=(police,), ladder=()),
    )
    (found,) = judge(incident, now=at(5400))
    assert (found.round, found.seconds) == (2, 300)


def test_a_transfer_decided_after_a_breach_on_record_by_a_fast_clock_is_void_and_amended() -> None:
    incident = an_incident(
        also=[a_moment("pushed", 62, recorded=58)],
        rounds=[
            a_round(1, RoundCause.OPENED, 0, ended=59),
            a_round(2, RoundCause.TRANSFERRED, 59),
        ],
    )
    push = verdicts(incident, now=59)["1/push"]
    assert (push.outcome, push.amended) == (Outcome.VOID, True)
