"""What a station is told of what was heard and judged. Pure.

Everything follows from an event of the incident or from a fact of its clocks, and so does its id:
whoever derives it again derives the same.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from uuid import uuid5

from incident import events as e
from incident.alert import OrganisationId
from incident.events import Event
from incident.ladder import rung_of
from incident.lifecycle import Incident
from incident.messages import (
    TARGET_AMENDED,
    TARGET_AT_RISK,
    TARGET_BREACHED,
    TargetChanged,
)
from services.notifier.handlers.callbacks.details import (
    OF_EVENTS,
    Details,
    of_opening,
    of_step,
    of_target,
)
from services.notifier.handlers.callbacks.kinds import STEPS, Callback, CallbackType
from services.notifier.ports import Fact, Judged

Read = Callable[[str], Event | None]
"""Reads the text of an event; None where its type is not known here."""

OPENING = "opening"
"""Names what is told of an opening: by its alert or by its event, whichever comes first."""


def concerns(judged: Judged) -> bool:
    """Whether there may be anything to tell."""
    return bool(judged.events or judged.facts) or _is_first_heard(judged)


def stations_of(judged: Judged) -> set[OrganisationId]:
    """Who may have to be told."""
    incident = judged.subject
    told = (incident.alert.station, incident.handover, incident.handed_over_to)
    return {station for station in told if station is not None}


def callbacks_of(judged: Judged, *, read: Read) -> Iterator[Callback]:
    """Say what is told, in the order in which it happened: what was heard, then what it means.

    Args:
        judged: What was judged.
        read: Reads events.
    """
    if _is_first_heard(judged):
        incident = judged.subject
        yield _callback(
            incident,
            CallbackType.ACCEPTED,
            OPENING,
            at=incident.opened_at,
            details=of_opening(incident),
        )
    for changed in judged.events:
        event = read(changed.event)
        if event is not None:
            yield from _of_event(event, changed.incident)
    for fact in judged.facts:
        yield from _of_fact(fact, judged.subject)


def _is_first_heard(judged: Judged) -> bool:
    """Whether an alert was heard of before its incident, for the first time."""
    known = judged.known
    return judged.incident is None and known.version == 0 and known.alert_received_at is None


def _of_event(event: Event, incident: Incident) -> Iterator[Callback]:
    found = OF_EVENTS.get(type(event.body))
    if found is None:
        return
    type_, details = found
    name = OPENING if type_ is CallbackType.ACCEPTED else str(event.version)
    told = details(event, incident)
    yield _callback(incident, type_, name, at=event.recorded_at, details=told)
    to = event.body.to if isinstance(event.body, e.HandoverOffered | e.HandoverAccepted) else None
    if to is not None and to != incident.alert.station:
        yield _callback(
            incident, type_, f"{name}/{to}", at=event.recorded_at, details=told, station=to
        )


def _of_fact(fact: Fact, incident: Incident) -> Iterator[Callback]:
    body = fact.body
    if isinstance(body, TargetChanged):
        type_ = _TARGETS.get(fact.type)
        if type_ is not None:
            yield _callback(incident, type_, fact.key, at=body.at, details=of_target(body))
        return
    rung = rung_of(incident, body.step)
    if rung is not None and rung.callback is not None and rung.callback in STEPS:
        type_ = CallbackType(rung.callback)
        details = of_step(body, incident)
        yield _callback(incident, type_, fact.key, at=body.fired_at, details=details)


def _callback(  # the parts of a callback, by name
    incident: Incident,
    type_: CallbackType,
    name: str,
    *,
    at: datetime,
    details: Details,
    station: OrganisationId | None = None,
) -> Callback:
    return Callback(
        id=uuid5(incident.id, f"callback/{type_}/{name}"),
        station=station or incident.alert.station,
        line=incident.id,
        type=type_,
        status=incident.alert.status,
        at=at,
        incident=incident,
        details=details,
    )


_TARGETS = {
    TARGET_AT_RISK: CallbackType.AT_RISK,
    TARGET_BREACHED: CallbackType.BREACHED,
    TARGET_AMENDED: CallbackType.AMENDED,
}
