"""What a decision gives: event bodies, for the incident asked and for others it touches."""

from dataclasses import dataclass

from incident.alert import IncidentId
from incident.events import Body, EndReason, TeamReleased
from incident.lifecycle import Incident

Touched = tuple[IncidentId, tuple[Body, ...]]
"""Another incident, and all that happens to it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """The events to record, in one transaction.

    Attributes:
        bodies: For the incident asked; empty where the command said nothing new.
        others: For other incidents, each named once: one a team is diverted from, one merged
            into or split from.
    """

    bodies: tuple[Body, ...] = ()
    others: tuple[Touched, ...] = ()


def releases(incident: Incident, reason: EndReason) -> tuple[TeamReleased, ...]:
    """Release every team that is still on it."""
    return tuple(
        TeamReleased(assignment=entry.number, team=entry.team, reason=reason)
        for entry in incident.live_assignments
    )
