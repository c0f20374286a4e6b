"""Writes a batch of changes set by set: incidents, chains, assignments, outbox, and frames last."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from incident import chain
from incident.alert import IncidentId
from incident.events import TeamAssigned, TeamDeclined, TeamReleased
from incident.lifecycle import Assignment
from incident.messages import IncidentChanged
from services.dispatcher.adapters.linking import Linked, link_events
from services.dispatcher.payloads.views import frames_of
from services.dispatcher.ports import Change
from services.runtime import codec, envelope, outbox
from services.runtime.records import Record

SCHEMA = "dispatcher"
SOURCE = "/dispatcher"

Queries = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """How others are told of a change.

    Attributes:
        topic: Where the events go.
        real: The real time now.
        is_center: Whether a code is a center's, so that it has consoles to tell.
    """

    topic: str
    real: datetime
    is_center: Callable[[str], bool]


class LostRaceError(TimeoutError):
    """Another process opened the same incident first; trying again finds it open."""


async def save_changes(
    connection: asyncpg.Connection,
    changes: Sequence[Change],
    *,
    heads: Mapping[IncidentId, str],
    queries: Queries,
    telling: Telling,
) -> None:
    """Write what was decided; the channels' sequences are taken last, so they are held shortest.

    Args:
        connection: Of the running transaction, which holds the locks.
        changes: What was decided, one for each incident.
        heads: The head of each locked incident's chain; an incident without one is new.
        queries: The dispatcher's statements.
        telling: How others are told.

    Raises:
        LostRaceError: Another process opened one of the incidents meanwhile.
    """
    ordered = sorted(changes, key=lambda change: change.incident.id)
    linked = [link_events(entry, heads.get(entry.incident.id, chain.GENESIS)) for entry in ordered]
    await _write_incidents(connection, linked, heads.keys(), queries)
    await _write_events(connection, linked, queries)
    await _write_assignments(connection, ordered, queries)
    await _write_personal(connection, ordered, queries)
    records = [record for entry in linked for record in _records(entry, telling.topic)]
    await outbox.put(connection, SCHEMA, records, real=telling.real)
    await _write_frames(connection, linked, queries, telling)


async def _write_incidents(
    connection: asyncpg.Connection,
    linked: Sequence[Linked],
    known: Collection[IncidentId],
    queries: Queries,
) -> None:
    opened = [entry for entry in linked if entry.incident.id not in known]
    changed = [entry for entry in linked if entry.incident.id in known]
    if opened:
        rows = await connection.fetch(queries["insert_incidents"], *_columns(map(_opened, opened)))
        if len(rows) != len(opened):
            raise LostRaceError
    if changed:
        await connection.execute(queries["update_incidents"], *_columns(map(_changed, changed)))


def _opened(entry: Linked) -> tuple[object, ...]:
    incident = entry.incident
    alert = incident.alert
    return (
        incident.id,
        incident.version,
        incident.state,
        alert.kind,
        incident.severity,
        alert.status,
        alert.station,
        incident.center,
        alert.received_at,
        incident.updated_at,
        incident.ended_at,
        entry.links[-1].hash,
        codec.text(incident),
    )


def _changed(entry: Linked) -> tuple[object, ...]:
    incident = entry.incident
    return (
        incident.id,
        incident.version,
        incident.state,
        incident.severity,
        incident.center,
        incident.updated_at,
        incident.ended_at,
        incident.handed_over_to or incident.handover,
        entry.links[-1].hash,
        codec.text(incident),
    )


async def _write_events(
    connection: asyncpg.Connection, linked: Sequence[Linked], queries: Queries
) -> None:
    rows = (
        (
            link.event.incident,
            link.event.version,
            link.id,
            link.type,
            link.event.occurred_at,
            link.event.recorded_at,
            link.event.actor.id,
            link.text,
            link.previous,
            link.hash,
        )
        for entry in linked
        for link in entry.links
    )
    await connection.execute(queries["insert_events"], *_columns(rows))


async def _write_assignments(
    connection: asyncpg.Connection, changes: Sequence[Change], queries: Queries
) -> None:
    """End first, then begin: a diverted team is never on two incidents, not even for a moment."""
    touched = [
        (entry.incident.id, assignment, assignment.number in _begun(entry))
        for entry in changes
        for assignment in _touched(entry)
    ]
    ended = [
        (id_, assignment.number, assignment.ended_at)
        for id_, assignment, is_new in touched
        if not is_new and not assignment.is_live
    ]
    begun = [
        (
            id_,
            assignment.number,
            assignment.team,
            assignment.organisation,
            assignment.is_live,
            assignment.ended_at,
        )
        for id_, assignment, is_new in touched
        if is_new
    ]
    if ended:
        await connection.execute(queries["end_assignments"], *_columns(ended))
    if begun:
        await connection.execute(queries["insert_assignments"], *_columns(begun))


def _begun(change: Change) -> set[int]:
    return {
        event.body.assignment for event in change.events if isinstance(event.body, TeamAssigned)
    }


def _touched(change: Change) -> list[Assignment]:
    """The assignments that the new events began or may have ended."""
    numbers = {
        event.body.assignment
        for event in change.events
        if isinstance(event.body, TeamAssigned | TeamDeclined | TeamReleased)
    }
    return [entry for entry in change.incident.assignments if entry.number in numbers]


async def _write_personal(
    connection: asyncpg.Connection, changes: Sequence[Change], queries: Queries
) -> None:
    rows = [
        (entry.incident.id, version, sealed, entry.incident.updated_at)
        for entry in changes
        for version, sealed in entry.sealed.items()
    ]
    if rows:
        await connection.execute(queries["insert_personal"], *_columns(rows))


def _records(entry: Linked, topic: str) -> Iterator[Record]:
    """One message for each event, each with the public state as that event left it."""
    for link, state in zip(entry.links, entry.states, strict=True):
        message = IncidentChanged(
            event=link.text, previous=link.previous, hash=link.hash, incident=state
        )
        headers = envelope.build(
            envelope.Envelope(
                id=str(link.id),
                source=SOURCE,
                type=link.type,
                time=link.event.recorded_at,
                subject=str(state.id),
                traceparent=entry.traceparent,
            )
        )
        yield Record(topic=topic, key=str(state.id), value=codec.encode(message), headers=headers)


async def _write_frames(
    connection: asyncpg.Connection, linked: Sequence[Linked], queries: Queries, telling: Telling
) -> None:
    frames = [
        frame
        for entry in linked
        for link, state in zip(entry.links, entry.states, strict=True)
        for frame in frames_of(link.event, state, is_center=telling.is_center)
    ]
    steps = Counter(frame.channel for frame in frames)
    names = sorted(steps)
    rows = await connection.fetch(
        queries["advance_channels"], names, [steps[name] for name in names]
    )
    next_in = {row["name"]: row["sequence"] - steps[row["name"]] for row in rows}
    told = []
    for frame in frames:
        next_in[frame.channel] += 1
        told.append((frame.channel, next_in[frame.channel], frame.type, frame.data, telling.real))
    if told:
        await connection.execute(queries["insert_frames"], *_columns(told))


def _columns(rows: Iterable[tuple[object, ...]]) -> list[list[object]]:
    """Turn rows into the arrays that `unnest` takes."""
    return [list(column) for column in zip(*rows, strict=True)]
