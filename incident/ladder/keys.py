"""What the key of a step says, and whether the cause of a step is gone."""

from incident.alert import TeamId
from incident.ladder.causes import causes, runs, stamped_in_round
from incident.lifecycle import Incident
from incident.profile import Rung, rungs_of


def rung_of(incident: Incident, step_key: str) -> Rung | None:
    """The rung that a step is of; None where the incident's ladder has no such rung."""
    code = _middle(step_key).partition(".")[0]
    return next((rung for rung in rungs_of(incident.profile) if rung.code == code), None)


def team_of(step_key: str) -> TeamId | None:
    """The team that a step concerns, by its key alone; None where it concerns no single team."""
    team = _middle(step_key).partition(".")[2].rpartition(".")[0]
    return TeamId(team) if team else None


def is_over(incident: Incident, step_key: str) -> bool:
    """Whether the cause of a step is gone, so that whoever was alerted may stand down.

    It is where somebody did what the step waited for, where the cause was noted, taken back or
    replaced by a newer one, where a new round began, and where the incident is past it.
    """
    rung = rung_of(incident, step_key)
    if rung is None or not runs(rung, incident):
        return True
    stamped = stamped_in_round(incident)
    if any(name in stamped for name in rung.unless):
        return True
    cause = step_key.rpartition("/")[0]
    return all(
        cause != f"{entry.round}/{rung.code}{entry.suffix}"
        for entry in causes(rung, incident, stamped)
    )


def _middle(step_key: str) -> str:
    return step_key.partition("/")[2].rpartition("/")[0]
