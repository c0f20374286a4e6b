"""What teams do, and who sends them."""

import pytest

from incident import commands as c
from incident import events as e
from incident.alert import TeamId
from incident.errors import AssignmentEnded, NotAllowed, NotAssigned, TeamEngaged, UnknownThing
from incident.events import EndReason
from incident.lifecycle import State
from incident.moments import MomentName, Proof
from tests.builders import at
from tests.incident.world import GUARDS, A, B, World, started

ASSIGN_A = c.Assign(teams=(A,))


def test_teams_are_assigned_together_and_one_named_twice_goes_once() -> None:
    world, id_ = started(c.Assign(teams=(A, B, A)))
    assert [(entry.number, entry.team) for entry in world[id_].assignments] == [(1, A), (2, B)]
    assert {entry.organisation for entry in world[id_].assignments} == {GUARDS}
    assert world[id_].state is State.ASSIGNED


def test_a_team_that_is_on_it_already_is_not_assigned_again() -> None:
    world, id_ = started(ASSIGN_A)
    assert world.do(id_, ASSIGN_A) == ()
    b_alone = e.TeamAssigned(assignment=2, team=B, team_organisation=GUARDS)
    assert world.do(id_, c.Assign(teams=(A, B))) == (b_alone,)


def test_an_unknown_team_is_refused_and_the_known_ones_are_named() -> None:
    world, id_ = started()
    with pytest.raises(UnknownThing) as refused:
        world.do(id_, c.Assign(teams=(A, TeamId("Z"))))
    assert refused.value.allowed == ("A", "B", "C")
    assert world[id_].assignments == ()


def test_a_team_on_another_incident_is_not_taken_from_there_unless_one_says_so() -> None:
    world, first = started(ASSIGN_A)
    second = world.open()
    with pytest.raises(TeamEngaged) as refused:
        world.do(second, c.Assign(teams=(B, A)))
    assert (refused.value.team, refused.value.incident) == (A, first)
    assert refused.value.allowed == ("divert",)
    assert world[second].assignments == ()


def test_diverting_a_team_ends_its_earlier_assignment_in_the_same_go() -> None:
    world, first = started(c.Acknowledge(), ASSIGN_A)
    second = world.open()
    world.now = 30
    world.do(second, c.Assign(teams=(A,), divert=True))
    (earlier,), (later,) = world[first].assignments, world[second].assignments
    assert (earlier.end_reason, earlier.ended_at) == (EndReason.DIVERTED, at(30))
    assert later.diverted_from == first
    assert world.log[first][-1].body == e.TeamReleased(
        assignment=1, team=A, reason=EndReason.DIVERTED, diverted_to=second
    )
    assert world[first].state is State.ACKNOWLEDGED


def test_two_teams_diverted_from_one_incident_leave_it_in_versions_that_follow() -> None:
    world, first = started(c.Assign(teams=(A, B)))
    second = world.open()
    world.do(second, c.Assign(teams=(A, B), divert=True))
    assert world[first].live_assignments == ()
    assert [event.version for event in world.log[first]] == [1, 2, 3, 4, 5]


def test_a_free_team_is_sent_even_when_the_command_would_divert() -> None:
    world, id_ = started(c.Assign(teams=(A,), divert=True))
    assert world[id_].assignments[0].diverted_from is None


@pytest.mark.parametrize(
    ("act", "name"),
    [
        (c.Accept, MomentName.ACCEPTED),
        (c.Depart, MomentName.EN_ROUTE),
        (c.Arrive, MomentName.ON_SCENE),
    ],
)
def test_an_act_told_twice_is_one_moment(
    act: type[c.Accept | c.Depart | c.Arrive], name: MomentName
) -> None:
    world, id_ = started(ASSIGN_A, act(team=A))
    assert world.do(id_, act(team=A)) == ()
    assert [entry.team for entry in world[id_].moments if entry.name is name] == [A]


def test_the_state_is_the_farthest_that_any_team_on_it_has_come() -> None:
    world, id_ = started(c.Assign(teams=(A, B)), c.Accept(team=A))
    assert world[id_].state is State.ACCEPTED
    world.do(id_, c.Depart(team=B))
    assert world[id_].state is State.EN_ROUTE
    world.do(id_, c.Release(team=B))
    assert world[id_].state is State.ACCEPTED
    world.do(id_, c.Decline(team=A))
    assert world[id_].state is State.OPEN


@pytest.mark.parametrize(
    ("before", "state"),
    [((), State.OPEN), ((c.Receipt(),), State.PUSHED), ((c.Acknowledge(),), State.ACKNOWLEDGED)],
)
def test_without_a_team_the_state_is_what_the_center_said(
    before: tuple[c.Command, ...], state: State
) -> None:
    world, id_ = started(*before, ASSIGN_A, c.Decline(team=A))
    assert world[id_].state is state


def test_the_first_arrival_counts_and_stays_whoever_leaves() -> None:
    world, id_ = started(c.Assign(teams=(A, B)), c.Arrive(team=A), c.Release(team=A))
    assert world[id_].state is State.ON_SCENE
    world.do(id_, c.Release(team=B))
    assert world[id_].state is State.ON_SCENE


def test_a_team_may_arrive_that_never_departed_and_depart_after_it_arrived() -> None:
    world, id_ = started(ASSIGN_A)
    world.now = 200
    world.do(id_, c.Arrive(team=A), proof=Proof.GATE_QR)
    world.do(id_, c.Depart(team=A), told_at=60)
    assert world[id_].state is State.ON_SCENE
    arrived, departed = world[id_].moments[-2:]
    assert (arrived.judged_at, arrived.proof) == (at(200), Proof.GATE_QR)
    assert departed.judged_at == at(60)
    assert world[id_].assignments[0].acts == (MomentName.ON_SCENE, MomentName.EN_ROUTE)
    assert world[id_].assignments[0].state is State.ON_SCENE


def test_a_team_that_departed_can_no_longer_decline() -> None:
    world, id_ = started(ASSIGN_A, c.Depart(team=A))
    with pytest.raises(NotAllowed) as refused:
        world.do(id_, c.Decline(team=A))
    assert refused.value.allowed == ("release", "request-help")


def test_declining_keeps_the_reason_and_declining_again_says_nothing_new() -> None:
    world, id_ = started(ASSIGN_A)
    assert world.do(id_, c.Decline(team=A, reason="busy", text="digest")) == (
        e.TeamDeclined(assignment=1, team=A, reason="busy", text="digest"),
    )
    assert world.do(id_, c.Decline(team=A)) == ()


def test_a_team_released_otherwise_cannot_decline() -> None:
    world, id_ = started(ASSIGN_A, c.Release(team=A))
    with pytest.raises(AssignmentEnded) as refused:
        world.do(id_, c.Decline(team=A))
    assert refused.value.allowed == ("arrive", "release")


def test_an_arrival_after_the_assignment_ended_counts_all_the_same() -> None:
    world, id_ = started(ASSIGN_A, c.Decline(team=A))
    world.now = 100
    assert world.do(id_, c.Arrive(team=A)) == (e.TeamArrived(assignment=1, team=A, late=True),)
    assert world[id_].state is State.ON_SCENE
    assert world[id_].has(MomentName.ON_SCENE)
    assert world[id_].assignments[0].state is State.ASSIGNED
    assert world[id_].live_assignments == ()


@pytest.mark.parametrize("act", [c.Accept, c.Depart])
def test_what_happened_before_the_assignment_ended_is_kept_as_a_late_fact(
    act: type[c.Accept | c.Depart],
) -> None:
    world, id_ = started(ASSIGN_A)
    world.now = 50
    world.do(id_, c.Release(team=A))
    world.now = 90
    (body,) = world.do(id_, act(team=A), told_at=49.999999)
    assert getattr(body, "late", None) is True
    assert world[id_].state is State.OPEN


@pytest.mark.parametrize("told_at", [None, 50])
@pytest.mark.parametrize("act", [c.Accept, c.Depart])
def test_what_happened_as_or_after_the_assignment_ended_is_refused(
    act: type[c.Accept | c.Depart], told_at: float | None
) -> None:
    world, id_ = started(ASSIGN_A)
    world.now = 50
    world.do(id_, c.Release(team=A))
    world.now = 90
    with pytest.raises(AssignmentEnded):
        world.do(id_, act(team=A), told_at=told_at)


def test_a_release_after_the_assignment_ended_is_kept_once() -> None:
    world, id_ = started(ASSIGN_A, c.Acknowledge(), c.Close(disposition="false_alarm"))
    world.now = 70
    (body,) = world.do(id_, c.Release(team=A))
    assert body == e.TeamReleased(assignment=1, team=A, reason=EndReason.RELEASED, late=True)
    assert world.do(id_, c.Release(team=A)) == ()
    (assignment,) = world[id_].assignments
    assert (assignment.end_reason, assignment.released_late_at) == (EndReason.CLOSED, at(70))


def test_a_release_told_twice_is_one() -> None:
    world, id_ = started(ASSIGN_A, c.Release(team=A))
    assert world.do(id_, c.Release(team=A)) == ()


def test_a_team_checks_in_while_it_is_on_it_as_often_as_it_likes() -> None:
    world, id_ = started(ASSIGN_A)
    assert world.do(id_, c.CheckIn(team=A), c.CheckIn(team=A)) == (
        e.TeamCheckedIn(assignment=1, team=A),
    ) * 2  # fmt: skip
    world.do(id_, c.Release(team=A))
    with pytest.raises(AssignmentEnded):
        world.do(id_, c.CheckIn(team=A))


def test_a_team_that_was_never_on_it_is_told_who_was() -> None:
    world, id_ = started(c.Assign(teams=(B, A)))
    with pytest.raises(NotAssigned) as refused:
        world.do(id_, c.Accept(team=TeamId("C")))
    assert refused.value.allowed == ("A", "B")


def sent_twice() -> World:
    """Team A is on incident 1 from second 1 to 50 and again from 100."""
    world, id_ = started(ASSIGN_A)
    world.now = 50
    world.do(id_, c.Release(team=A))
    world.now = 100
    world.do(id_, ASSIGN_A)
    world.now = 150
    return world


@pytest.mark.parametrize(
    ("told_at", "assignment", "believed"),
    [
        (None, 2, True),
        (120, 2, True),
        (100, 2, True),
        (99, 1, True),
        (1, 1, True),
        (0.5, 2, False),  # before it was ever sent
        (155, 2, True),  # five seconds of clock error
        (155.000001, 2, False),
    ],
)
def test_an_arrival_belongs_to_the_assignment_begun_by_then(
    told_at: float | None, assignment: int, believed: bool
) -> None:
    world = sent_twice()
    (id_,) = world.incidents
    (body,) = world.do(id_, c.Arrive(team=A), told_at=told_at)
    assert body == e.TeamArrived(assignment=assignment, team=A, late=assignment == 1)
    assert world.log[id_][-1].disbelieved is not believed


def test_an_act_told_as_it_happens_belongs_to_an_assignment_from_a_clock_that_runs_ahead() -> None:
    world, id_ = started(ASSIGN_A, c.Release(team=A))
    world.now = 100
    world.do(id_, ASSIGN_A, told_at=104)
    world.now = 101
    assert world.do(id_, c.Accept(team=A)) == (e.TeamAccepted(assignment=2, team=A),)
    assert not world.log[id_][-1].disbelieved
