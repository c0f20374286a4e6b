"""From Kafka: what intake and the dispatcher say, and what became of alerts nobody could apply."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TypeVar
from uuid import UUID

import asyncpg

from incident import messages
from incident.alert import Alert, IncidentId
from incident.events import BODIES
from incident.lifecycle import Incident
from incident.messages import (
    AlertCancelled,
    AlertReceived,
    CenterAway,
    CenterDesk,
    Heartbeat,
    IncidentChanged,
)
from services.notifier import measures
from services.notifier.handlers.following import Moments, News, follow
from services.notifier.ports import Atlas, DeskTold, Pulse, Work
from services.runtime import codec, envelope
from services.runtime.clock import Clock
from services.runtime.records import DEAD_LETTER, PermanentError, Received
from services.runtime.versions import family, refuse_newer

T = TypeVar("T")

_CHANGES = frozenset(map(family, (messages.ALERT_UPDATED, messages.ALERT_CANCELLED)))
"""What is said of an alert that was accepted before: without it, the alert stands."""

_OF_DESKS: Mapping[str, type[CenterAway | CenterDesk]] = {
    messages.CENTER_AWAY: CenterAway,
    messages.CENTER_DESK: CenterDesk,
}

Begin = Callable[[asyncpg.Connection], Work]
"""Gives the notifier's work inside the consumer's transaction."""


class NewsConsumer:
    """Applies what comes on `alerts.v1`, its dead letters and `incidents.v1`."""

    def __init__(self, begin: Begin, *, atlas: Atlas, clock: Clock) -> None:
        """Prepare.

        Args:
            begin: Gives the work in a transaction.
            atlas: What an alert without incident is judged by.
            clock: Reads both times.
        """
        self._begin = begin
        self._atlas = atlas
        self._clock = clock

    async def apply(self, connection: asyncpg.Connection, records: Sequence[Received]) -> None:
        """Apply a batch in the consumer's transaction.

        Raises:
            PermanentError: A record is no message of its type.
        """
        reading = Reading()
        for record in records:
            reading.take(record)
        at = Moments(now=self._clock.now(), real=self._clock.real())
        judged = await follow(
            reading.news(), work=self._begin(connection), atlas=self._atlas, at=at
        )
        # Before the commit: a batch tried again is counted again.
        measures.count_facts(judged, real=at.real)


class Reading:
    """Collects what a batch of records says."""

    def __init__(self) -> None:
        self._incidents: list[Incident] = []
        self._events: list[IncidentChanged] = []
        self._alerts: list[Alert] = []
        self._cancelled: dict[IncidentId, datetime] = {}
        self._dead: dict[IncidentId, datetime] = {}
        self._pulses: list[Pulse] = []
        self._desks: list[DeskTold] = []
        self._partitions: dict[IncidentId, int] = {}
        self._traces: dict[IncidentId, str] = {}

    def news(self) -> News:
        """What was read so far."""
        return News(
            incidents=self._incidents,
            events=self._events,
            alerts=self._alerts,
            cancelled=self._cancelled,
            dead=self._dead,
            pulses=self._pulses,
            desks=self._desks,
            partitions=self._partitions,
            traces=self._traces,
        )

    def take(self, record: Received) -> None:
        """Read one record; types that are not known here are counted and skipped.

        Raises:
            PermanentError: It is no message of its type, or of a version that is not known here.
        """
        if record.topic.endswith(DEAD_LETTER):
            self._take_dead_letter(record)
            return
        about = envelope.parse(record.headers)
        kind = about.type
        known = kind in BODIES or kind in messages.TYPES
        measures.RECORDS.labels(kind if known else "unknown").inc()
        if not known:
            refuse_newer(kind, (*BODIES, *messages.TYPES))
        if kind in BODIES:
            self._take_incident(record, about.traceparent)
        elif kind == messages.ALERT_RECEIVED:
            alert = _decode(record, AlertReceived).alert
            self._alerts.append(alert)
            self._note(alert.id, record, about.traceparent)
        elif kind == messages.ALERT_CANCELLED:
            cancelled = _decode(record, AlertCancelled)
            self._cancelled.setdefault(cancelled.id, cancelled.received_at)
            self._note(cancelled.id, record, about.traceparent)
        elif kind in _OF_DESKS:
            told = _decode(record, _OF_DESKS[kind])
            self._desks.append(
                DeskTold(center=told.center, type=kind, at=told.at, value=codec.text(told))
            )
        elif kind == messages.DISPATCHER_HEARTBEAT:
            beat = _decode(record, Heartbeat)
            self._pulses.append(
                Pulse(service=beat.service, instance=beat.instance, sent_at=beat.sent_at)
            )

    def _note(self, id_: IncidentId, record: Received, traceparent: str | None) -> None:
        """Note where and in which trace an id was spoken of."""
        self._partitions[id_] = record.partition
        if traceparent is not None:
            self._traces.setdefault(id_, traceparent)

    def _take_incident(self, record: Received, traceparent: str | None) -> None:
        changed = _decode(record, IncidentChanged)
        incident = changed.incident
        self._events.append(changed)
        self._incidents.append(incident)
        self._note(incident.id, record, traceparent)

    def _take_dead_letter(self, record: Received) -> None:
        """Note an alert that could not be applied; its body may be anything, so the key counts."""
        measures.RECORDS.labels("dead-letter").inc()
        kind = record.headers.get("ce_type", messages.ALERT_RECEIVED)
        if family(kind) not in _CHANGES:
            id_ = _id(record.key)
            if id_ is not None:
                self._dead.setdefault(id_, record.timestamp)


def _decode(record: Received, kind: type[T]) -> T:
    try:
        return codec.decode(record.value, kind)
    except codec.DecodeError as error:
        raise PermanentError(f"not a {kind.__name__}: {error}") from error


def _id(key: str) -> IncidentId | None:
    try:
        return IncidentId(UUID(key))
    except ValueError:
        return None
