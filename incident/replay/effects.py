"""What each event does to an incident, one function each."""

from dataclasses import replace
from functools import singledispatch

from incident import events as e
from incident.alert import Severity
from incident.events import Body, EndReason, Event, LinkKind
from incident.lifecycle import (
    Assignment,
    Incident,
    Link,
    RoundCause,
    State,
    Update,
)
from incident.moments import MomentName
from incident.replay.changes import (
    BrokenHistoryError,
    act,
    assignment_of,
    change_assignment,
    end,
    end_assignment,
    judged_at,
    next_round,
    stamp,
)


@singledispatch
def fold(body: Body, incident: Incident, event: Event) -> Incident:
    """Follow an event that changes nothing but the version; the others are registered below."""
    del body, event
    return incident


@fold.register
def _pushed(body: e.IncidentPushed, incident: Incident, event: Event) -> Incident:
    del body
    return stamp(incident, event, MomentName.PUSHED)


@fold.register
def _acknowledged(body: e.IncidentAcknowledged, incident: Incident, event: Event) -> Incident:
    del body
    taken = stamp(incident, event, MomentName.ACKNOWLEDGED)
    return replace(taken, operator=event.actor.person or event.actor.id)


@fold.register
def _assigned(body: e.TeamAssigned, incident: Incident, event: Event) -> Incident:
    if body.assignment != len(incident.assignments) + 1:
        raise BrokenHistoryError(f"{incident.id}: assignment {body.assignment} does not follow")
    began = Assignment(
        number=body.assignment,
        team=body.team,
        organisation=body.team_organisation,
        round=incident.round.number,
        assigned_at=judged_at(event),
        diverted_from=body.diverted_from,
        step=body.step,
    )
    stamped = stamp(incident, event, MomentName.ASSIGNED, team=body.team)
    return replace(
        stamped,
        assignments=(*incident.assignments, began),
        steps=incident.steps if body.step is None else (*incident.steps, body.step),
    )


@fold.register
def _accepted(body: e.TeamAccepted, incident: Incident, event: Event) -> Incident:
    return act(incident, event, body.assignment, MomentName.ACCEPTED)


@fold.register
def _departed(body: e.TeamDeparted, incident: Incident, event: Event) -> Incident:
    return act(incident, event, body.assignment, MomentName.EN_ROUTE)


@fold.register
def _arrived(body: e.TeamArrived, incident: Incident, event: Event) -> Incident:
    return act(incident, event, body.assignment, MomentName.ON_SCENE)


@fold.register
def _declined(body: e.TeamDeclined, incident: Incident, event: Event) -> Incident:
    return end_assignment(incident, event, body.assignment, EndReason.DECLINED)


@fold.register
def _released(body: e.TeamReleased, incident: Incident, event: Event) -> Incident:
    if not body.late:
        return end_assignment(incident, event, body.assignment, body.reason)
    entry = assignment_of(incident, body.assignment)
    return change_assignment(
        incident, body.assignment, replace(entry, released_late_at=judged_at(event))
    )


@fold.register
def _checked_in(body: e.TeamCheckedIn, incident: Incident, event: Event) -> Incident:
    entry = assignment_of(incident, body.assignment)
    seen = replace(entry, check_ins=entry.check_ins + 1, checked_in_at=judged_at(event))
    return change_assignment(incident, body.assignment, seen)


@fold.register
def _resolved(body: e.IncidentResolved, incident: Incident, event: Event) -> Incident:
    stamped = stamp(incident, event, MomentName.RESOLVED, team=body.team)
    return replace(stamped, result=body.result)


@fold.register
def _returned(body: e.IncidentReturned, incident: Incident, event: Event) -> Incident:
    del body
    return next_round(incident, event, RoundCause.RETURNED)


@fold.register
def _closed(body: e.IncidentClosed, incident: Incident, event: Event) -> Incident:
    ended = end(incident, event, MomentName.CLOSED)
    return replace(
        ended,
        disposition=body.disposition,
        result=body.result,
        follow_up_due=body.follow_up_by,
    )


@fold.register
def _reopened(body: e.IncidentReopened, incident: Incident, event: Event) -> Incident:
    begun = next_round(incident, event, RoundCause.REOPENED)
    return replace(
        begun,
        disposition=None,
        merged_into=None,
        end_noted_by=(),
        away=body.away,
        operator=None,
        shelved_until=None,
        shelved_reason=None,
    )


@fold.register
def _cancelled(body: e.IncidentCancelled, incident: Incident, event: Event) -> Incident:
    del body
    return end(incident, event)


@fold.register
def _refused(body: e.IncidentRefused, incident: Incident, event: Event) -> Incident:
    del body
    return end(incident, event)


@fold.register
def _police_requested(body: e.PoliceRequested, incident: Incident, event: Event) -> Incident:
    if body.service is not None:  # a fire brigade or an ambulance is no police
        return incident
    return stamp(incident, event, MomentName.POLICE_REQUESTED)


@fold.register
def _police_arrived(body: e.PoliceArrived, incident: Incident, event: Event) -> Incident:
    del body
    return stamp(incident, event, MomentName.POLICE_ON_SCENE)


@fold.register
def _handover_offered(body: e.HandoverOffered, incident: Incident, event: Event) -> Incident:
    return replace(incident, handover=body.to, handover_at=judged_at(event))


@fold.register
def _handover_accepted(body: e.HandoverAccepted, incident: Incident, event: Event) -> Incident:
    return replace(end(incident, event), handed_over_to=body.to)


@fold.register
def _updated(body: e.IncidentUpdated, incident: Incident, event: Event) -> Incident:
    told = Update(number=body.number, revision=body.revision, recorded_at=event.recorded_at)
    seen = incident.fingerprints
    aside = body.severity is not Severity.RED  # a red one is never set aside
    return replace(
        incident,
        shelved_until=incident.shelved_until if aside else None,
        shelved_reason=incident.shelved_reason if aside else None,
        updates=(*incident.updates, told),
        severity=body.severity,
        circumstances=body.circumstances,
        place=body.place if body.place is not None else incident.place,
        revision=max(incident.revision, body.revision or 0),
        fingerprints=seen if body.fingerprint is None else (*seen, body.fingerprint),
    )


@fold.register
def _noted(body: e.UpdateNoted, incident: Incident, event: Event) -> Incident:
    del event
    if incident.state is State.CANCELLED and body.number == len(incident.updates) + 1:
        return replace(incident, end_noted_by=(*incident.end_noted_by, body.team))
    if not 1 <= body.number <= len(incident.updates):
        raise BrokenHistoryError(f"{incident.id}: no update {body.number}")
    entries = list(incident.updates)
    entry = entries[body.number - 1]
    entries[body.number - 1] = replace(entry, noted_by=(*entry.noted_by, body.team))
    return replace(incident, updates=tuple(entries))


@fold.register
def _transferred(body: e.IncidentTransferred, incident: Incident, event: Event) -> Incident:
    moved = replace(
        incident,
        center=body.center,
        console=body.console,
        away=body.away,
        operator=None,
        shelved_until=None,
        shelved_reason=None,
        fallback=False,
        handover=None,
        handover_at=None,
    )
    return next_round(moved, event, RoundCause.TRANSFERRED)


@fold.register
def _merged(body: e.IncidentMerged, incident: Incident, event: Event) -> Incident:
    ended = end(incident, event, MomentName.CLOSED)
    duplicate = Link(other=body.into, link=LinkKind.DUPLICATE)
    return replace(
        ended,
        merged_into=body.into,
        disposition="duplicate",
        links=(*incident.links, duplicate),
    )


@fold.register
def _split(body: e.IncidentSplit, incident: Incident, event: Event) -> Incident:
    begun = next_round(incident, event, RoundCause.SPLIT)
    gone = Link(other=body.from_incident, link=LinkKind.DUPLICATE)
    kept = tuple(entry for entry in incident.links if entry != gone)
    return replace(begun, merged_into=None, disposition=None, links=kept)


@fold.register
def _linked(body: e.IncidentLinked, incident: Incident, event: Event) -> Incident:
    del event
    return replace(incident, links=(*incident.links, Link(other=body.other, link=body.link)))


@fold.register
def _unlinked(body: e.IncidentUnlinked, incident: Incident, event: Event) -> Incident:
    del event
    gone = Link(other=body.other, link=body.link)
    return replace(incident, links=tuple(entry for entry in incident.links if entry != gone))


@fold.register
def _conflict(body: e.ConflictRecorded, incident: Incident, event: Event) -> Incident:
    del event
    return replace(
        incident,
        conflicts=incident.conflicts + 1,
        fingerprints=(*incident.fingerprints, body.fingerprint),
    )


@fold.register
def _cancellation_refused(
    body: e.CancellationRefused, incident: Incident, event: Event
) -> Incident:
    del body, event
    return replace(incident, cancellation_refused=True)


@fold.register
def _step_taken(body: e.StepTaken, incident: Incident, event: Event) -> Incident:
    del event
    return replace(incident, steps=(*incident.steps, body.step))
