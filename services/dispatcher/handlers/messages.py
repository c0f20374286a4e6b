"""What a station's message is about, when it was said, by whom, and what tells it from another."""

from collections.abc import Callable
from datetime import datetime

from incident.alert import IncidentId
from incident.commands import Context
from incident.messages import AlertCancelled, AlertReceived, AlertUpdated
from incident.moments import Actor, ActorKind, Via
from services.dispatcher.ports import Early

Message = AlertReceived | AlertUpdated | AlertCancelled
Decode = Callable[[Early], Message]
"""Reads a kept message back; the edge knows the wire."""


def identify(message: Message) -> IncidentId:
    """The alert a message is about."""
    return message.alert.id if isinstance(message, AlertReceived) else message.id


def fingerprint_of(message: Message) -> str | None:
    """The digest of its content; a withdrawal has none."""
    match message:
        case AlertReceived():
            return message.alert.fingerprint
        case AlertUpdated():
            return message.fingerprint
        case AlertCancelled():
            return None


def order_of(message: Message) -> tuple[datetime, bool, int]:
    """Sorts messages as they were said, not as they came; a withdrawal after what it withdraws."""
    if isinstance(message, AlertCancelled):
        return message.received_at, True, 0
    content = message.alert if isinstance(message, AlertReceived) else message
    return content.received_at, False, content.revision


def sender_of(message: Message, *, now: datetime) -> Context:
    """The sender's act, at the moment intake received it."""
    if isinstance(message, AlertReceived):
        station, received_at = message.alert.station, message.alert.received_at
    else:
        station, received_at = message.station, message.received_at
    actor = Actor(kind=ActorKind.PERSON, id=station, role="station", organisation=station)
    return Context(now=now, actor=actor, via=Via.API, occurred_at=received_at)
