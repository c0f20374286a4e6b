"""Incidents in the making of a batch, and which of them a message is about."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from incident.alert import IncidentId
from incident.commands import Context
from incident.decisions.decide import record
from incident.decisions.opening import must_open_another
from incident.events import Body, Event, LinkKind
from incident.lifecycle import Incident
from incident.messages import AlertCancelled
from services.dispatcher.handlers.messages import (
    Message,
)
from services.dispatcher.ports import Atlas


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
    """What applying a batch needs at hand.

    Attributes:
        early: What overtook each alert that this batch opens.
        away: The centers at whose desk everybody is away.
    """

    drafts: dict[IncidentId, Draft]
    early: dict[IncidentId, list[Message]]
    atlas: Atlas
    now: datetime
    away: frozenset[str] = frozenset()


def beside_of(draft: Draft, batch: Batch) -> list[Draft]:
    """The incidents opened beside one that had ended, oldest first."""
    return [
        batch.drafts[link.other]
        for link in draft.incident.links
        if link.link in {LinkKind.FOLLOW_UP, LinkKind.CONFLICT} and link.other in batch.drafts
    ]


def present_of(draft: Draft, beside: Sequence[Draft], message: Message) -> Draft:
    """The incident a sender speaks of: once it has ended, the newest beside it that lives.

    A withdrawal speaks of one beside it only if it came after what that one was opened with:
    else it is a repeat of what was said of the ended one.
    """
    if not must_open_another(draft.incident):
        return draft
    living = [entry for entry in beside if not must_open_another(entry.incident)]
    if not living:
        return draft
    newest = living[-1]
    if isinstance(message, AlertCancelled):
        later = message.received_at > newest.incident.alert.received_at
        return newest if later else draft
    return newest
