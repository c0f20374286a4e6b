"""The ladder: what is done, and when, if nobody acts.

Rule 1. A rung waits from its start moment in the present round; the moment that the round's start
stands in for need not be reported anew. Its k-th step is due k waits later. Where the center has
no console, a rung that says so begins at once: its k-th step is due one wait sooner.

Rule 2. A rung is off once one of its `unless` moments was stamped in the present round. What the
round's start stands in for ends nothing.

Rule 3. The wait is that of the present severity, so raising it brings a step forward.

Rule 4. For an alert that came late, a rung runs only for the severities it names.

Rule 5. Nothing is due once the outcome was reported or the incident ended.

A step is due until the incident says that it was taken; a step taken is never due again.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from incident.lifecycle import ENDED, Incident, State
from incident.moments import MomentName
from incident.profile import Action, Rung
from incident.timing.spans import began_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A rung of the ladder, due in a round for the first, second, ... time.

    Attributes:
        key: `round/code/count`, as recorded in the incident when it is taken.
        code: The rung's code.
        mark: To be written beside what it does, such as `undelivered`.
    """

    key: str
    code: str
    action: Action
    due_at: datetime
    mark: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LadderPlan:
    """What to do now, and when to look again.

    Attributes:
        due: The steps due and not yet taken, earliest first, ties by code.
        wake_at: When the next one is due, always after now; None if, as things stand, none will be.
    """

    due: tuple[Step, ...] = ()
    wake_at: datetime | None = None


IDLE = LadderPlan()


def plan(incident: Incident, *, now: datetime) -> LadderPlan:
    """Say which steps of the incident's ladder are due at `now`, and when to look again."""
    if incident.state in ENDED or incident.state is State.RESOLVED:
        return IDLE
    stamped = {entry.name for entry in incident.moments if entry.round == incident.round.number}
    steps = [
        step
        for rung in incident.profile.ladder
        if _is_on(rung, incident, stamped)
        for step in _steps(rung, incident)
        if step.key not in incident.steps
    ]
    steps.sort(key=lambda step: (step.due_at, step.code))
    return LadderPlan(
        due=tuple(step for step in steps if step.due_at <= now),
        wake_at=next((step.due_at for step in steps if step.due_at > now), None),
    )


def _is_on(rung: Rung, incident: Incident, stamped: set[MomentName]) -> bool:
    if not stamped.isdisjoint(rung.unless):
        return False
    if not incident.alert.late or rung.late_severities is None:
        return True
    return incident.severity in rung.late_severities


def _steps(rung: Rung, incident: Incident) -> Iterator[Step]:
    """All steps of a rung that has begun, taken or not."""
    present = incident.round
    starts = [
        entry
        for entry in incident.moments
        if entry.name is rung.start and entry.round == present.number
    ]
    start = began_at(present, rung.start, stamped=starts)
    if start is None:
        return
    wait = rung.wait_for(incident.severity)
    sooner = 1 if rung.at_once_without_console and not incident.console else 0
    for count in range(1, rung.times + 1):
        yield Step(
            key=f"{present.number}/{rung.code}/{count}",
            code=rung.code,
            action=rung.action,
            due_at=start + (count - sooner) * wait,
            mark=rung.mark,
        )
