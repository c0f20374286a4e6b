"""What state follows: from the table, or from what the teams and the center did."""

from incident.lifecycle import (
    ASSIGNMENT_STATES,
    ROUND_STARTS,
    Incident,
    Next,
    RoundCause,
    State,
)
from incident.moments import MomentName


def is_acknowledged(incident: Incident) -> bool:
    """Whether somebody of the center took it since it came to the center."""
    return any(
        entry.name is MomentName.ACKNOWLEDGED and entry.round >= _since(incident)
        for entry in incident.moments
    )


def is_pushed(incident: Incident) -> bool:
    """Whether the center is known to have it."""
    since = _since(incident)
    if ROUND_STARTS[incident.rounds[since - 1].cause] is MomentName.PUSHED:
        return True
    return any(
        entry.name is MomentName.PUSHED and entry.round >= since for entry in incident.moments
    )


def _since(incident: Incident) -> int:
    """The number of the round in which the incident came to its present center."""
    return max(entry.number for entry in incident.rounds if entry.cause is not RoundCause.RETURNED)


def _is_reached(incident: Incident) -> bool:
    """Whether a team arrived in this round, or since it began on an assignment from before it."""
    return any(
        entry.name is MomentName.ON_SCENE
        and (
            entry.round == incident.round.number
            or (entry.round >= _since(incident) and entry.judged_at > incident.round.started_at)
        )
        for entry in incident.moments
    )


def next_state(incident: Incident, target: State | Next) -> State:
    """Give the state that an event leads to, once its effect is there (rule 3)."""
    if isinstance(target, State):
        return target
    if target is Next.STAY:
        return incident.state
    if incident.state is State.ON_SCENE or _is_reached(incident):
        return State.ON_SCENE
    since = _since(incident)  # what a former center's teams did is not this center's state
    reached = [
        ASSIGNMENT_STATES.index(entry.state)
        for entry in incident.live_assignments
        if entry.round >= since
    ]
    if reached:
        return ASSIGNMENT_STATES[max(reached)]
    if is_acknowledged(incident):
        return State.ACKNOWLEDGED
    return State.PUSHED if is_pushed(incident) else State.OPEN
