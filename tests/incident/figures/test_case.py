"""What is taken from an incident for figures."""

from dataclasses import replace

from incident.alert import IncidentId, OrganisationId
from incident.events import LinkKind
from incident.figures.case import case_of
from incident.following import FollowUpCall, Owner, Settled, Supervision
from incident.lifecycle import Incident, Link, RoundCause, State
from incident.moments import ActorKind, Proof, Via
from incident.profile import OnSite
from tests.builders import CENTER, KINDS, a_moment, a_round, an_actor, an_alert, an_incident, at

COUNTS = {one.code: one.on_site for one in KINDS["police-alert"].dispositions}
ALL = {"pushed": 4.0, "acknowledged": 24, "assigned": 30, "on_scene": 230, "resolved": 900}


def closed(**more: object) -> Incident:
    made = an_incident(ALL, ended=1000)
    return replace(made, disposition="handled_on_site", **more)  # type: ignore[arg-type]  # checked by the class


def test_times_run_from_push_assignment_and_call() -> None:
    case = case_of(closed(), COUNTS)
    (stint,) = case.stints
    found = (stint.acknowledge, stint.arrive, stint.report, case.response)
    assert [None if one is None else one.seconds for one in found] == [20, 200, 870, 250]
    assert (case.on_site, case.number) == (OnSite.YES, "00000000")


def test_without_a_call_the_response_runs_from_the_receipt() -> None:
    case = case_of(an_incident(ALL, alert=an_alert(reported=None)), COUNTS)
    assert case.response is not None
    assert case.response.seconds == 230


def test_the_earliest_end_decides_and_says_by_whom_and_on_what() -> None:
    also = [
        a_moment("on_scene", 300, by=ActorKind.PERSON),
        a_moment("on_scene", 200, by=ActorKind.MACHINE, proof=Proof.GATE_QR, team="t-1"),
    ]
    case = case_of(an_incident({"assigned": 30}, also=also), COUNTS)
    arrive = case.stints[0].arrive
    assert arrive is not None
    assert (arrive.seconds, arrive.by, arrive.proof, arrive.team) == (
        170, ActorKind.MACHINE, Proof.GATE_QR, "t-1",
    )  # fmt: skip
    assert case.stints[0].acknowledge is None


def test_an_open_case_has_no_disposition_though_one_was_reported() -> None:
    case = case_of(replace(an_incident(ALL), disposition="handled_on_site"), COUNTS)
    assert (case.disposition, case.on_site, case.ended_at) == (None, None, None)


def test_a_disposition_nobody_knows_counts_as_nothing() -> None:
    assert case_of(closed(), {}).on_site is None


def test_each_round_is_measured_and_a_reopening_is_kept() -> None:
    rounds = [
        a_round(1, RoundCause.OPENED, 0, ended=1000),
        a_round(2, RoundCause.REOPENED, 2000, organisation=OrganisationId("yunqi")),
    ]
    also = [
        a_moment("acknowledged", 2050, round_number=2),
        a_moment("on_scene", 2500, round_number=2),
    ]
    case = case_of(an_incident({"pushed": 4}, also=also, rounds=rounds), COUNTS)
    first, second = case.stints
    assert first.acknowledge is None
    assert second.acknowledge is not None
    assert (second.acknowledge.seconds, second.organisation) == (50, "yunqi")
    assert case.reopenings[0].ended_at == at(1000)
    assert case.first_closed_at == at(1000)
    assert case.response is None  # nobody came before the reopening


def test_a_reopening_without_a_known_end_counts_from_itself() -> None:
    rounds = [a_round(1, RoundCause.OPENED, 0), a_round(2, RoundCause.REOPENED, 2000)]
    (found,) = case_of(an_incident(rounds=rounds), COUNTS).reopenings
    assert found.ended_at == found.reopened_at == at(2000)


def test_an_arrival_after_a_transfer_ends_the_response() -> None:
    rounds = [a_round(1, RoundCause.OPENED, 0, ended=100), a_round(2, RoundCause.TRANSFERRED, 100)]
    also = [a_moment("on_scene", 400, round_number=2)]
    case = case_of(an_incident(rounds=rounds, also=also), COUNTS)
    assert case.response is not None
    assert case.response.seconds == 420
    assert not case.reopenings
    assert case.stints[1].arrive is None


def test_nobody_came_is_no_response() -> None:
    assert case_of(an_incident({"pushed": 4}), COUNTS).response is None


def test_of_a_late_entry_nothing_is_timed() -> None:
    case = case_of(closed(late_entry=True), COUNTS)
    assert case.late_entry
    assert case.response is None
    assert case.stints[0].arrive is None


def test_what_stands_beside_is_kept() -> None:
    other = IncidentId(an_alert(number=7).id)
    chief = Owner(organisation=CENTER, post="chief")
    ended = Settled(at=at(50), recorded_at=at(50), actor=an_actor(), via=Via.API)
    watched = Supervision(
        number=1, version=2, by=an_actor(), owner=chief, supervised_at=at(9), deadline=at(60)
    )
    call = FollowUpCall(round=1, called_at=at(2000), by=an_actor(), reached=True, satisfied=False)
    case = case_of(
        closed(
            links=(
                Link(other=other, link=LinkKind.REPEAT),
                Link(other=other, link=LinkKind.PART_OF),
            ),
            supervisions=(watched, replace(watched, ended=ended)),
            follow_up_calls=(call,),
            follow_up_due=at(9000),
            merged_into=other,
        ),
        COUNTS,
    )
    assert case.repeats == (other,)
    assert [one.ended_at for one in case.supervisions] == [None, at(50)]
    assert (case.calls[0].satisfied, case.call_due, case.merged) == (False, True, True)
    assert case.state is State.CLOSED
