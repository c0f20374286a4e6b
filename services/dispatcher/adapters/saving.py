"""Writes a batch of changes set by set, in one statement: what they rest on is checked there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain as chained

import asyncpg

from incident import chain
from incident.alert import IncidentId, TeamId
from incident.events import TeamAssigned, TeamDeclined, TeamReleased
from incident.lifecycle import Assignment
from services.dispatcher.adapters.linking import link_events
from services.dispatcher.adapters.telling import (
    Telling,
    Written,
    columns,
    frame_columns,
    outbox_columns,
    write,
)
from services.dispatcher.ports import Answered, Asked, Change

Queries = Mapping[str, str]
Columns = Sequence[object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What was seen without a lock, and must still stand when changes are saved.

    Attributes:
        versions: Of the incidents.
        engaged: The incident each team was on, None where it was free.
    """

    versions: dict[IncidentId, int] = field(default_factory=dict)
    engaged: dict[TeamId, IncidentId | None] = field(default_factory=dict)


class LostRaceError(TimeoutError):
    """Another process opened the same incident first; trying again finds it open."""


async def save_changes(  # noqa: PLR0913  # each is a fact of the transaction, by name
    connection: asyncpg.Connection,
    changes: Sequence[Change],
    *,
    heads: Mapping[IncidentId, str],
    queries: Queries,
    telling: Telling,
    seen: Seen | None = None,
    answer: tuple[Asked, Answered] | None = None,
) -> bool:
    """Write what was decided; the channels' sequences are taken last, so they are held shortest.

    Args:
        connection: Of the running transaction; without one, what is written is one by itself.
        changes: What was decided, one for each incident.
        heads: The head of each known incident's chain; an incident without one is new.
        queries: The dispatcher's statements.
        telling: How others are told.
        seen: What must still stand, where the transaction holds no locks on it.
        answer: The answer to keep of the command that led to this.

    Returns:
        Whether it was written: what was seen still stood, and the command had no answer yet.

    Raises:
        LostRaceError: Another process opened one of the incidents meanwhile.
    """
    ordered = sorted(changes, key=lambda change: change.incident.id)
    written = [
        write(link_events(entry, heads.get(entry.incident.id, chain.GENESIS))) for entry in ordered
    ]
    opened = [entry for entry in written if entry.linked.incident.id not in heads]
    if opened:
        rows = await connection.fetch(queries["insert_incidents"], *columns(map(_opened, opened)))
        if len(rows) != len(opened):
            raise LostRaceError
    changed = [entry for entry in written if entry.linked.incident.id in heads]
    saved: bool = await connection.fetchval(
        queries["save_changes"],
        telling.real,
        *_seen_columns(seen),
        None if answer is None else _answer_column(*answer),
        *_or_null(columns(map(_changed, changed)), 10),
        *_or_null(_event_columns(written), 10),
        *_assignment_columns(ordered),
        *_personal_columns(ordered),
        telling.topic,
        *_or_null(outbox_columns(written), 4),
        *_or_null(frame_columns(written, telling), 6),
    )
    return saved


def _or_null(found: Columns, count: int) -> Columns:
    """Stand for columns without a row: what has nothing to write is not even looked at."""
    return found if len(found) == count and found[0] else [None] * count


def _seen_columns(seen: Seen | None) -> Columns:
    if seen is None:
        return [None] * 4
    return [
        *_or_null([list(seen.versions), list(seen.versions.values())], 2),
        *_or_null([list(seen.engaged), list(seen.engaged.values())], 2),
    ]


def _answer_column(asked: Asked, answered: Answered) -> list[str]:
    return [asked.caller, asked.command, asked.key, answered.digest, answered.body]


def _opened(entry: Written) -> tuple[object, ...]:
    incident = entry.linked.incident
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
        entry.linked.links[-1].hash,
        entry.states[-1].decode(),
    )


def _changed(entry: Written) -> tuple[object, ...]:
    incident = entry.linked.incident
    return (
        incident.id,
        incident.version,
        incident.state,
        incident.severity,
        incident.center,
        incident.updated_at,
        incident.ended_at,
        incident.handed_over_to or incident.handover,
        entry.linked.links[-1].hash,
        entry.states[-1].decode(),
    )


def _event_columns(written: Sequence[Written]) -> Columns:
    return columns(
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
        for entry in written
        for link in entry.linked.links
    )


def _assignment_columns(changes: Sequence[Change]) -> Columns:
    """Those that ended, then those that begin."""
    touched = [
        (entry.incident.id, assignment, assignment.number in _begun(entry))
        for entry in changes
        for assignment in _touched(entry)
    ]
    ended = columns(
        (id_, assignment.number, assignment.ended_at)
        for id_, assignment, is_new in touched
        if not is_new and not assignment.is_live
    )
    begun = columns(
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
    )
    return list(chained(_or_null(ended, 3), _or_null(begun, 6)))


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


def _personal_columns(changes: Sequence[Change]) -> Columns:
    return _or_null(
        columns(
            (entry.incident.id, version, sealed, entry.incident.updated_at)
            for entry in changes
            for version, sealed in entry.sealed.items()
        ),
        4,
    )
