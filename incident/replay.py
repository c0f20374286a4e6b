"""The fold: an incident is what follows from its events, one after the other."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from functools import singledispatch

from incident import events as e
from incident.alert import TeamId
from incident.events import Body, EndReason, Event, LinkKind
from incident.lifecycle import (
    ASSIGNMENT_STATES,
    ROUND_STARTS,
    TRANSITIONS,
    Assignment,
    Incident,
    Link,
    Next,
    Round,
    RoundCause,
    State,
    Update,
)
from incident.moments import Moment, MomentName


class BrokenHistoryError(Exception):
    """The events are no history: one is missing, doubled, foreign or stands where it cannot."""


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
        return _opened(event.body, event)
    if incident is None or event.incident != incident.id or event.version != incident.version + 1:
        raise BrokenHistoryError(f"{event.incident}: version {event.version} does not follow")
    target = TRANSITIONS[incident.state].get(type(event.body))
    if target is None:
        raise BrokenHistoryError(
            f"{event.incident}: {e.type_name(event.body)} at version {event.version} "
            f"cannot happen while {incident.state}"
        )
    folded = _fold(event.body, incident, event)
    return replace(
        folded,
        version=event.version,
        updated_at=event.recorded_at,
        state=_next_state(folded, target),
    )


def judged_at(event: Event) -> datetime:
    """When the event counts as having happened: as reported if plausible, else as recorded."""
    return event.recorded_at if event.disbelieved else event.occurred_at


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


def _next_state(incident: Incident, target: State | Next) -> State:
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


def _opened(body: e.IncidentOpened, event: Event) -> Incident:
    alert = body.alert
    if event.incident != alert.id:
        raise BrokenHistoryError(f"{event.incident}: opened with alert {alert.id}")
    began = Round(
        number=1,
        cause=RoundCause.OPENED,
        organisation=body.center,
        started_at=alert.received_at,
    )
    stamped = [(MomentName.RECEIVED, alert.received_at)]
    if alert.reported_at is not None:
        stamped.insert(0, (MomentName.REPORTED, alert.reported_at))
    follows: tuple[Link, ...] = ()
    if body.follows is not None and body.follows_as is not None:
        follows = (Link(other=body.follows, link=body.follows_as),)
    return Incident(
        id=alert.id,
        version=1,
        state=State.OPEN,
        alert=alert,
        center=body.center,
        fallback=body.fallback,
        console=body.console,
        profile=body.profile,
        dispositions=body.dispositions,
        severity=alert.severity,
        circumstances=alert.circumstances,
        place=alert.place.place,
        revision=alert.revision,
        fingerprints=(alert.fingerprint,),
        opened_at=event.recorded_at,
        updated_at=event.recorded_at,
        rounds=(began,),
        moments=tuple(
            Moment(
                name=name,
                round=1,
                occurred_at=at,
                recorded_at=alert.received_at,
                judged_at=at,
                disbelieved=False,
                actor=event.actor,
                via=event.via,
            )
            for name, at in stamped
        ),
        links=follows,
    )


def _stamp(
    incident: Incident,
    event: Event,
    *names: MomentName,
    team: TeamId | None = None,
    round_number: int | None = None,
) -> Incident:
    number = incident.round.number if round_number is None else round_number
    stamped = tuple(
        Moment(
            name=name,
            round=number,
            occurred_at=event.occurred_at,
            recorded_at=event.recorded_at,
            judged_at=judged_at(event),
            disbelieved=event.disbelieved,
            actor=event.actor,
            via=event.via,
            proof=event.proof,
            team=team,
        )
        for name in names
    )
    return replace(incident, moments=incident.moments + stamped)


def _end(incident: Incident, event: Event, *names: MomentName) -> Incident:
    at = judged_at(event)
    ended = replace(incident.round, ended_at=at)
    return replace(
        _stamp(incident, event, *names, MomentName.ENDED),
        rounds=(*incident.rounds[:-1], ended),
        ended_at=at,
        handover=None,
    )


def _next_round(incident: Incident, event: Event, cause: RoundCause) -> Incident:
    at = judged_at(event)
    last = incident.round
    closed = last if last.ended_at is not None else replace(last, ended_at=at)
    began = Round(number=last.number + 1, cause=cause, organisation=incident.center, started_at=at)
    return replace(incident, rounds=(*incident.rounds[:-1], closed, began), ended_at=None)


def _assignment(incident: Incident, number: int) -> Assignment:
    """The assignment of a number.

    Raises:
        BrokenHistoryError: If there is none.
    """
    if not 1 <= number <= len(incident.assignments):
        raise BrokenHistoryError(f"{incident.id}: no assignment {number}")
    return incident.assignments[number - 1]


def _change(incident: Incident, number: int, changed: Assignment) -> Incident:
    entries = list(incident.assignments)
    entries[number - 1] = changed
    return replace(incident, assignments=tuple(entries))


def _act(incident: Incident, event: Event, number: int, name: MomentName) -> Incident:
    """Follow a team's act: its moment, and how far the team has come."""
    entry = _assignment(incident, number)
    state = State(name.value)
    farther = ASSIGNMENT_STATES.index(state) > ASSIGNMENT_STATES.index(entry.state)
    changed = replace(
        entry,
        acts=(*entry.acts, name),
        state=state if farther and entry.is_live else entry.state,
    )
    stamped = _stamp(incident, event, name, team=entry.team, round_number=entry.round)
    return _change(stamped, number, changed)


def _end_assignment(incident: Incident, event: Event, number: int, reason: EndReason) -> Incident:
    entry = _assignment(incident, number)
    return _change(incident, number, replace(entry, ended_at=judged_at(event), end_reason=reason))


@singledispatch
def _fold(body: Body, incident: Incident, event: Event) -> Incident:
    """Follow an event that changes nothing but the version; the others are registered below."""
    del body, event
    return incident


@_fold.register
def _pushed(body: e.IncidentPushed, incident: Incident, event: Event) -> Incident:
    del body
    return _stamp(incident, event, MomentName.PUSHED)


@_fold.register
def _acknowledged(body: e.IncidentAcknowledged, incident: Incident, event: Event) -> Incident:
    del body
    return _stamp(incident, event, MomentName.ACKNOWLEDGED)


@_fold.register
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
    stamped = _stamp(incident, event, MomentName.ASSIGNED, team=body.team)
    return replace(
        stamped,
        assignments=(*incident.assignments, began),
        steps=incident.steps if body.step is None else (*incident.steps, body.step),
    )


@_fold.register
def _accepted(body: e.TeamAccepted, incident: Incident, event: Event) -> Incident:
    return _act(incident, event, body.assignment, MomentName.ACCEPTED)


@_fold.register
def _departed(body: e.TeamDeparted, incident: Incident, event: Event) -> Incident:
    return _act(incident, event, body.assignment, MomentName.EN_ROUTE)


@_fold.register
def _arrived(body: e.TeamArrived, incident: Incident, event: Event) -> Incident:
    return _act(incident, event, body.assignment, MomentName.ON_SCENE)


@_fold.register
def _declined(body: e.TeamDeclined, incident: Incident, event: Event) -> Incident:
    return _end_assignment(incident, event, body.assignment, EndReason.DECLINED)


@_fold.register
def _released(body: e.TeamReleased, incident: Incident, event: Event) -> Incident:
    if not body.late:
        return _end_assignment(incident, event, body.assignment, body.reason)
    entry = _assignment(incident, body.assignment)
    return _change(incident, body.assignment, replace(entry, released_late_at=judged_at(event)))


@_fold.register
def _resolved(body: e.IncidentResolved, incident: Incident, event: Event) -> Incident:
    stamped = _stamp(incident, event, MomentName.RESOLVED, team=body.team)
    return replace(stamped, result=body.result)


@_fold.register
def _returned(body: e.IncidentReturned, incident: Incident, event: Event) -> Incident:
    del body
    return _next_round(incident, event, RoundCause.RETURNED)


@_fold.register
def _closed(body: e.IncidentClosed, incident: Incident, event: Event) -> Incident:
    ended = _end(incident, event, MomentName.CLOSED)
    return replace(ended, disposition=body.disposition, result=body.result)


@_fold.register
def _reopened(body: e.IncidentReopened, incident: Incident, event: Event) -> Incident:
    del body
    begun = _next_round(incident, event, RoundCause.REOPENED)
    return replace(begun, disposition=None, merged_into=None)


@_fold.register
def _cancelled(body: e.IncidentCancelled, incident: Incident, event: Event) -> Incident:
    del body
    return _end(incident, event)


@_fold.register
def _refused(body: e.IncidentRefused, incident: Incident, event: Event) -> Incident:
    del body
    return _end(incident, event)


@_fold.register
def _police_requested(body: e.PoliceRequested, incident: Incident, event: Event) -> Incident:
    del body
    return _stamp(incident, event, MomentName.POLICE_REQUESTED)


@_fold.register
def _police_arrived(body: e.PoliceArrived, incident: Incident, event: Event) -> Incident:
    del body
    return _stamp(incident, event, MomentName.POLICE_ON_SCENE)


@_fold.register
def _handover_offered(body: e.HandoverOffered, incident: Incident, event: Event) -> Incident:
    del event
    return replace(incident, handover=body.to)


@_fold.register
def _handover_accepted(body: e.HandoverAccepted, incident: Incident, event: Event) -> Incident:
    return replace(_end(incident, event), handed_over_to=body.to)


@_fold.register
def _updated(body: e.IncidentUpdated, incident: Incident, event: Event) -> Incident:
    told = Update(number=body.number, revision=body.revision, recorded_at=event.recorded_at)
    seen = incident.fingerprints
    return replace(
        incident,
        updates=(*incident.updates, told),
        severity=body.severity,
        circumstances=body.circumstances,
        place=body.place if body.place is not None else incident.place,
        revision=max(incident.revision, body.revision or 0),
        fingerprints=seen if body.fingerprint is None else (*seen, body.fingerprint),
    )


@_fold.register
def _noted(body: e.UpdateNoted, incident: Incident, event: Event) -> Incident:
    del event
    if not 1 <= body.number <= len(incident.updates):
        raise BrokenHistoryError(f"{incident.id}: no update {body.number}")
    entries = list(incident.updates)
    entry = entries[body.number - 1]
    entries[body.number - 1] = replace(entry, noted_by=(*entry.noted_by, body.team))
    return replace(incident, updates=tuple(entries))


@_fold.register
def _transferred(body: e.IncidentTransferred, incident: Incident, event: Event) -> Incident:
    moved = replace(
        incident, center=body.center, console=body.console, fallback=False, handover=None
    )
    return _next_round(moved, event, RoundCause.TRANSFERRED)


@_fold.register
def _merged(body: e.IncidentMerged, incident: Incident, event: Event) -> Incident:
    ended = _end(incident, event, MomentName.CLOSED)
    duplicate = Link(other=body.into, link=LinkKind.DUPLICATE)
    return replace(
        ended,
        merged_into=body.into,
        disposition="duplicate",
        links=(*incident.links, duplicate),
    )


@_fold.register
def _split(body: e.IncidentSplit, incident: Incident, event: Event) -> Incident:
    begun = _next_round(incident, event, RoundCause.SPLIT)
    gone = Link(other=body.from_incident, link=LinkKind.DUPLICATE)
    kept = tuple(entry for entry in incident.links if entry != gone)
    return replace(begun, merged_into=None, disposition=None, links=kept)


@_fold.register
def _linked(body: e.IncidentLinked, incident: Incident, event: Event) -> Incident:
    del event
    return replace(incident, links=(*incident.links, Link(other=body.other, link=body.link)))


@_fold.register
def _unlinked(body: e.IncidentUnlinked, incident: Incident, event: Event) -> Incident:
    del event
    gone = Link(other=body.other, link=body.link)
    return replace(incident, links=tuple(entry for entry in incident.links if entry != gone))


@_fold.register
def _conflict(body: e.ConflictRecorded, incident: Incident, event: Event) -> Incident:
    del event
    return replace(
        incident,
        conflicts=incident.conflicts + 1,
        fingerprints=(*incident.fingerprints, body.fingerprint),
    )


@_fold.register
def _cancellation_refused(
    body: e.CancellationRefused, incident: Incident, event: Event
) -> Incident:
    del body, event
    return replace(incident, cancellation_refused=True)


@_fold.register
def _step_taken(body: e.StepTaken, incident: Incident, event: Event) -> Incident:
    del event
    return replace(incident, steps=(*incident.steps, body.step))
