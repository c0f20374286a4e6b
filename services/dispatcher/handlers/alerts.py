"""What stations send, from Kafka: alerts open incidents; updates and cancellations find theirs.

A batch is one transaction. Every content that comes is applied, recorded as a conflict, or opens
a further incident beside one that has ended; none is dropped.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import structlog

from incident import commands as c
from incident.alert import IncidentId, OrganisationId
from incident.commands import Command, Context, Facts
from incident.decisions.decide import begin, decide, record
from incident.decisions.opening import (
    choose_profile,
    following,
    is_retry,
    is_update,
    must_open_another,
    open_incident,
)
from incident.errors import Refusal
from incident.events import Body, CancellationRefused, Event, IncidentLinked, LinkKind
from incident.lifecycle import Incident, State
from incident.messages import AlertCancelled, AlertReceived, AlertUpdated
from incident.moments import Actor, ActorKind, Via
from services.dispatcher.ports import Atlas, Change, Early, Work

_log = structlog.get_logger(__name__)

FALLBACK_KIND = "police-alert"
MACHINE = Actor(
    kind=ActorKind.MACHINE,
    id="dispatcher",
    role="dispatcher",
    organisation=OrganisationId("dispatcher"),
)

Message = AlertReceived | AlertUpdated | AlertCancelled
Decode = Callable[[Early], Message]
"""Reads a kept message back; the edge knows the wire."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """A message with what it needs to be kept should it have overtaken its alert."""

    message: Message
    early: Early
    traceparent: str | None = None


@dataclass(slots=True)
class Draft:
    """An incident in the making of this batch."""

    incident: Incident
    before: Incident | None
    events: list[Event] = field(default_factory=list)
    sealed: dict[int, str] = field(default_factory=dict)
    traceparent: str | None = None

    def add(self, bodies: Sequence[Body], context: Context, sealed: str | None) -> None:
        """Record further events; the sealed text belongs to the first of them."""
        if not bodies:
            return
        self.incident, events = record(self.incident, bodies, context=context)
        if sealed is not None:
            self.sealed[events[0].version] = sealed
        self.events.extend(events)


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What applying a batch needs at hand."""

    drafts: dict[IncidentId, Draft]
    early: Mapping[IncidentId, Sequence[Message]]
    atlas: Atlas
    now: datetime


async def apply_alerts(
    incoming: Sequence[Incoming], *, work: Work, atlas: Atlas, decode: Decode, now: datetime
) -> list[Change]:
    """Apply a batch of messages in the order given.

    Returns:
        What was done to each incident.
    """
    ids = {identify(entry.message) for entry in incoming}
    known = await work.find(ids)
    locked = await work.lock(ids | _following(incoming, known))
    opening = {
        entry.message.alert.id for entry in incoming if isinstance(entry.message, AlertReceived)
    }
    kept = await work.take_early(opening - locked.keys())
    batch = Batch(
        drafts={id_: Draft(incident, incident) for id_, incident in locked.items()},
        early=_group(kept, decode),
        atlas=atlas,
        now=now,
    )
    overtook = [entry.early for entry in incoming if not _apply_traced(entry, batch)]
    await work.keep_early(overtook, now=now)
    changes = [
        Change(
            before=draft.before,
            incident=draft.incident,
            events=tuple(draft.events),
            sealed=draft.sealed,
            traceparent=draft.traceparent,
        )
        for draft in batch.drafts.values()
        if draft.events
    ]
    await work.save(changes)
    return changes


def identify(message: Message) -> IncidentId:
    """The alert a message is about."""
    return message.alert.id if isinstance(message, AlertReceived) else message.id


def _following(
    incoming: Iterable[Incoming], known: Mapping[IncidentId, Incident]
) -> set[IncidentId]:
    """The incidents that may be opened beside ended ones, to be locked with the others."""
    return {
        following(known[id_], fingerprint=print_)
        for entry in incoming
        if (id_ := identify(entry.message)) in known
        and (print_ := _fingerprint(entry.message)) is not None
    }


def _fingerprint(message: Message) -> str | None:
    match message:
        case AlertReceived():
            return message.alert.fingerprint
        case AlertUpdated():
            return message.fingerprint
        case AlertCancelled():
            return None


def _group(kept: Iterable[Early], decode: Decode) -> dict[IncidentId, list[Message]]:
    grouped: dict[IncidentId, list[Message]] = {}
    for entry in kept:
        grouped.setdefault(entry.incident, []).append(decode(entry))
    return grouped


def _apply_traced(entry: Incoming, batch: Batch) -> bool:
    """Apply one message and note the trace it came with."""
    applied = _apply(entry.message, batch)
    if applied:
        batch.drafts[identify(entry.message)].traceparent = entry.traceparent
    return applied


def _apply(message: Message, batch: Batch) -> bool:
    """Apply one message; False if it overtook its alert and must be kept."""
    draft = batch.drafts.get(identify(message))
    if draft is None:
        if not isinstance(message, AlertReceived):
            return False
        _open(message, batch)
        return True
    match message:
        case AlertReceived():
            _apply_again(message, draft, batch)
        case AlertUpdated():
            _apply_update(message, draft, batch)
        case AlertCancelled():
            _apply_cancellation(message, draft, batch)
    return True


def _open(message: AlertReceived, batch: Batch) -> None:
    _begin(message, batch, follows=None)
    for kept in batch.early.get(message.alert.id, ()):
        _apply(kept, batch)


def _begin(
    message: AlertReceived, batch: Batch, *, follows: tuple[IncidentId, LinkKind] | None
) -> None:
    alert, atlas = message.alert, batch.atlas
    kind = atlas.kinds.get(alert.kind)
    if kind is None:
        _log.warning("alert_kind_unknown", incident_id=str(alert.id), kind=alert.kind)
        kind = atlas.kinds[FALLBACK_KIND]
    lookup = atlas.lookup
    opened = open_incident(
        alert,
        lookup=lookup,
        kind=kind,
        profile=choose_profile(kind, alert.severity, lookup=lookup, profiles=atlas.profiles),
        follows=follows,
    )
    incident, event = begin(opened, context=_machine(batch.now))
    sealed = {} if message.sealed is None else {1: message.sealed}
    batch.drafts[alert.id] = Draft(incident, None, [event], sealed)


def _apply_again(message: AlertReceived, draft: Draft, batch: Batch) -> None:
    """Another copy of an alert: a retry, a new revision, or a conflict."""
    alert, incident = message.alert, draft.incident
    if is_retry(incident, fingerprint=alert.fingerprint):
        return
    newer = is_update(incident, revision=alert.revision)
    if must_open_another(incident):
        link = LinkKind.FOLLOW_UP if newer else LinkKind.CONFLICT
        _open_beside(message, draft, batch, link=link)
    elif newer:
        update = c.Update(
            severity=alert.severity,
            circumstances=alert.circumstances,
            place=alert.place.place if alert.place.place in batch.atlas.lookup.places else None,
            revision=alert.revision,
            fingerprint=alert.fingerprint,
            text=alert.fingerprint if message.sealed is not None else None,
        )
        _decide(update, draft, batch, sealed=message.sealed, context=_sender(message, batch.now))
        return
    conflict = c.RecordConflict(
        fingerprint=alert.fingerprint, revision=alert.revision, received_at=alert.received_at
    )
    _decide(conflict, draft, batch, sealed=message.sealed, context=_sender(message, batch.now))


def _open_beside(message: AlertReceived, draft: Draft, batch: Batch, *, link: LinkKind) -> None:
    """Open a further incident for content that came after the end."""
    origin = draft.incident
    other = following(origin, fingerprint=message.alert.fingerprint)
    if other not in batch.drafts:
        alert = replace(message.alert, id=other)
        _begin(replace(message, alert=alert), batch, follows=(origin.id, link))
    draft.add((IncidentLinked(other=other, link=link),), _machine(batch.now), None)


def _apply_update(message: AlertUpdated, draft: Draft, batch: Batch) -> None:
    incident = draft.incident
    if is_retry(incident, fingerprint=message.fingerprint):
        return
    if must_open_another(incident) or is_update(incident, revision=message.revision):
        alert = replace(
            incident.alert,
            id=message.id,
            revision=message.revision,
            fingerprint=message.fingerprint,
            severity=message.severity or incident.severity,
            circumstances=message.circumstances or incident.circumstances,
            place=replace(incident.alert.place, place=message.place or incident.place),
            status=message.status or incident.alert.status,
            received_at=message.received_at,
        )
        _apply_again(AlertReceived(alert=alert, sealed=message.sealed), draft, batch)
        return
    conflict = c.RecordConflict(
        fingerprint=message.fingerprint,
        revision=message.revision,
        received_at=message.received_at,
    )
    _decide(conflict, draft, batch, sealed=message.sealed, context=_sender(message, batch.now))


def _apply_cancellation(message: AlertCancelled, draft: Draft, batch: Batch) -> None:
    context = _sender(message, batch.now)
    cancel = c.Cancel(reason=message.reason)
    try:
        _decide(cancel, draft, batch, sealed=message.sealed, context=context)
    except Refusal:
        if draft.incident.cancellation_refused or draft.incident.state is State.CANCELLED:
            return
        refused = CancellationRefused(reason=message.reason)
        draft.add((refused,), context, message.sealed)


def _decide(
    command: Command, draft: Draft, batch: Batch, *, sealed: str | None, context: Context
) -> None:
    facts = Facts(
        teams={},
        consoles={},
        police=frozenset(),
        dispositions={},
        result_fields=(),
        places=batch.atlas.lookup.places,
        others={},
    )
    decided = decide(draft.incident, command, context=context, facts=facts)
    draft.add(decided.bodies, context, sealed)


def _machine(now: datetime) -> Context:
    return Context(now=now, actor=MACHINE, via=Via.AUTOMATIC)


def _sender(message: Message, now: datetime) -> Context:
    """The sender's act, at the moment intake received it."""
    if isinstance(message, AlertReceived):
        station, received_at = message.alert.station, message.alert.received_at
    else:
        station, received_at = message.station, message.received_at
    actor = Actor(kind=ActorKind.PERSON, id=station, role="station", organisation=station)
    return Context(now=now, actor=actor, via=Via.API, occurred_at=received_at)
