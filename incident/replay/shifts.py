"""What the center's own people do with an incident among themselves."""

from dataclasses import replace

from incident import events as e
from incident.events import Event
from incident.lifecycle import Incident
from incident.replay.following import fold

__all__ = ["fold"]


@fold.register
def _shelved(body: e.IncidentShelved, incident: Incident, event: Event) -> Incident:
    del event
    return replace(incident, shelved_until=body.until, shelved_reason=body.reason)


@fold.register
def _taken_over(body: e.IncidentTakenOver, incident: Incident, event: Event) -> Incident:
    del event
    return replace(incident, operator=body.operator)
