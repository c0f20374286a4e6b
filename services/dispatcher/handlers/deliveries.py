"""Alerts on their way to enterprises' own systems: which go now, and what an outcome means.

A delivery is begun in one transaction (its attempt is counted before anything is sent, so that a
process that dies in the middle leaves one that is due again) and settled in another. The system's
2xx is the center's receipt; it is decided and recorded in the transaction that settles it.

A delivery ends when there is nothing left to ask for: the center has the alert by another way, the
incident is over or has moved on to another round, or the center has no system to deliver to.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from incident.alert import IncidentId, OrganisationId
from incident.commands import Context, Facts, Receipt
from incident.decisions.decide import decide, record
from incident.directory import Webhook
from incident.events import IncidentPushed
from incident.lifecycle import TRANSITIONS, Incident
from incident.moments import Actor, ActorKind, Via
from incident.replay import is_pushed
from services.dispatcher.handlers.outcomes import DeliveryState, Parcel, Verdict, judge
from services.dispatcher.handlers.outgoing import DeliveryStore, Due, Ended, Ending, mark_of
from services.dispatcher.ports import Atlas, Change
from services.runtime.outgoing.outcomes import WAITS, Tried

LEASE = timedelta(seconds=10)
"""How long an attempt may take, its settling included; then its process is taken for dead."""
WriteBody = Callable[[Incident], str]
"""Writes what the system is sent; the edge knows the form."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """What came of looking for deliveries that are due."""

    parcels: tuple[Parcel, ...] = ()
    ended: tuple[Ended, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which deliveries are asked for.

    Attributes:
        now: Real time.
        busy: Centers that get nothing more for the moment.
        limit: How many at most.
    """

    now: datetime
    busy: Collection[str] = ()
    limit: int = 1


async def claim(wanted: Wanted, *, store: DeliveryStore, atlas: Atlas, write: WriteBody) -> Claimed:
    """Begin the attempts that are due, and end the deliveries that have nothing left to ask."""
    async with store.work() as work:
        due = await work.take_due(now=wanted.now, busy=wanted.busy, limit=wanted.limit)
        if not due:
            return Claimed()
        incidents = await work.incidents.find({entry.incident for entry in due})
        disabled = await work.find_disabled({entry.center for entry in due})
        prepared = [
            _prepare(entry, incidents, atlas=atlas, disabled=disabled, write=write) for entry in due
        ]
        parcels = tuple(entry for entry in prepared if isinstance(entry, Parcel))
        ended = tuple(entry for entry in prepared if isinstance(entry, Ended))
        await work.begin(parcels, until=wanted.now + LEASE)
        await work.end(ended)
    return Claimed(parcels=parcels, ended=ended)


def _prepare(
    due: Due,
    incidents: Mapping[IncidentId, Incident],
    *,
    atlas: Atlas,
    disabled: Mapping[str, str],
    write: WriteBody,
) -> Parcel | Ended:
    incident = incidents[due.incident]
    ending = ending_of(incident, center=due.center, round_number=due.round)
    if ending is None and due.attempts >= len(WAITS):
        ending = Ending.EXHAUSTED  # a process died in the middle of the last one
    center = atlas.lookup.centers.get(due.center)
    webhook = None if center is None else center.webhook
    if ending is not None:
        return Ended(id=due.id, ending=ending)
    if webhook is None:
        return Ended(id=due.id, ending=Ending.NO_ENDPOINT)
    if disabled.get(due.center) == mark_of(webhook):
        return Ended(id=due.id, ending=Ending.DISABLED)
    return Parcel(
        id=due.id,
        incident=due.incident,
        center=due.center,
        round=due.round,
        attempt=due.attempts + 1,
        url=webhook.url,
        secret=webhook.secret,
        body=due.body or write(incident),
    )


def ending_of(incident: Incident, *, center: str, round_number: int) -> Ending | None:
    """Say why a delivery of a round has nothing left to ask for; None while it has."""
    if IncidentPushed not in TRANSITIONS[incident.state]:
        return Ending.OVER
    if incident.center != center or incident.round.number != round_number:
        return Ending.MOVED
    return Ending.RECEIPT if is_pushed(incident) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """When an attempt is settled.

    Attributes:
        real: Real time.
        now: Domain time.
        answered_at: The domain moment the answer came.
    """

    real: datetime
    now: datetime
    answered_at: datetime


async def settle(
    parcel: Parcel, tried: Tried, *, store: DeliveryStore, at: Times
) -> tuple[Verdict, bool]:
    """Keep what an attempt came to; settling the same again changes nothing.

    Returns:
        What it means, and whether it was the receipt that pushed the incident.
    """
    verdict = judge(parcel, tried, now=at.real)
    async with store.work() as work:
        changes = []
        if verdict.state is DeliveryState.DELIVERED:
            locked = await work.incidents.lock([parcel.incident])
            changes = _confirm(locked[parcel.incident], parcel, at)
        await work.settle(parcel, verdict)
        if verdict.disable:
            mark = mark_of(Webhook(url=parcel.url, secret=parcel.secret))
            await work.disable(parcel.center, mark, now=at.real)
        await work.incidents.save(changes)
    return verdict, bool(changes)


def _confirm(incident: Incident, parcel: Parcel, at: Times) -> list[Change]:
    """Decide the receipt of the center's own system; a center it has left confirms nothing."""
    if ending_of(incident, center=parcel.center, round_number=parcel.round) is not None:
        return []
    context = Context(
        now=at.now,
        actor=Actor(
            kind=ActorKind.MACHINE,
            id="webhook",
            role="webhook",
            organisation=OrganisationId(parcel.center),
        ),
        via=Via.WEBHOOK,
        occurred_at=at.answered_at,
    )
    decided = decide(incident, Receipt(), context=context, facts=_NO_FACTS)
    after, events = record(incident, decided.bodies, context=context)
    return [Change(before=incident, incident=after, events=events)]


_NO_FACTS = Facts(
    teams={},
    consoles={},
    police=frozenset(),
    dispositions={},
    result_fields=(),
    places=(),
    others={},
)
"""A receipt asks nothing of the directory."""
