"""Gives every operator and every team of the park a simulated person."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from incident.directory import FunctionGroup
from services.cli.client import Client
from services.cli.demo.case import Case
from services.cli.demo.cast import Cast
from services.cli.demo.choosing import choose_teams
from services.cli.demo.people import CHOOSE, Step, operator_step, team_step
from services.cli.demo.person import Desk, Observe, Person
from services.runtime.auth import Role
from services.runtime.clock import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """What the people share.

    Attributes:
        client_of: Gives the caller with somebody's key.
        observe: Told of every frame that an operator's console gets.
        surprised: Told of what nobody expected.
    """

    cast: Cast
    clock: Clock
    client_of: Callable[[Role, str], Client]
    observe: Observe
    surprised: Callable[[str], None]


def people_of(stage: Stage) -> Iterator[Person]:
    """Give an operator for each center, and somebody for each team that is ever sent."""
    for center in stage.cast.park.centers:
        yield _operator(stage, center)
    for team in stage.cast.park.teams.values():
        if team.function_group is FunctionGroup.DUTY_LINKAGE and team.on_duty:
            yield _team(stage, team.code)


def _operator(stage: Stage, center: str) -> Person:
    client = stage.client_of(Role.OPERATOR, center)

    def decide(case: Case, helps: int) -> Step | None:
        scene = stage.cast.scene_of(case)
        into = stage.cast.into(scene)
        return operator_step(scene, case, center=center, helps=helps, into=into)

    async def perform(case: Case, step: Step) -> bool:
        body = step.body
        if step.verb == CHOOSE:
            shown = await client.get(f"/v1/centers/{center}/board")
            diverts = stage.cast.scene_of(case).manner.diverts and not case.teams
            chosen = choose_teams(
                case, shown, park=stage.cast.park, diverts=diverts, now=stage.clock.now()
            )
            if chosen is None:
                return False
            body = chosen
        await client.act(case.id, step.verb, body)
        return True

    async def board() -> list[Case]:
        shown = await client.get(f"/v1/centers/{center}/board")
        return [Case(state) for state in shown["incidents"]]

    return Person(
        Desk(
            client=client,
            clock=stage.clock,
            path=f"/v1/centers/{center}/stream",
            decide=decide,
            perform=perform,
            board=board,
            observe=stage.observe,
            surprised=stage.surprised,
        )
    )


def _team(stage: Stage, team: str) -> Person:
    client = stage.client_of(Role.TEAM, team)

    def decide(case: Case, helps: int) -> Step | None:
        return team_step(stage.cast.scene_of(case), case, team=team, helps=helps)

    async def perform(case: Case, step: Step) -> bool:
        await client.act(case.id, step.verb, step.body)
        return True

    return Person(
        Desk(
            client=client,
            clock=stage.clock,
            path=f"/v1/teams/{team}/stream",
            decide=decide,
            perform=perform,
            board=None,
            observe=lambda _: None,
            surprised=stage.surprised,
        )
    )
