"""The fold: an incident is what follows from its events, one after the other."""

from collections.abc import Iterable
from dataclasses import replace

from incident import events as e
from incident.events import Event
from incident.lifecycle import (
    TRANSITIONS,
    Incident,
)
from incident.replay.changes import BrokenHistoryError
from incident.replay.opening import opened
from incident.replay.shifts import fold
from incident.replay.states import next_state


def replay(events: Iterable[Event]) -> Incident:
    """Rebuild an incident from its whole history.

    Raises:
        BrokenHistoryError: If the events are not one incident's versions 1, 2, 3 and so on.
    """
    incident: Incident | None = None
    for event in events:
        incident = apply(incident, event)
    if incident is None:
        raise BrokenHistoryError("no events")
    return incident


def apply(incident: Incident | None, event: Event) -> Incident:
    """Follow one event.

    Args:
        incident: The incident so far; None before its opening.
        event: The next event, with the next version.

    Raises:
        BrokenHistoryError: If the event cannot follow.
    """
    if isinstance(event.body, e.IncidentOpened):
        if incident is not None or event.version != 1:
            raise BrokenHistoryError(f"{event.incident}: opened again at version {event.version}")
        return opened(event.body, event)
    if incident is None or event.incident != incident.id or event.version != incident.version + 1:
        raise BrokenHistoryError(f"{event.incident}: version {event.version} does not follow")
    target = TRANSITIONS[incident.state].get(type(event.body))
    if target is None:
        raise BrokenHistoryError(
            f"{event.incident}: {e.type_name(event.body)} at version {event.version} "
            f"cannot happen while {incident.state}"
        )
    folded = fold(event.body, incident, event)
    return replace(
        folded,
        version=event.version,
        updated_at=event.recorded_at,
        state=next_state(folded, target),
    )
