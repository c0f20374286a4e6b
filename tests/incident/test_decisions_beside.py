"""What the station, police and others add: withdrawal, updates, hand-over, duplicates."""

from dataclasses import replace

import pytest

from incident import commands as c
from incident import events as e
from incident.alert import IncidentId, OrganisationId, Status, TeamId
from incident.decisions.decide import decide
from incident.errors import BadTarget, NotAllowed, NotAssigned, UnknownThing
from incident.events import EndReason, LinkKind
from incident.lifecycle import Link, RoundCause, State
from incident.moments import MomentName
from tests.builders import STATION, an_alert, at
from tests.incident.world import OFFICER, OTHER_STATION, A, B, World, started

ASSIGN_A = c.Assign(teams=(A,))
OFFER = c.HandOver(to=STATION, reason="crime", text="digest")


def test_a_withdrawal_releases_the_teams_and_ends_the_incident() -> None:
    world, id_ = started(c.Assign(teams=(A, B)), c.Arrive(team=A))
    world.now = 80
    world.do(id_, c.Cancel(reason="caller_called_off", text="digest"))
    assert (world[id_].state, world[id_].ended_at) == (State.CANCELLED, at(80))
    assert {entry.end_reason for entry in world[id_].assignments} == {EndReason.CANCELLED}
    assert world[id_].moments[-1].name is MomentName.ENDED


def test_asking_for_police_leaves_the_team_and_the_state() -> None:
    world, id_ = started(ASSIGN_A, c.RequestPolice(reason="knife", text="digest"))
    assert world[id_].state is State.ASSIGNED
    assert world[id_].live_assignments
    assert world[id_].has(MomentName.POLICE_REQUESTED)


def test_the_police_arrive_once_a_round() -> None:
    world, id_ = started(c.Acknowledge(), c.PoliceArrive(), c.Resolve())
    assert world.do(id_, c.PoliceArrive()) == ()
    world.do(id_, c.Return(reason="incomplete"))
    assert world.do(id_, c.PoliceArrive()) == (e.PoliceArrived(),)


def test_an_offer_to_the_police_changes_nothing_until_an_officer_accepts() -> None:
    world, id_ = started(ASSIGN_A, OFFER)
    assert (world[id_].state, world[id_].handover) == (State.ASSIGNED, STATION)
    assert world.do(id_, OFFER) == ()
    assert world[id_].live_assignments


def test_an_offer_may_go_to_another_station_instead() -> None:
    world, id_ = started(OFFER, c.HandOver(to=OTHER_STATION, reason="theirs"))
    assert world[id_].handover == OTHER_STATION


def test_an_offer_goes_to_police_that_are_known() -> None:
    world, id_ = started()
    with pytest.raises(UnknownThing) as refused:
        world.do(id_, c.HandOver(to=OrganisationId("fire"), reason="fire"))
    assert refused.value.allowed == (STATION, OTHER_STATION)


def test_a_named_officer_of_that_station_ends_it_by_accepting() -> None:
    world, id_ = started(ASSIGN_A, OFFER)
    world.now = 60
    world.do(id_, c.AcceptHandover(officer="110233"), actor=OFFICER)
    incident = world[id_]
    assert (incident.state, incident.ended_at, incident.handover) == (
        State.HANDED_OVER,
        at(60),
        None,
    )
    assert incident.handed_over_to == STATION
    assert incident.assignments[0].end_reason is EndReason.HANDED_OVER
    assert e.HandoverAccepted(to=STATION, officer="110233") in [
        event.body for event in world.log[id_]
    ]


def test_nobody_accepts_what_was_not_offered_to_them() -> None:
    world, id_ = started()
    with pytest.raises(BadTarget) as not_offered:
        world.do(id_, c.AcceptHandover(officer="1"), actor=OFFICER)
    assert not_offered.value.allowed == ("hand-over",)
    world.do(id_, OFFER)
    with pytest.raises(BadTarget) as to_others:
        world.do(id_, c.AcceptHandover(officer="1"))
    assert to_others.value.allowed == (STATION,)


def test_urging_notes_and_calls_for_help_leave_the_state() -> None:
    world, id_ = started(ASSIGN_A)
    happened = world.do(
        id_,
        c.Urge(text="digest"),
        c.Note(text="digest"),
        c.RequestHelp(team=A, text="digest"),
        c.RequestHelp(),
    )
    assert happened == (
        e.IncidentUrged(text="digest"),
        e.NoteAdded(text="digest"),
        e.HelpRequested(team=A, text="digest"),
        e.HelpRequested(),
    )
    assert world[id_].state is State.ASSIGNED


def test_help_is_asked_for_a_team_that_was_on_it() -> None:
    world, id_ = started(ASSIGN_A)
    with pytest.raises(NotAssigned):
        world.do(id_, c.RequestHelp(team=TeamId("Z")))


def merged() -> tuple[World, IncidentId, IncidentId]:
    world, id_ = started(c.Acknowledge())
    into = world.open()
    world.now = 30
    world.do(id_, c.Merge(into=into))
    return world, id_, into


def test_a_duplicate_ends_in_favour_of_the_other_and_both_say_so() -> None:
    world, id_, into = merged()
    incident = world[id_]
    assert (incident.state, incident.ended_at, incident.merged_into) == (State.CLOSED, at(30), into)
    assert incident.disposition == "duplicate"
    assert incident.links == (Link(other=into, link=LinkKind.DUPLICATE),)
    assert world[into].links == (Link(other=id_, link=LinkKind.DUPLICATE),)
    assert world[into].state is State.OPEN


def test_a_split_undoes_a_merge_on_both_sides_and_starts_a_round() -> None:
    world, id_, into = merged()
    world.now = 90
    world.do(id_, c.Split(reason="another matter"))
    incident = world[id_]
    assert (incident.state, incident.ended_at, incident.merged_into) == (State.PUSHED, None, None)
    assert incident.round.cause is RoundCause.SPLIT
    assert (incident.links, incident.disposition, world[into].links) == ((), None, ())
    assert world.do(id_, c.Acknowledge()) == (e.IncidentAcknowledged(),)


def test_a_split_leaves_the_links_that_have_another_cause() -> None:
    world, id_, into = merged()
    other = IncidentId(an_alert(number=77).id)
    context = world.context()
    world.keep(into, (e.IncidentLinked(other=other, link=LinkKind.REPEAT),), context)
    world.keep(id_, (e.IncidentLinked(other=other, link=LinkKind.REPEAT),), context)
    world.do(id_, c.Split(reason="another matter"))
    assert world[id_].links == world[into].links == (Link(other=other, link=LinkKind.REPEAT),)


def test_what_was_not_merged_cannot_be_split() -> None:
    world, id_ = started(c.Acknowledge(), c.Close(disposition="false_alarm"))
    with pytest.raises(BadTarget) as refused:
        world.do(id_, c.Split(reason="another matter"))
    assert refused.value.allowed == ("reopen",)


def test_a_duplicate_keeps_no_team_behind() -> None:
    world, id_ = started(ASSIGN_A)
    into = world.open()
    with pytest.raises(BadTarget) as refused:
        world.do(id_, c.Merge(into=into))
    assert refused.value.allowed == ("release",)
    assert A in refused.value.detail


def test_a_duplicate_is_merged_only_into_another_live_incident() -> None:
    world, id_ = started()
    ended = world.open()
    world.do(ended, c.Cancel(reason="mistake"))
    for into in (ended, id_, IncidentId(an_alert(number=404).id)):
        facts = replace(world.facts(id_), others=world.incidents)
        with pytest.raises(BadTarget):
            decide(world[id_], c.Merge(into=into), context=world.context(), facts=facts)


def test_an_actual_incident_is_not_merged_into_a_drill() -> None:
    world, id_ = started()
    drill = world.open(replace(an_alert(number=2), status=Status.EXERCISE))
    with pytest.raises(BadTarget):
        world.do(id_, c.Merge(into=drill))


def test_other_content_under_the_same_revision_is_kept_once_even_after_the_end() -> None:
    world, id_ = started(c.Cancel(reason="mistake"))
    conflict = c.RecordConflict(fingerprint="f" * 64, revision=1, received_at=at(3))
    assert world.do(id_, conflict, conflict) == (
        e.ConflictRecorded(fingerprint="f" * 64, revision=1, received_at=at(3)),
    )
    assert world[id_].fingerprints == ("0" * 64, "f" * 64)


def test_a_refused_command_names_what_the_state_takes() -> None:
    world, id_ = started(c.Cancel(reason="mistake"))
    with pytest.raises(NotAllowed) as refused:
        world.do(id_, c.Urge())
    assert refused.value.detail == "an incident that is cancelled does not take this"
    assert "reopen" in refused.value.allowed
