"""A step of the ladder is due: decide again, under lock, whether and how to take it.

The clock's word that a step is due is only a reason to look. The step is taken if the ladder
still says so now; else somebody acted in the meantime and nothing is done.
"""

from datetime import datetime

from incident.assignment import Ranking, choose
from incident.events import Body, StepTaken, TeamAssigned
from incident.ladder import Step, plan
from incident.lifecycle import Incident
from incident.profile import Action


def find_due(incident: Incident, key: str, *, now: datetime) -> Step | None:
    """The step, if it is still due and not taken."""
    due = plan(incident, now=now).due
    return next((step for step in due if step.key == key), None)


def is_assignment(step: Step) -> bool:
    """Whether the step sends a team."""
    return step.action in {Action.ASSIGN, Action.ADD_TEAM}


def send_team(incident: Incident, step: Step, ranking: Ranking) -> tuple[Body, ...]:
    """Assign the best team, or record why there is none; never takes a team from elsewhere."""
    chosen = choose(ranking)
    if chosen is None:
        left_out = tuple(f"{entry.team.code}:{entry.reason}" for entry in ranking.left_out)
        return (StepTaken(step=step.key, outcome="no_team", mark=step.mark, reasons=left_out),)
    return (
        TeamAssigned(
            assignment=len(incident.assignments) + 1,
            team=chosen.team.code,
            team_organisation=chosen.team.organisation,
            step=step.key,
            mark=step.mark,
            reasons=tuple(reason.value for reason in chosen.reasons),
        ),
    )


def deliver(step: Step, *, has_endpoint: bool) -> tuple[Body, ...]:
    """Record that the alert goes to the enterprise's own system, or that it has none."""
    outcome = "delivery_queued" if has_endpoint else "no_endpoint"
    return (StepTaken(step=step.key, outcome=outcome, mark=step.mark),)
