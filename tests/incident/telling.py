"""Asks the 115 ladder what it tells whom, and when."""

from incident import commands as c
from incident.alert import IncidentId, Severity
from incident.ladder import Step, plan
from incident.lifecycle import Incident
from incident.profile import Action, Rung, Whose, rungs_of
from tests.builders import PROFILE_115, an_alert, at
from tests.incident.world import A, World

MICROSECOND = 0.000001
FOREVER = 100_000.0
URGENT, USUAL = (Severity.RED, Severity.ORANGE), (Severity.YELLOW, Severity.BLUE)


def steps(incident: Incident, now: float = FOREVER) -> dict[str, Step]:
    """The steps due, by their keys."""
    return {step.key: step for step in plan(incident, now=at(now)).due}


def first_due(incident: Incident, code: str) -> float | None:
    """When the first step of a rung is due, in seconds; None if it never is."""
    found = [step.due_at for step in steps(incident).values() if step.code == code]
    return (min(found) - at(0)).total_seconds() if found else None


def rung(code: str) -> Rung:
    (found,) = (entry for entry in rungs_of(PROFILE_115) if entry.code == code)
    return found


def told(code: str) -> tuple[Action, str | None, Whose, str | None]:
    """What a rung does and whom it tells."""
    found = rung(code)
    return (found.action, found.post, found.of, found.callback)


def reach(*commands: c.Command, alert_of: Severity = Severity.YELLOW) -> tuple[World, IncidentId]:
    """An incident of the 115 profile that was given these commands at second 1."""
    world = World()
    id_ = world.open(an_alert(severity=alert_of), profile=PROFILE_115)
    world.do(id_, *commands)
    return world, id_


ON_SCENE = (c.Receipt(), c.Acknowledge(), c.Assign(teams=(A,)), c.Accept(team=A), c.Arrive(team=A))
