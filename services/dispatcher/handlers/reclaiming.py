"""What a database lost that went back in time, taken back from what was published before.

A database restored from a backup knows less than it told the others: every event since then was
published, with its place in its incident's chain. Those that follow on what is stored are stored
again, each with the text and the hash it had. One that does not follow is a fork: the restored
database was written to before it was noticed. It is left as it stands, for a person to look at.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from incident import chain
from incident.alert import IncidentId
from incident.events import Event
from incident.lifecycle import Incident
from incident.replay import apply
from services.dispatcher.ports import Change


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """An event as it was published.

    Attributes:
        previous: The hash before it in its chain.
        hash: Its own.
    """

    event: Event
    previous: str
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """An incident as it is stored, with the end of its chain."""

    incident: Incident
    head: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reclaimed:
    """What is to be stored again, and what cannot be.

    Attributes:
        forked: Incidents whose stored chain is not the beginning of the published one.
    """

    changes: list[Change] = field(default_factory=list)
    forked: set[IncidentId] = field(default_factory=set)


def reclaim(
    published: Iterable[Published],
    *,
    stored: Mapping[IncidentId, Stored],
    sealed: Mapping[IncidentId, str],
) -> Reclaimed:
    """Say which events are missing in the store and follow on what it has.

    Args:
        published: In any order, also twice.
        stored: The incidents they are of, where they exist.
        sealed: The sealed text each alert came with.
    """
    grouped: dict[IncidentId, dict[int, Published]] = {}
    for entry in published:
        grouped.setdefault(entry.event.incident, {})[entry.event.version] = entry
    found = Reclaimed()
    for id_, entries in grouped.items():
        change = _follow(stored.get(id_), entries)
        if change is None:
            found.forked.add(id_)
        elif change.events:
            text = sealed.get(id_)
            opened = change.before is None and text is not None
            found.changes.append(_with_sealed(change, text) if opened and text else change)
    return found


def _follow(stored: Stored | None, entries: Mapping[int, Published]) -> Change | None:
    """Give the change that brings a store level; None where the two chains differ."""
    version = 0 if stored is None else stored.incident.version
    head = chain.GENESIS if stored is None else stored.head
    same = entries.get(version)
    if same is not None and same.hash != head:
        return None
    before = None if stored is None else stored.incident
    present, events = before, list[Event]()
    while (entry := entries.get(version + 1)) is not None:
        if entry.previous != head:
            return None
        present = apply(present, entry.event)
        events.append(entry.event)
        version, head = version + 1, entry.hash
    if present is None or (entries and max(entries) > version):
        return None  # an event between was never published: what follows hangs in the air
    return Change(before=before, incident=present, events=tuple(events))


def _with_sealed(change: Change, text: str) -> Change:
    return Change(
        before=change.before, incident=change.incident, events=change.events, sealed={1: text}
    )
