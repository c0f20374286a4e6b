"""Puts an incident's new events into its chain, each hashed over the one before."""

from dataclasses import dataclass
from uuid import UUID, uuid5

from incident import chain
from incident.events import Event
from incident.lifecycle import Incident
from services.dispatcher.ports import Change
from services.runtime import eventlog, trace


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """An event in its chain."""

    event: Event
    id: UUID
    type: str
    text: str
    previous: str
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Linked:
    """An incident's new events in their chain.

    Attributes:
        states: The incident after each of them.
    """

    incident: Incident
    links: tuple[Link, ...]
    states: tuple[Incident, ...]
    traceparent: str


def link_events(change: Change, head: str) -> Linked:
    """Chain a change's events behind the head of its incident's chain."""
    links = []
    for event in change.events:
        text = eventlog.to_text(event)
        link = Link(
            event=event,
            id=uuid5(event.incident, str(event.version)),
            type=eventlog.TYPES[type(event.body)],
            text=text,
            previous=head,
            hash=chain.link(head, text),
        )
        links.append(link)
        head = link.hash
    return Linked(
        incident=change.incident,
        links=tuple(links),
        states=change.states,
        traceparent=change.traceparent or trace.header(),
    )
