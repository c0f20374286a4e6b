"""What teams do, and who sends them. A team has at most one live assignment anywhere."""

from incident import commands as c
from incident import events as e
from incident.alert import IncidentId, TeamId
from incident.commands import Context, Facts
from incident.decisions.outcome import Decided
from incident.errors import (
    AssignmentEnded,
    NotAllowed,
    NotAssigned,
    TeamEngaged,
    UnknownThing,
)
from incident.lifecycle import Assignment, Incident, State
from incident.moments import MomentName


def assign(incident: Incident, command: c.Assign, context: Context, facts: Facts) -> Decided:
    """Assign teams or add them; one that is here already says nothing new.

    Raises:
        UnknownThing: If the directory has no such team.
        TeamEngaged: If a team is on another incident and the command does not divert.
    """
    del context
    here = {entry.team for entry in incident.live_assignments}
    wanted = [team for team in dict.fromkeys(command.teams) if team not in here]
    bodies: list[e.Body] = []
    others: dict[IncidentId, tuple[e.Body, ...]] = {}
    for offset, team in enumerate(wanted, start=len(incident.assignments) + 1):
        known = facts.teams.get(team)
        if known is None:
            raise UnknownThing(f"no team {team}", allowed=tuple(sorted(facts.teams)))
        if known.engaged_on is not None:
            if not command.divert:
                raise TeamEngaged(team, known.engaged_on)
            origin, released = _diverted(incident, team, facts.others[known.engaged_on])
            others[origin] = (*others.get(origin, ()), released)
        bodies.append(
            e.TeamAssigned(
                assignment=offset,
                team=team,
                team_organisation=known.organisation,
                diverted_from=known.engaged_on,
            )
        )
    return Decided(bodies=tuple(bodies), others=tuple(others.items()))


def _diverted(
    incident: Incident, team: TeamId, origin: Incident
) -> tuple[IncidentId, e.TeamReleased]:
    """The end of the team's assignment on the incident it is taken from."""
    number = next(entry.number for entry in origin.live_assignments if entry.team == team)
    released = e.TeamReleased(
        assignment=number, team=team, reason=e.EndReason.DIVERTED, diverted_to=incident.id
    )
    return origin.id, released


def accept(incident: Incident, command: c.Accept, context: Context, facts: Facts) -> Decided:
    """The team takes the order."""
    del facts
    entry = find_assignment(incident, command.team, context)
    if MomentName.ACCEPTED in entry.acts:
        return Decided()
    late = _is_late(entry, context)
    return Decided(bodies=(e.TeamAccepted(assignment=entry.number, team=entry.team, late=late),))


def decline(incident: Incident, command: c.Decline, context: Context, facts: Facts) -> Decided:
    """The team does not take the order; once it has departed it is released instead.

    Raises:
        NotAllowed: If the team has departed.
    """
    del facts
    entry = find_assignment(incident, command.team, context)
    if entry.end_reason is e.EndReason.DECLINED:
        return Decided()
    _must_be_live(entry)
    if entry.state in {State.EN_ROUTE, State.ON_SCENE}:
        raise NotAllowed(
            f"team {entry.team} is {entry.state} and can no longer decline",
            allowed=("release", "request-help"),
        )
    declined = e.TeamDeclined(
        assignment=entry.number, team=entry.team, reason=command.reason, text=command.text
    )
    return Decided(bodies=(declined,))


def depart(incident: Incident, command: c.Depart, context: Context, facts: Facts) -> Decided:
    """The team sets off."""
    del facts
    entry = find_assignment(incident, command.team, context)
    if MomentName.EN_ROUTE in entry.acts:
        return Decided()
    late = _is_late(entry, context)
    return Decided(bodies=(e.TeamDeparted(assignment=entry.number, team=entry.team, late=late),))


def arrive(incident: Incident, command: c.Arrive, context: Context, facts: Facts) -> Decided:
    """The team is on scene; this counts even when its assignment had ended."""
    del facts
    entry = find_assignment(incident, command.team, context)
    if MomentName.ON_SCENE in entry.acts:
        return Decided()
    late = not entry.is_live
    return Decided(bodies=(e.TeamArrived(assignment=entry.number, team=entry.team, late=late),))


def check_in(incident: Incident, command: c.CheckIn, context: Context, facts: Facts) -> Decided:
    """The team is safe."""
    del facts
    entry = find_assignment(incident, command.team, context)
    _must_be_live(entry)
    return Decided(bodies=(e.TeamCheckedIn(assignment=entry.number, team=entry.team),))


def release(incident: Incident, command: c.Release, context: Context, facts: Facts) -> Decided:
    """The team is free; of an assignment that had ended otherwise this is a late fact."""
    del facts
    entry = find_assignment(incident, command.team, context)
    if entry.end_reason is e.EndReason.RELEASED or entry.released_late_at is not None:
        return Decided()
    released = e.TeamReleased(
        assignment=entry.number,
        team=entry.team,
        reason=e.EndReason.RELEASED,
        late=not entry.is_live,
    )
    return Decided(bodies=(released,))


def find_assignment(incident: Incident, team: TeamId, context: Context) -> Assignment:
    """The team's assignment that an act belongs to: the last one begun by then.

    An act that is told as it happens, and one said to precede every assignment of the team (which
    nobody can believe), belong to the last one.

    Raises:
        NotAssigned: If the team was never on this incident.
    """
    own = [entry for entry in incident.assignments if entry.team == team]
    if not own:
        teams = sorted({entry.team for entry in incident.assignments})
        raise NotAssigned(f"team {team} was never on this incident", allowed=tuple(teams))
    at = context.occurred_at
    begun = [entry for entry in own if at is not None and entry.assigned_at <= at]
    return begun[-1] if begun else own[-1]


def _is_late(entry: Assignment, context: Context) -> bool:
    """Whether this is a late fact about an ended assignment; refused if it happened after its end.

    Raises:
        AssignmentEnded: If the assignment had ended by then.
    """
    if entry.ended_at is None:
        return False
    if (context.occurred_at or context.now) >= entry.ended_at:
        _must_be_live(entry)
    return True


def _must_be_live(entry: Assignment) -> None:
    if entry.is_live:
        return
    raise AssignmentEnded(
        f"the assignment of team {entry.team} ended: {entry.end_reason}",
        allowed=("arrive", "release"),
    )
