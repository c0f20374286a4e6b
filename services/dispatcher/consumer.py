"""From Kafka: alerts become incidents, due steps are looked at, and the notifier is heard."""

from collections.abc import Callable, Sequence
from typing import TypeVar

import asyncpg
import structlog
from prometheus_client import Counter

from incident import messages
from incident.alert import IncidentId
from incident.messages import AlertCancelled, AlertReceived, AlertUpdated, StepDue
from services.dispatcher.handlers.alerts import Incoming, apply_alerts
from services.dispatcher.handlers.messages import Message, identify
from services.dispatcher.handlers.steps import take_steps
from services.dispatcher.ports import Atlas, Change, Early, Work
from services.runtime import codec, envelope, trace
from services.runtime.clock import Clock
from services.runtime.directory import NoDirectoryError
from services.runtime.records import PermanentError, Received
from services.runtime.versions import refuse_newer

_IGNORED = Counter(
    "d115_dispatcher_ignored_total", "Records of types that are not known here.", ["topic"]
)
_OPENED = Counter(
    "d115_incidents_opened_total", "Incidents opened.", ["kind", "severity", "status", "fallback"]
)
_STEPS = Counter("d115_steps_taken_total", "Ladder steps carried out.", ["event"])

_ALERT_TYPES: dict[str, type[Message]] = {
    messages.ALERT_RECEIVED: AlertReceived,
    messages.ALERT_UPDATED: AlertUpdated,
    messages.ALERT_CANCELLED: AlertCancelled,
}

_log = structlog.get_logger(__name__)
T = TypeVar("T")

Begin = Callable[[asyncpg.Connection], Work]
"""Gives the dispatcher's work inside the consumer's transaction."""


class NotReadyError(TimeoutError):
    """No directory was applied yet: nothing can be routed, and what came waits until one is."""


class AlertConsumer:
    """Applies what comes on `alerts.v1`."""

    def __init__(self, begin: Begin, *, atlas: Atlas, clock: Clock) -> None:
        self._begin = begin
        self._atlas = atlas
        self._clock = clock

    async def apply(self, connection: asyncpg.Connection, records: Sequence[Received]) -> None:
        """Apply a batch in the consumer's transaction.

        Raises:
            PermanentError: A record is no message of its type.
        """
        incoming = [read for record in records if (read := _read_alert(record)) is not None]
        if not incoming:
            return
        _await_directory(self._atlas)
        changed = await apply_alerts(
            incoming,
            work=self._begin(connection),
            atlas=self._atlas,
            decode=_decode_early,
            now=self._clock.now(),
        )
        for change in changed:
            _count(change)


class TimingConsumer:
    """Acts on what is due on `timing.v1`, and hears the notifier's heartbeat."""

    def __init__(
        self, begin: Begin, *, atlas: Atlas, clock: Clock, hear: Callable[[], None]
    ) -> None:
        self._begin = begin
        self._atlas = atlas
        self._clock = clock
        self._hear = hear

    async def apply(self, connection: asyncpg.Connection, records: Sequence[Received]) -> None:
        """Apply a batch in the consumer's transaction.

        Raises:
            PermanentError: A record is no message of its type.
        """
        due: list[StepDue] = []
        traces: dict[IncidentId, str] = {}
        for record in records:
            told = envelope.parse(record.headers)
            if told.type == messages.STEP_DUE:
                due.append(_decode(record, StepDue))
                if told.traceparent is not None:
                    traces[due[-1].incident] = told.traceparent
            elif told.type == messages.NOTIFIER_HEARTBEAT:
                self._hear()
            else:
                refuse_newer(told.type, (messages.STEP_DUE,))
        if not due:
            return
        _await_directory(self._atlas)
        taken = await take_steps(
            due,
            work=self._begin(connection),
            atlas=self._atlas,
            now=self._clock.now(),
            traces=traces,
        )
        for change in taken:
            for event in change.events:
                _STEPS.labels(type(event.body).__name__).inc()


def _await_directory(atlas: Atlas) -> None:
    """Put the batch off while there is no directory; it is no fault of a record.

    Raises:
        NotReadyError: There is none.
    """
    try:
        _ = atlas.lookup
    except NoDirectoryError as error:
        raise NotReadyError("no directory was applied yet") from error


def _read_alert(record: Received) -> Incoming | None:
    told = envelope.parse(record.headers)
    kind = _ALERT_TYPES.get(told.type)
    if kind is None:
        refuse_newer(told.type, _ALERT_TYPES)
        _IGNORED.labels(record.topic).inc()
        return None
    message = _decode(record, kind)
    early = Early(
        incident=identify(message), id=told.id, type=told.type, value=record.value.decode()
    )
    return Incoming(message=message, early=early, traceparent=told.traceparent)


def _decode_early(early: Early) -> Message:
    return codec.decode(early.value, _ALERT_TYPES[early.type])


def _decode(record: Received, kind: type[T]) -> T:
    try:
        return codec.decode(record.value, kind)
    except codec.DecodeError as error:
        raise PermanentError(f"not a {kind.__name__}: {error}") from error


def _count(change: Change) -> None:
    if change.before is not None:
        return
    incident = change.incident
    _OPENED.labels(
        incident.alert.kind, incident.severity, incident.alert.status, str(incident.fallback)
    ).inc()
    _log.info(
        "incident_opened",
        incident_id=str(incident.id),
        trace_id=trace.id_of(change.traceparent),
        center=incident.center,
        severity=incident.severity,
        kind=incident.alert.kind,
    )
