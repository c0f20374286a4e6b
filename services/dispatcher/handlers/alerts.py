"""What stations send, from Kafka: alerts open incidents; updates and cancellations find theirs.

A batch is one transaction. Every content that comes is applied, recorded as a conflict, or opens
a further incident beside one that has ended; none is dropped.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from incident import commands as c
from incident.alert import IncidentId, OrganisationId
from incident.commands import Command, Context, Facts
from incident.decisions.decide import begin, decide
from incident.decisions.opening import following, is_retry, is_update, must_open_another
from incident.decisions.steps import at_opening
from incident.errors import NotAllowed, Refusal
from incident.events import CancellationRefused, IncidentLinked, LinkKind
from incident.lifecycle import Incident, RoundCause, State
from incident.messages import AlertCancelled, AlertReceived, AlertUpdated
from incident.moments import Actor, ActorKind, Via
from services.dispatcher.handlers.drafts import Batch, Draft, beside_of, present_of
from services.dispatcher.handlers.messages import (
    Decode,
    Message,
    fingerprint_of,
    identify,
    order_of,
    sender_of,
)
from services.dispatcher.handlers.opening import opening_of
from services.dispatcher.ports import Atlas, Change, Early, Work

MACHINE = Actor(
    kind=ActorKind.MACHINE,
    id="dispatcher",
    role="dispatcher",
    organisation=OrganisationId("dispatcher"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """A message with what it needs to be kept should it have overtaken its alert."""

    message: Message
    early: Early
    traceparent: str | None = None


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
    opening -= locked.keys()
    kept = await work.take_early(opening)
    batch = Batch(
        drafts={id_: Draft(incident, incident) for id_, incident in locked.items()},
        early=_group(opening, [decode(entry) for entry in kept]),
        atlas=atlas,
        now=now,
        away=await work.find_away(now=now),
    )
    overtook = [entry for entry in incoming if not _apply_traced(entry, batch)]
    await work.keep_early([entry.early for entry in overtook], now=now)
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


def _following(
    incoming: Iterable[Incoming], known: Mapping[IncidentId, Incident]
) -> set[IncidentId]:
    """The incidents opened beside ended ones, or that may be, to be locked with the others."""
    opened = {link.other for incident in known.values() for link in incident.links}
    return opened | {
        following(known[id_], fingerprint=print_)
        for entry in incoming
        if (id_ := identify(entry.message)) in known
        and (print_ := fingerprint_of(entry.message)) is not None
    }


def _group(
    opening: Iterable[IncidentId], kept: Iterable[Message]
) -> dict[IncidentId, list[Message]]:
    grouped: dict[IncidentId, list[Message]] = {id_: [] for id_ in opening}
    for message in kept:
        grouped[identify(message)].append(message)
    return grouped


def _apply_traced(entry: Incoming, batch: Batch) -> bool:
    """Apply one message and note the trace it came with."""
    applied = _apply(entry.message, batch)
    draft = batch.drafts.get(identify(entry.message))
    if draft is not None:
        draft.traceparent = entry.traceparent
    return applied


def _apply(message: Message, batch: Batch) -> bool:
    """Apply one message; False if it overtook its alert and must be kept."""
    draft = batch.drafts.get(identify(message))
    if draft is None:
        return _apply_first(message, batch)
    beside = beside_of(draft, batch)
    told = fingerprint_of(message)
    if told and any(is_retry(entry.incident, fingerprint=told) for entry in (draft, *beside)):
        return True
    draft = present_of(draft, beside, message)
    match message:
        case AlertReceived():
            _apply_again(message, draft, batch)
        case AlertUpdated():
            _apply_update(message, draft, batch)
        case AlertCancelled():
            _apply_cancellation(message, draft, batch)
    return True


def _apply_first(message: Message, batch: Batch) -> bool:
    """Open an incident with all that overtook its alert, or keep what overtakes it."""
    waiting = batch.early.get(identify(message))
    if isinstance(message, AlertReceived):
        _begin(message, batch, follows=None)
        for kept in sorted(waiting or (), key=order_of):
            _apply(kept, batch)
        return True
    if waiting is None:
        return False
    waiting.append(message)  # its alert comes further on in this batch
    return True


def _begin(
    message: AlertReceived, batch: Batch, *, follows: tuple[IncidentId, LinkKind] | None
) -> None:
    opened = opening_of(message.alert, atlas=batch.atlas, follows=follows, away=batch.away)
    incident, event = begin(opened, context=_machine(batch.now))
    sealed = {} if message.sealed is None else {1: message.sealed}
    draft = batch.drafts[message.alert.id] = Draft(incident, None, [event], sealed)
    draft.add(at_opening(incident), _machine(batch.now), None)


def _apply_again(message: AlertReceived, draft: Draft, batch: Batch) -> None:
    """Another copy of an alert: a retry, a new revision, or a conflict."""
    alert, incident = message.alert, draft.incident
    if is_retry(incident, fingerprint=alert.fingerprint):
        return
    sender = sender_of(message, now=batch.now)
    newer = is_update(incident, revision=alert.revision)
    if must_open_another(incident):
        link = LinkKind.FOLLOW_UP if newer else LinkKind.CONFLICT
        _open_beside(message, draft, batch, link=link)
        if newer:
            return
    elif newer:
        _decide(_update_of(message, batch), draft, batch, sealed=message.sealed, context=sender)
        return
    conflict = c.RecordConflict(
        fingerprint=alert.fingerprint, revision=alert.revision, received_at=alert.received_at
    )
    _decide(conflict, draft, batch, sealed=message.sealed, context=sender)
    if alert.revision < incident.revision and not must_open_another(incident):
        # Told in order it would have raised the severity, which then never falls again.
        _decide(c.Update(severity=alert.severity), draft, batch, sealed=None, context=sender)


def _update_of(message: AlertReceived, batch: Batch) -> c.Update:
    """What a newer revision tells; a place that the directory does not know moves nothing."""
    alert, places = message.alert, batch.atlas.lookup.places
    return c.Update(
        severity=alert.severity,
        circumstances=alert.circumstances,
        place=alert.place.place if alert.place.place in places else None,
        revision=alert.revision,
        fingerprint=alert.fingerprint,
        text=alert.fingerprint if message.sealed is not None else None,
    )


def _open_beside(message: AlertReceived, draft: Draft, batch: Batch, *, link: LinkKind) -> None:
    """Open a further incident for content that came after the end."""
    origin = draft.incident
    other = following(origin, fingerprint=message.alert.fingerprint)
    if any(link.other == other for link in origin.links):
        return
    if other not in batch.drafts:
        alert = replace(message.alert, id=other)
        _begin(replace(message, alert=alert), batch, follows=(origin.id, link))
    draft.add((IncidentLinked(other=other, link=link),), _machine(batch.now), None)


def _apply_update(message: AlertUpdated, draft: Draft, batch: Batch) -> None:
    """An update is a further revision of the alert, with what it does not tell left as it is."""
    incident = draft.incident
    alert = replace(
        incident.alert,
        id=message.id,
        revision=message.revision,
        fingerprint=message.fingerprint,
        severity=message.severity or incident.severity,
        circumstances=message.circumstances or incident.circumstances,
        place=replace(incident.alert.place, place=message.place or incident.place),
        status=message.status or incident.alert.status,
        reported_at=None,  # nobody said when this was reported, should it open by itself
        received_at=message.received_at,
    )
    _apply_again(AlertReceived(alert=alert, sealed=message.sealed), draft, batch)


def _apply_cancellation(message: AlertCancelled, draft: Draft, batch: Batch) -> None:
    context = sender_of(message, now=batch.now)
    try:
        if _went_on_since(message, draft.incident):
            raise NotAllowed("the incident was reopened after the alert had been withdrawn")
        cancel = c.Cancel(reason=message.reason)
        _decide(cancel, draft, batch, sealed=message.sealed, context=context)
    except Refusal:
        if draft.incident.cancellation_refused or draft.incident.state is State.CANCELLED:
            return
        refused = CancellationRefused(reason=message.reason)
        draft.add((refused,), context, message.sealed)


def _went_on_since(message: AlertCancelled, incident: Incident) -> bool:
    """Whether a repeat of a withdrawal comes when the incident goes on in spite of it."""
    return any(
        entry.cause in {RoundCause.REOPENED, RoundCause.SPLIT}
        and entry.started_at >= message.received_at
        for entry in incident.rounds
    )


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
