"""A step of the ladder is taken only if it is still due when the incident is read again."""

import pytest

from incident import commands as c
from incident.alert import OrganisationId, TeamId
from incident.assignment import Candidate, LeftOut, LeftOutReason, Ranking, Reason
from incident.decisions.steps import deliver, find_due, is_assignment, send_team
from incident.directory import FunctionGroup, Team
from incident.events import StepTaken, TeamAssigned
from incident.lifecycle import Incident, State
from tests.builders import PROFILE_115, at
from tests.incident.world import GUARDS, A, World

DIRECT, WEBHOOK = "1/direct-assign/1", "1/enterprise-webhook/1"


def team(code: str) -> Team:
    return Team(
        code=TeamId(code),
        name=code,
        organisation=OrganisationId(GUARDS),
        function_group=FunctionGroup.DUTY_LINKAGE,
        on_duty=True,
    )


def opened() -> tuple[World, Incident]:
    world = World()
    return world, world[world.open(profile=PROFILE_115)]


@pytest.mark.parametrize(("seconds", "due"), [(59.999999, False), (60, True), (600, True)])
def test_a_step_is_taken_from_the_moment_it_is_due(seconds: float, due: bool) -> None:
    _, incident = opened()
    assert (find_due(incident, DIRECT, now=at(seconds)) is not None) is due


def test_a_step_that_somebody_forestalled_is_not_taken() -> None:
    world, incident = opened()
    world.do(incident.id, c.Receipt())
    assert find_due(world[incident.id], DIRECT, now=at(60)) is None


@pytest.mark.parametrize("key", ["1/nothing/1", "2/direct-assign/1", ""])
def test_a_step_that_the_ladder_does_not_have_is_not_taken(key: str) -> None:
    _, incident = opened()
    assert find_due(incident, key, now=at(60)) is None


def test_a_step_sends_the_best_team_with_its_reasons_and_is_never_taken_again() -> None:
    world, incident = opened()
    step = find_due(incident, DIRECT, now=at(60))
    assert step is not None
    assert is_assignment(step)
    ranking = Ranking(
        candidates=(
            Candidate(team=team("A"), reasons=(Reason.SAME_BUILDING, Reason.OWN_CENTER)),
            Candidate(team=team("B"), reasons=(Reason.FARTHER,)),
        ),
        left_out=(),
    )
    bodies = send_team(incident, step, ranking)
    assert bodies == (
        TeamAssigned(
            assignment=1,
            team=A,
            team_organisation=GUARDS,
            step=DIRECT,
            mark="undelivered",
            reasons=("same_building", "own_center"),
        ),
    )
    world.now = 60
    world.keep(incident.id, bodies, world.context())
    assert world[incident.id].state is State.ASSIGNED
    assert world[incident.id].steps == (DIRECT,)
    assert find_due(world[incident.id], DIRECT, now=at(61)) is None


def test_a_step_that_finds_no_team_says_why_for_each_and_is_never_taken_again() -> None:
    world, incident = opened()
    step = find_due(incident, DIRECT, now=at(60))
    assert step is not None
    left_out = (
        LeftOut(team=team("A"), reason=LeftOutReason.BUSY),
        LeftOut(team=team("B"), reason=LeftOutReason.RESTING),
    )
    bodies = send_team(incident, step, Ranking(candidates=(), left_out=left_out))
    assert bodies == (
        StepTaken(
            step=DIRECT, outcome="no_team", mark="undelivered", reasons=("A:busy", "B:resting")
        ),
    )
    world.keep(incident.id, bodies, world.context())
    assert (world[incident.id].state, world[incident.id].steps) == (State.OPEN, (DIRECT,))
    assert find_due(world[incident.id], DIRECT, now=at(61)) is None


@pytest.mark.parametrize(
    ("has_endpoint", "outcome"), [(True, "delivery_queued"), (False, "no_endpoint")]
)
def test_the_enterprises_own_system_is_told_if_there_is_one(
    has_endpoint: bool, outcome: str
) -> None:
    _, incident = opened()
    step = find_due(incident, WEBHOOK, now=at(5))
    assert step is not None
    assert not is_assignment(step)
    assert deliver(step, has_endpoint=has_endpoint) == (StepTaken(step=WEBHOOK, outcome=outcome),)
