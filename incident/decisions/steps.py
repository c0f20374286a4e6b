"""A step of the ladder is due: decide again, under lock, whether and how to take it.

The clock's word that a step is due is only a reason to look. The step is taken if the ladder
still says so now; else somebody acted in the meantime and nothing is done. What each action
records stands in one table, `bodies_of`: nothing else asks what the action is.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from incident.alert import TeamId
from incident.assignment import Ranking, choose
from incident.events import Body, HelpRequested, PoliceRequested, StepTaken, TeamAssigned
from incident.ladder import Step, is_about, plan
from incident.lifecycle import Incident
from incident.profile import Action, Rung

POLICE = "110"
"""The mark of a rung that asks for the police themselves."""

MOST_PROPOSED = 3
NOBODY = Ranking(candidates=(), left_out=())

NEEDS_RANKING = frozenset({Action.ASSIGN, Action.ADD_TEAM, Action.PROPOSE_TEAM})
SENDS = frozenset({Action.ASSIGN, Action.ADD_TEAM})


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What was looked up for a step.

    Attributes:
        ranking: The teams, for an action that sends or proposes some; else nobody.
        has_endpoint: The center has a system of its own.
    """

    ranking: Ranking = NOBODY
    has_endpoint: bool = False


def find_due(incident: Incident, key: str, *, now: datetime) -> Step | None:
    """The step, if it is still due and not taken."""
    due = plan(incident, now=now).due
    return next((step for step in due if step.key == key), None)


def is_assignment(step: Step) -> bool:
    """Whether the step sends a team."""
    return step.action in SENDS


def needs_ranking(step: Step) -> bool:
    """Whether the step asks which team is best."""
    return step.action in NEEDS_RANKING


def asks_endpoint(step: Step) -> bool:
    """Whether the step hands the alert to the enterprise's own system."""
    return step.action is Action.WEBHOOK


def bodies_of(incident: Incident, step: Step, found: Found) -> tuple[Body, ...]:
    """What taking a step records: its own event, and beside it what it did."""
    return _ACTIONS[step.action](incident, step, found)


def at_opening(incident: Incident) -> tuple[Body, ...]:
    """What is due as an incident opens, and is done in the same transaction: help asked for."""
    due = plan(incident, now=incident.opened_at).due
    return tuple(
        body
        for step in due
        if step.action is Action.REQUEST_POLICE
        for body in bodies_of(incident, step, Found())
    )


def told(incident: Incident, step: Step, *, outcome: str = "told") -> StepTaken:
    """Record a step with whom it told, by what, and why."""
    rung = step.rung
    return StepTaken(
        step=step.key,
        outcome=outcome,
        mark=rung.mark,
        post=rung.post,
        of=rung.of if rung.post or rung.callback else None,
        team=step.team,
        callback=rung.callback,
        why=rung.why(incident.severity),
    )


def _send_team(incident: Incident, step: Step, found: Found) -> tuple[Body, ...]:
    """Assign the best team, or record why there is none; never takes a team from elsewhere."""
    chosen = choose(found.ranking)
    if chosen is None:
        return (
            StepTaken(
                step=step.key,
                outcome="no_team",
                mark=step.mark,
                reasons=found.ranking.hindrances,
                why=step.rung.why(incident.severity),
            ),
        )
    return (
        TeamAssigned(
            assignment=len(incident.assignments) + 1,
            team=chosen.team.code,
            team_organisation=chosen.team.organisation,
            step=step.key,
            mark=step.mark,
            reasons=(*chosen.reasons, *found.ranking.passed_over),
        ),
    )


def _deliver(incident: Incident, step: Step, found: Found) -> tuple[Body, ...]:
    """The alert goes to the enterprise's own system, or it has none."""
    outcome = "delivery_queued" if found.has_endpoint else "no_endpoint"
    return (told(incident, step, outcome=outcome),)


def _notify(incident: Incident, step: Step, found: Found) -> tuple[Body, ...]:
    """The notifier told the post, or the station, as it said that the step is due."""
    del found
    return (told(incident, step),)


def _louder(incident: Incident, step: Step, found: Found) -> tuple[Body, ...]:
    """The consoles hear of this step on their stream."""
    del found
    return (told(incident, step, outcome="louder"),)


def _propose(incident: Incident, step: Step, found: Found) -> tuple[Body, ...]:
    """Name the teams that could be sent beside those on it; a person sends one, or none."""
    teams = tuple(entry.team.code for entry in found.ranking.candidates[:MOST_PROPOSED])
    chosen = choose(found.ranking)
    return (
        StepTaken(
            step=step.key,
            outcome="proposed" if teams else "no_team",
            mark=step.mark,
            reasons=found.ranking.hindrances if chosen is None else tuple(chosen.reasons),
            teams=teams,
            why=step.rung.why(incident.severity),
        ),
    )


def _request_police(incident: Incident, step: Step, found: Found) -> tuple[Body, ...]:
    """Ask for police, fire brigade or ambulance; which, says the rung's mark."""
    del found
    service = None if step.mark == POLICE else step.mark
    reason = _reason(incident, step.rung)
    asked = PoliceRequested(reason=reason, service=service)
    return (asked, told(incident, step, outcome="requested"))


def _reason(incident: Incident, rung: Rung) -> str:
    """What of it the incident is about."""
    about = (code for code in rung.when if is_about(code, incident))
    return next(about, rung.code)


def _request_help(incident: Incident, step: Step, found: Found) -> tuple[Body, ...]:
    """Ask for help in the name of a team that was not heard of."""
    del found
    team: TeamId | None = step.team
    return (HelpRequested(team=team), told(incident, step, outcome="help_requested"))


_ACTIONS: dict[Action, Callable[[Incident, Step, Found], tuple[Body, ...]]] = {
    Action.ASSIGN: _send_team,
    Action.ADD_TEAM: _send_team,
    Action.WEBHOOK: _deliver,
    Action.NOTIFY: _notify,
    Action.LOUDER: _louder,
    Action.PROPOSE_TEAM: _propose,
    Action.REQUEST_POLICE: _request_police,
    Action.REQUEST_HELP: _request_help,
}
