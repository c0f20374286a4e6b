"""Which steps of an incident's ladder are due, and when to look again."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from incident.alert import Status, TeamId
from incident.ladder.causes import Stamped, causes, is_about, runs, stamped_in_round
from incident.lifecycle import ENDED, Incident, State
from incident.profile import Action, Rung, rungs_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A rung of the ladder, due in a round for the first, second, ... time.

    Attributes:
        key: As recorded in the incident when it is taken.
        rung: The rung it is of.
        team: The team it concerns, where it concerns one.
    """

    key: str
    rung: Rung
    due_at: datetime
    team: TeamId | None = None

    @property
    def code(self) -> str:
        """The rung's code."""
        return self.rung.code

    @property
    def action(self) -> Action:
        """What is done."""
        return self.rung.action

    @property
    def mark(self) -> str | None:
        """To be written beside what it does, such as `undelivered`."""
        return self.rung.mark


@dataclass(frozen=True, slots=True, kw_only=True)
class LadderPlan:
    """What to do now, and when to look again.

    Attributes:
        due: The steps due and not yet taken, earliest first, ties by code, then by key.
        wake_at: When the next one is due, always after now; None if, as things stand, none will be.
    """

    due: tuple[Step, ...] = ()
    wake_at: datetime | None = None


IDLE = LadderPlan()


def plan(incident: Incident, *, now: datetime) -> LadderPlan:
    """Say which steps of the incident's ladder are due at `now`, and when to look again."""
    if incident.alert.status is Status.TEST:
        return IDLE
    if incident.state in ENDED and incident.state is not State.CANCELLED:
        return IDLE
    stamped = stamped_in_round(incident)
    steps = [
        step
        for rung in rungs_of(incident.profile)
        if _is_on(rung, incident, stamped)
        for step in _steps(rung, incident, stamped)
        if step.key not in incident.steps
    ]
    steps.sort(key=lambda step: (step.due_at, step.code, step.key))
    return LadderPlan(
        due=tuple([step for step in steps if step.due_at <= now]),
        wake_at=next((step.due_at for step in steps if step.due_at > now), None),
    )


def _is_on(rung: Rung, incident: Incident, stamped: Stamped) -> bool:
    if not runs(rung, incident):
        return False
    for name in rung.unless:
        if name in stamped:
            return False
    if rung.severities is not None and incident.severity not in rung.severities:
        return False
    if rung.when and not _is_wanted(rung, incident):
        return False
    if not incident.alert.late or rung.late_severities is None:
        return True
    return incident.severity in rung.late_severities


def _is_wanted(rung: Rung, incident: Incident) -> bool:
    return any(code in incident.police_required and is_about(code, incident) for code in rung.when)


def _steps(rung: Rung, incident: Incident, stamped: Stamped) -> Iterator[Step]:
    """All steps of a rung that has begun, taken or not."""
    wait = rung.wait_for(incident.severity)
    sooner = 1 if rung.at_once_without_console and not incident.console else 0
    for cause in causes(rung, incident, stamped):
        for count in range(1, rung.times + 1):
            yield Step(
                key=f"{cause.round}/{rung.code}{cause.suffix}/{count}",
                rung=rung,
                due_at=cause.start + (count - sooner) * wait,
                team=cause.team,
            )
