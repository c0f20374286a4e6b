"""Columns and rows: how values of the handlers stand in the tables, and back."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import asyncpg
import msgspec

from incident.alert import Alert, IncidentId
from incident.lifecycle import Incident
from incident.timing import Verdict
from services.notifier.adapters.timing_log import Line
from services.notifier.ports import Due, Judged, Known, Point, Watched
from services.runtime import codec

Columns = tuple[list[Any], ...]
"""The columns of some rows, for `unnest`."""

_ENCODER = msgspec.json.Encoder()
_NO_COPY = (None,) * 8


def columns(rows: Iterable[Sequence[object]], width: int) -> Columns:
    """Turn rows into columns; of no rows, empty ones."""
    turned = tuple(list(column) for column in zip(*rows, strict=True))
    return turned or tuple([] for _ in range(width))


@dataclass(frozen=True, slots=True, kw_only=True)
class Legs:
    """The verdicts on an incident's legs, as they are written.

    Attributes:
        digests: Of all of them, by `round/leg`; one that ends in `+` has both its moments.
        changed: Rows of legs that differ from what was written last.
        measured: The verdicts that had not both their moments when written last and have now.
    """

    digests: Mapping[str, str]
    changed: Sequence[Mapping[str, object]]
    measured: Sequence[Verdict]


def legs_of(judged: Judged) -> Legs:
    """Say what is to be written of an incident's legs: most events change one or two of eleven."""
    known, verdicts = judged.known.legs, {f"{one.round}/{one.leg}": one for one in judged.verdicts}
    digests = {name: _digest(verdict) for name, verdict in verdicts.items()}
    changed = [name for name, digest in digests.items() if known.get(name) != digest]
    return Legs(
        digests=digests,
        changed=[leg_row(judged, verdicts[name]) for name in changed],
        measured=[
            verdicts[name]
            for name in changed
            if digests[name].endswith("+") and not known.get(name, "").endswith("+")
        ],
    )


def _digest(verdict: Verdict) -> str:
    """Digest what is written of a verdict: all of a leg's row but what its alert says."""
    written = (
        verdict.organisation,
        verdict.outcome,
        verdict.amended,
        verdict.target_seconds,
        verdict.start,
        verdict.due,
        verdict.end,
        verdict.by,
    )
    mark = "" if verdict.seconds is None else "+"
    proved = written if verdict.proof is None else (*written, verdict.proof)
    return blake2b(_ENCODER.encode(proved), digest_size=8).hexdigest() + mark


def incident_row(judged: Judged, legs: Legs, lines: Sequence[Line]) -> tuple[object, ...]:
    """The row of an incident for `save_judged`."""
    known, incident = judged.known, judged.incident
    head = (
        (lines[-1].sequence, lines[-1].hash, lines[-1].recorded_at)
        if lines
        else (known.sequence, known.hash, known.recorded_at)
    )
    copy = _NO_COPY if incident is None else _copy(incident)
    said = "".join([f"{line.fact.key}\n" for line in lines])
    return (
        known.id,
        known.partition,
        *copy,
        codec.text(legs.digests),
        said,
        judged.judged_to,
        *head,
    )


def _copy(incident: Incident) -> tuple[object, ...]:
    first = incident.links[0] if incident.links else None
    return (
        incident.version,
        incident.state.value,
        incident.center,
        incident.alert.fingerprint,
        None if first is None else first.other,
        None if first is None else first.link.value,
        incident.opened_at,
        codec.text(incident, named=True),
    )


def alert_row(alert: Alert, partition: int) -> tuple[object, ...]:
    """The row of `insert_alerts`."""
    return (
        alert.id,
        alert.received_at,
        alert.station,
        alert.kind,
        alert.severity.value,
        alert.status.value,
        alert.revision,
        alert.fingerprint,
        codec.text(alert),
        partition,
    )


def leg_row(judged: Judged, verdict: Verdict) -> dict[str, object]:
    """The row of a leg for `save_judged`, as an object: written as JSON it costs the least."""
    alert = judged.subject.alert
    return {
        "incident_id": judged.known.id,
        "round": verdict.round,
        "leg": verdict.leg,
        "organisation": verdict.organisation,
        "station": alert.station,
        "kind": alert.kind,
        "severity": alert.severity,
        "status": alert.status,
        "received_at": alert.received_at,
        "outcome": verdict.outcome,
        "amended": verdict.amended,
        "target_seconds": verdict.target_seconds,
        "start_at": verdict.start,
        "due_at": verdict.due,
        "end_at": verdict.end,
        "seconds": verdict.seconds,
        "by": verdict.by,
        "proof": verdict.proof,
    }


def deadline_row(known: Known, wake: Point) -> tuple[object, ...]:
    """The row of a deadline for `save_judged`."""
    return (known.id, wake.key, wake.kind, wake.due_at, known.partition)


def count_rows(judged: Iterable[Judged]) -> list[tuple[int, str, int]]:
    """By how much the counts of states change, as rows for `save_judged`."""
    changes: Counter[tuple[int, str]] = Counter()
    for entry in judged:
        before, partition = entry.known.state, entry.known.partition
        if entry.incident is not None and entry.incident.state.value != before:
            changes[partition, entry.incident.state.value] += 1
            if before is not None:
                changes[partition, before] -= 1
    return [(*place, change) for place, change in changes.items() if change]


def line_row(line: Line) -> tuple[object, ...]:
    """The row of a fact for `save_judged`."""
    return (
        line.incident,
        line.sequence,
        line.id,
        line.fact.type,
        line.fact.key,
        line.text,
        line.previous,
        line.hash,
        line.recorded_at,
    )


def known_of(row: asyncpg.Record) -> Known:
    """Read what is stored of an id."""
    return Known(
        id=IncidentId(row["id"]),
        partition=row["partition"],
        version=row["version"],
        state=row["state"],
        alert_received_at=row["alert_received_at"],
        cancelled=row["cancelled_at"] is not None,
        legs=codec.decode(row["legs"], dict),
        judged_to=row["judged_to"],
        sequence=row["sequence"],
        hash=row["hash"],
        recorded_at=row["recorded_at"],
        announced=frozenset(row["announced"].splitlines()),
        traceparent=row["traceparent"],
    )


def due_of(row: asyncpg.Record) -> Due:
    """Read an id whose deadline has come."""
    return Due(
        known=known_of(row),
        incident=_read(row["body"], Incident),
        alert=_read(row["alert"], Alert),
        due_at=row["due_at"],
    )


def watched_of(row: asyncpg.Record) -> Watched:
    """Read what is stored of an id, for whoever asks."""
    return Watched(
        known=known_of(row),
        incident=_read(row["body"], Incident),
        alert=_read(row["alert"], Alert),
    )


def _read(text: str | None, kind: type[Any]) -> Any:  # noqa: ANN401  # of the kind asked for
    return None if text is None else codec.decode(text, kind)
