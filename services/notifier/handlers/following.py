"""Follows what intake and the dispatcher say: `alerts.v1` and `incidents.v1`, either first.

Whatever is said twice or late changes nothing: the first copy of an alert counts, the highest
version of an incident, the last sign of life.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from incident.alert import Alert, IncidentId
from incident.lifecycle import Incident
from incident.messages import IncidentChanged
from services.notifier.handlers.judging import judge_records, subject_of
from services.notifier.handlers.provisional import provisional
from services.notifier.ports import Atlas, DeskTold, Judged, Known, Pulse, Spoken, Work


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What a batch of records says, in their order.

    Attributes:
        incidents: Incidents as they stand after an event.
        events: Those events, each with the incident after it.
        alerts: Accepted alerts.
        cancelled: When each alert was withdrawn.
        dead: When each alert was put with the dead letters.
        pulses: Signs of life.
        desks: What was told of the desks of centers.
        partitions: The partition each id was spoken of in, where that is its key's.
        traces: The `traceparent` each id was first spoken of with.
    """

    incidents: Sequence[Incident] = ()
    events: Sequence[IncidentChanged] = ()
    alerts: Sequence[Alert] = ()
    cancelled: Mapping[IncidentId, datetime] = field(default_factory=dict)
    dead: Mapping[IncidentId, datetime] = field(default_factory=dict)
    pulses: Sequence[Pulse] = ()
    desks: Sequence[DeskTold] = ()
    partitions: Mapping[IncidentId, int] = field(default_factory=dict)
    traces: Mapping[IncidentId, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moments:
    """The two clocks, read once for a batch."""

    now: datetime
    real: datetime


async def follow(news: News, *, work: Work, atlas: Atlas, at: Moments) -> list[Judged]:
    """Apply a batch.

    Returns:
        What was judged because of it.
    """
    incidents = {entry.id: entry for entry in sorted(news.incidents, key=lambda one: one.version)}
    alerts = {entry.id: entry for entry in reversed(news.alerts)}
    ids = (*incidents, *alerts, *news.cancelled, *news.dead)
    known = await work.lock({id_: _spoken(id_, news, alerts) for id_ in ids})
    await work.accept(list(alerts.values()))
    await work.withdraw(news.cancelled)
    await work.give_up(news.dead)
    opened = [
        judge_records(
            known[id_],
            subject_of(incident, atlas),
            now=at.now,
            events=_heard(news.events, known[id_]),
        )
        for id_, incident in incidents.items()
        if incident.version > known[id_].version
    ]
    waiting = [
        judge_records(known[alert.id], subject, now=at.now)
        for alert in alerts.values()
        if _is_first_heard(known[alert.id]) and alert.id not in incidents
        if alert.id not in news.cancelled
        if (subject := provisional(alert, atlas)) is not None
    ]
    judged = [*opened, *waiting]
    await work.save(judged, real=at.real)
    await work.feel(news.pulses, real=at.real)
    await work.seat(news.desks)
    return judged


def _heard(events: Sequence[IncidentChanged], known: Known) -> tuple[IncidentChanged, ...]:
    """What is new of one incident, by version, each version once."""
    versions = {
        event.incident.version: event
        for event in events
        if event.incident.id == known.id and event.incident.version > known.version
    }
    return tuple(versions[version] for version in sorted(versions))


def _spoken(id_: IncidentId, news: News, alerts: Mapping[IncidentId, Alert]) -> Spoken:
    return Spoken(
        partition=news.partitions.get(id_),
        traceparent=news.traces.get(id_),
        alert_received_at=alerts[id_].received_at if id_ in alerts else None,
    )


def _is_first_heard(known: Known) -> bool:
    """Whether the alert is all there is to judge, and was not judged before."""
    return known.version == 0 and known.alert_received_at is None and not known.cancelled
