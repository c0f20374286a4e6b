"""A step of the ladder is taken only if it is still due when the incident is read again."""

from dataclasses import replace

import pytest

from incident import commands as c
from incident.alert import Circumstances, OrganisationId, TeamId
from incident.assignment import Candidate, LeftOut, LeftOutReason, Ranking, Reason
from incident.decisions.steps import (
    Found,
    asks_endpoint,
    at_opening,
    bodies_of,
    find_due,
    is_assignment,
    needs_ranking,
)
from incident.directory import FunctionGroup, Team
from incident.events import HelpRequested, PoliceRequested, StepTaken, TeamAssigned
from incident.ladder import Step, plan
from incident.lifecycle import Incident, State
from incident.moments import MomentName
from incident.profile import Action, rungs_of
from tests.builders import PROFILE_115, an_alert, at
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


def ranked(*codes: str, left_out: tuple[LeftOut, ...] = ()) -> Found:
    """What was found: these teams, best first."""
    candidates = tuple(Candidate(team=team(code), reasons=(Reason.FARTHER,)) for code in codes)
    return Found(ranking=Ranking(candidates=candidates, left_out=left_out))


def the_step(incident: Incident, key: str, seconds: float) -> Step:
    """A step that is due."""
    step = find_due(incident, key, now=at(seconds))
    assert step is not None
    return step


def test_a_step_sends_the_best_team_with_its_reasons_and_is_never_taken_again() -> None:
    world, incident = opened()
    step = the_step(incident, DIRECT, 60)
    assert is_assignment(step)
    assert needs_ranking(step)
    bodies = bodies_of(incident, step, ranked("A", "B"))
    assert bodies == (
        TeamAssigned(
            assignment=1,
            team=A,
            team_organisation=GUARDS,
            step=DIRECT,
            mark="undelivered",
            reasons=("farther",),
        ),
    )
    world.now = 60
    world.keep(incident.id, bodies, world.context())
    assert world[incident.id].state is State.ASSIGNED
    assert DIRECT in world[incident.id].steps
    assert find_due(world[incident.id], DIRECT, now=at(61)) is None


def test_a_neighbours_team_is_sent_with_what_keeps_each_of_those_before_it() -> None:
    _, incident = opened()
    lent = Candidate(team=team("N"), reasons=(Reason.FARTHER, Reason.NEIGHBOUR))
    other = replace(team("B"), organisation=OrganisationId("own"))
    left_out = (LeftOut(team=other, reason=LeftOutReason.BUSY),)
    found = Found(ranking=Ranking(candidates=(lent,), left_out=left_out))
    (sent,) = bodies_of(incident, the_step(incident, DIRECT, 60), found)
    assert isinstance(sent, TeamAssigned)
    assert sent.reasons == ("farther", "neighbour", "B:busy")


def test_a_step_that_finds_no_team_says_why_for_each_and_is_tried_again() -> None:
    world, incident = opened()
    left_out = (
        LeftOut(team=team("A"), reason=LeftOutReason.BUSY),
        LeftOut(team=team("B"), reason=LeftOutReason.RESTING),
    )
    bodies = bodies_of(incident, the_step(incident, DIRECT, 60), ranked(left_out=left_out))
    assert bodies == (
        StepTaken(
            step=DIRECT,
            outcome="no_team",
            mark="undelivered",
            reasons=("A:busy", "B:resting"),
            why="60 s after received without pushed or assigned or en_route or on_scene",
        ),
    )
    world.keep(incident.id, bodies, world.context())
    assert (world[incident.id].state, world[incident.id].steps) == (State.OPEN, (DIRECT,))
    assert find_due(world[incident.id], DIRECT, now=at(61)) is None
    assert find_due(world[incident.id], "1/direct-assign/2", now=at(120)) is not None


@pytest.mark.parametrize(
    ("has_endpoint", "outcome"), [(True, "delivery_queued"), (False, "no_endpoint")]
)
def test_the_enterprises_own_system_is_told_if_there_is_one(
    has_endpoint: bool, outcome: str
) -> None:
    _, incident = opened()
    step = the_step(incident, WEBHOOK, 5)
    assert asks_endpoint(step)
    assert not needs_ranking(step)
    assert bodies_of(incident, step, Found(has_endpoint=has_endpoint)) == (
        StepTaken(step=WEBHOOK, outcome=outcome, why="5 s after received without pushed"),
    )


def test_whom_a_step_told_by_what_and_why_stands_in_its_event() -> None:
    world, incident = opened()
    world.do(incident.id, c.Receipt())
    pushed = world[incident.id]
    step = the_step(pushed, "1/unacknowledged-park/1", 61)
    assert bodies_of(pushed, step, Found()) == (
        StepTaken(
            step="1/unacknowledged-park/1",
            outcome="told",
            post="supervisor",
            of="park",
            callback="not_acknowledged",
            why="60 s after pushed without acknowledged",
        ),
    )


def test_the_consoles_are_louder_by_a_step_that_tells_no_post() -> None:
    world, incident = opened()
    world.do(incident.id, c.Receipt())
    step = the_step(world[incident.id], "1/unacknowledged-louder/1", 16)
    (taken,) = bodies_of(world[incident.id], step, Found())
    assert isinstance(taken, StepTaken)
    assert (taken.outcome, taken.post, taken.of) == ("louder", None, None)


def test_another_team_is_proposed_and_not_sent_while_the_first_is_on_its_way() -> None:
    world, incident = opened()
    world.do(incident.id, c.Assign(teams=(A,)), c.Accept(team=A), c.Depart(team=A))
    present = world[incident.id]
    step = the_step(present, "1/propose-team/1", 301)
    assert not is_assignment(step)
    (taken,) = bodies_of(present, step, ranked("B", "C", "D", "E"))
    assert isinstance(taken, StepTaken)
    assert (taken.outcome, taken.teams, taken.reasons) == (
        "proposed",
        ("B", "C", "D"),
        ("farther",),
    )
    world.keep(incident.id, (taken,), world.context())
    assert [entry.team for entry in world[incident.id].live_assignments] == [A]


def test_where_no_team_can_be_proposed_it_says_why() -> None:
    world, incident = opened()
    world.do(incident.id, c.Assign(teams=(A,)))
    step = the_step(world[incident.id], "1/propose-team/1", 301)
    busy = (LeftOut(team=team("B"), reason=LeftOutReason.BUSY),)
    (taken,) = bodies_of(world[incident.id], step, ranked(left_out=busy))
    assert isinstance(taken, StepTaken)
    assert (taken.outcome, taken.teams, taken.reasons) == ("no_team", (), ("B:busy",))


def test_a_team_that_misses_two_check_ins_has_help_asked_for_by_a_machine() -> None:
    world, incident = opened()
    world.do(incident.id, c.Assign(teams=(A,)), c.Arrive(team=A))
    present = world[incident.id]
    step = the_step(present, "1/check-in-missed.A.0/1", 1201)
    helped, taken = bodies_of(present, step, Found())
    assert helped == HelpRequested(team=A)
    assert isinstance(taken, StepTaken)
    assert (taken.outcome, taken.team) == ("help_requested", A)


def armed(**about: object) -> tuple[World, Incident]:
    """An incident of a kind that asks for police, about something."""
    world = World()
    known = replace(Circumstances(), **about)  # type: ignore[arg-type]  # checked by the class
    alert = replace(an_alert(), circumstances=known)
    return world, world[world.open(alert, profile=PROFILE_115)]


@pytest.mark.parametrize(
    ("about", "asked"),
    [
        ({"weapons": True}, [("weapons", None)]),
        ({"injured": 1}, [("injured", "120")]),
        ({"hazards": ("fire",)}, [("fire", "119")]),
        ({"weapons": True, "injured": 2}, [("injured", "120"), ("weapons", None)]),
        ({"injured": 0, "hazards": ("forklift",)}, []),
    ],
)
def test_police_fire_brigade_or_ambulance_are_asked_for_as_it_opens(
    about: dict[str, object], asked: list[tuple[str, str | None]]
) -> None:
    world, incident = armed(**about)
    bodies = at_opening(incident)
    requested = [body for body in bodies if isinstance(body, PoliceRequested)]
    assert [(body.reason, body.service) for body in requested] == asked
    world.keep(incident.id, bodies, world.context())
    after = world[incident.id]
    assert at_opening(after) == ()
    assert after.state is State.OPEN  # a team goes all the same
    assert after.has(MomentName.POLICE_REQUESTED) is ((("weapons", None)) in asked)


def test_nobody_is_asked_for_by_a_kind_that_does_not_say_so() -> None:
    _, incident = armed(weapons=True)
    assert at_opening(replace(incident, police_required=())) == ()


def test_weapons_that_are_told_of_later_have_police_asked_for_then() -> None:
    world, incident = armed()
    assert at_opening(incident) == ()
    world.now = 40
    world.do(incident.id, c.Update(circumstances=Circumstances(weapons=True)))
    step = the_step(world[incident.id], "1/ask-police/1", 40)
    assert step.due_at == at(40)


def test_every_action_of_the_ladder_is_carried_out_and_marks_its_step_as_taken() -> None:
    world, incident = armed(weapons=True)
    seen: set[Action] = set()
    world.do(incident.id, c.Assign(teams=(A,)))
    for present in (incident, world[incident.id]):
        for step in plan(present, now=at(10_000)).due:
            bodies = bodies_of(present, step, ranked("B"))
            steps = [body.step for body in bodies if isinstance(body, StepTaken | TeamAssigned)]
            assert steps == [step.key]
            seen.add(step.action)
    assert seen == set(Action) - {Action.LOUDER, Action.REQUEST_HELP} | {Action.LOUDER}
    assert {rung.action for rung in rungs_of(PROFILE_115)} == set(Action)
