"""What the center decides: receipt, acknowledgement, refusal, transfer, outcome, reopening."""

from dataclasses import replace

import pytest

from incident import commands as c
from incident import events as e
from incident.alert import OrganisationId
from incident.decisions.decide import decide
from incident.errors import AlreadyDone, BadTarget, UnknownThing
from incident.events import EndReason
from incident.lifecycle import RoundCause, State
from incident.moments import ActorKind, MomentName
from tests.builders import CENTER, STATION, an_actor, at
from tests.incident.world import OTHER_CENTER, A, B, C, World, started

ASSIGN_A = c.Assign(teams=(A,))
RESOLVED = (c.Acknowledge(), ASSIGN_A, c.Arrive(team=A), c.Resolve(team=A))
CLOSE = c.Close(disposition="handled_on_site")


def moments(world: World, name: MomentName) -> list[tuple[int, object]]:
    (id_, *_) = world.incidents
    return [(entry.round, entry.judged_at) for entry in world[id_].moments if entry.name is name]


def test_a_second_receipt_says_nothing_new() -> None:
    world, id_ = started(c.Receipt())
    assert world.do(id_, c.Receipt()) == ()
    assert moments(world, MomentName.PUSHED) == [(1, at(1))]


def test_an_acknowledgement_is_also_a_receipt() -> None:
    world, id_ = started(c.Acknowledge())
    assert world[id_].state is State.ACKNOWLEDGED
    assert moments(world, MomentName.PUSHED) == [(1, at(1))]
    assert world.do(id_, c.Receipt()) == ()


def test_an_acknowledgement_after_the_receipt_is_only_that() -> None:
    world, id_ = started(c.Receipt())
    assert world.do(id_, c.Acknowledge()) == (e.IncidentAcknowledged(),)


@pytest.mark.parametrize(("person", "by"), [("p-7", "p-7"), (None, "key-1")])
def test_the_second_to_acknowledge_is_told_who_was_first_and_when(
    person: str | None, by: str
) -> None:
    world, id_ = started()
    world.do(id_, c.Acknowledge(), actor=replace(an_actor(), person=person))
    world.now = 9
    with pytest.raises(AlreadyDone) as refused:
        world.do(id_, c.Acknowledge())
    assert (refused.value.by, refused.value.at) == (by, at(1))
    assert by in refused.value.detail


def test_a_receipt_of_a_team_already_assigned_leaves_the_state_to_the_team() -> None:
    world, id_ = started(ASSIGN_A, c.Accept(team=A), c.Receipt())
    assert world[id_].state is State.ACCEPTED


def test_refusing_releases_the_teams() -> None:
    world, id_ = started(c.Assign(teams=(A, B)), c.Refuse(reason="not_ours", text="digest"))
    assert world[id_].state is State.REFUSED
    assert {entry.end_reason for entry in world[id_].assignments} == {EndReason.REFUSED}
    assert world[id_].ended_at == at(1)
    assert world.engaged == {}


def transferred(*before: c.Command) -> World:
    world, id_ = started(*before)
    world.now = 20
    world.do(id_, c.Transfer(center=OTHER_CENTER, reason="their_building"))
    return world


def test_a_transfer_starts_a_round_that_is_charged_to_the_new_center() -> None:
    world = transferred(c.HandOver(to=STATION, reason="crime"))
    (incident,) = world.incidents.values()
    first, second = incident.rounds
    assert (first.organisation, first.ended_at) == (CENTER, at(20))
    assert (second.number, second.cause) == (2, RoundCause.TRANSFERRED)
    assert (second.organisation, second.started_at) == (OTHER_CENTER, at(20))
    assert (incident.center, incident.console, incident.handover) == (OTHER_CENTER, False, None)
    assert incident.ended_at is None


def test_a_transferred_incident_is_open_until_the_new_center_takes_it() -> None:
    world = transferred(c.Acknowledge(), c.Assign(teams=(A, B)), c.Accept(team=B))
    (id_,) = world.incidents
    assert [type(event.body) for event in world.log[id_][-3:]] == [
        e.IncidentTransferred, e.TeamReleased, e.TeamReleased,
    ]  # fmt: skip
    assert world[id_].state is State.OPEN
    assert {entry.end_reason for entry in world[id_].assignments} == {EndReason.TRANSFERRED}
    assert world.do(id_, c.Acknowledge()) == (e.IncidentPushed(), e.IncidentAcknowledged())
    assert moments(world, MomentName.ACKNOWLEDGED) == [(1, at(1)), (2, at(20))]


def test_no_version_of_a_transfer_shows_the_former_teams_at_the_new_center() -> None:
    world, id_ = started(c.Acknowledge(), c.Assign(teams=(A, B, C)), c.Accept(team=B))
    transfer = c.Transfer(center=OTHER_CENTER, reason="theirs")
    context = world.context()
    decided = decide(world[id_], transfer, context=context, facts=world.facts(id_))
    assert len(decided.bodies) == 4
    for body in decided.bodies:
        world.keep(id_, (body,), context)
        assert world[id_].state is State.OPEN


def test_a_transfer_goes_to_another_center_that_is_known() -> None:
    world, id_ = started()
    with pytest.raises(UnknownThing) as unknown:
        world.do(id_, c.Transfer(center=OrganisationId("moon"), reason="theirs"))
    assert unknown.value.allowed == (CENTER, OTHER_CENTER)
    with pytest.raises(BadTarget):
        world.do(id_, c.Transfer(center=CENTER, reason="ours"))


def test_a_returned_outcome_starts_a_round_and_the_team_goes_on() -> None:
    world, id_ = started(*RESOLVED)
    world.now = 90
    world.do(id_, c.Return(reason="incomplete", text="digest"))
    assert world[id_].state is State.ON_SCENE
    assert [(entry.cause, entry.ended_at) for entry in world[id_].rounds] == [
        (RoundCause.OPENED, at(90)), (RoundCause.RETURNED, None),
    ]  # fmt: skip
    world.do(id_, c.Release(team=A))
    assert world[id_].state is State.ON_SCENE
    world.do(id_, c.Resolve(team=A))
    assert moments(world, MomentName.RESOLVED) == [(1, at(1)), (2, at(90))]


def test_a_returned_outcome_with_no_team_left_is_the_centers_again() -> None:
    world, id_ = started(*RESOLVED, c.Release(team=A), c.Return(reason="incomplete"))
    assert world[id_].state is State.ACKNOWLEDGED
    with pytest.raises(AlreadyDone):
        world.do(id_, c.Acknowledge())


def test_an_arrival_after_a_return_holds_whoever_leaves() -> None:
    world, id_ = started(c.Acknowledge(), ASSIGN_A, c.Resolve(), c.Return(reason="incomplete"))
    world.now = 40
    world.do(id_, c.Arrive(team=A), c.Release(team=A))
    assert world[id_].state is State.ON_SCENE


def test_a_team_that_left_before_the_return_and_arrives_after_it_counts() -> None:
    world, id_ = started(c.Acknowledge(), ASSIGN_A, c.Release(team=A), c.Resolve())
    world.now = 30
    world.do(id_, c.Return(reason="incomplete"))
    world.now = 40
    world.do(id_, c.Arrive(team=A))
    assert world[id_].state is State.ON_SCENE
    assert moments(world, MomentName.ON_SCENE) == [(1, at(40))]


def test_an_arrival_before_the_return_that_is_told_after_it_moves_nothing() -> None:
    world, id_ = started(c.Acknowledge(), ASSIGN_A)
    world.now = 20
    world.do(id_, c.Release(team=A), c.Resolve())
    world.now = 30
    world.do(id_, c.Return(reason="incomplete"))
    world.do(id_, c.Arrive(team=A), told_at=15)
    assert world[id_].state is State.ACKNOWLEDGED
    assert moments(world, MomentName.ON_SCENE) == [(1, at(15))]


def test_a_late_arrival_of_the_former_centers_team_does_not_speak_for_the_new_center() -> None:
    world = transferred(c.Acknowledge(), ASSIGN_A)
    (id_,) = world.incidents
    world.now = 40
    world.do(id_, c.Arrive(team=A))
    assert world[id_].state is State.OPEN
    assert moments(world, MomentName.ON_SCENE) == [(1, at(40))]


def test_a_reopened_incident_is_pushed_and_must_be_acknowledged_anew() -> None:
    world, id_ = started(*RESOLVED, CLOSE)
    world.now = 500
    world.do(id_, c.Reopen(reason="it goes on", text="digest"))
    incident = world[id_]
    assert (incident.state, incident.ended_at, incident.disposition) == (State.PUSHED, None, None)
    assert incident.round.cause is RoundCause.REOPENED
    assert world.do(id_, c.Receipt()) == ()
    assert world.do(id_, c.Acknowledge()) == (e.IncidentAcknowledged(),)
    assert world[id_].state is State.ACKNOWLEDGED


def test_a_merged_incident_is_split_and_not_reopened() -> None:
    world, id_ = started()
    other = world.open()
    world.do(id_, c.Merge(into=other))
    with pytest.raises(BadTarget) as refused:
        world.do(id_, c.Reopen(reason="it goes on"))
    assert refused.value.allowed == ("split",)


def test_a_machine_that_acknowledges_is_named_by_its_key() -> None:
    world, id_ = started()
    world.do(id_, c.Acknowledge(), actor=an_actor(ActorKind.MACHINE))
    assert world[id_].moments[-1].actor.kind is ActorKind.MACHINE
