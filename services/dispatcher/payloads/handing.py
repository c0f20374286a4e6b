"""What is shown and printed of a hand-over at shift change."""

from collections.abc import Mapping

from incident.alert import IncidentId
from incident.chain import sha256_hex
from incident.lifecycle import Incident
from incident.shift import Handover, Item, left
from services.dispatcher.handlers.handing import Kept, Seen
from services.runtime import codec


def show(seen: Seen, *, notes: str | None) -> dict[str, object]:
    """A hand-over: while it runs with each incident as it stands, afterwards as it was at its end.

    Args:
        seen: The hand-over.
        notes: What the outgoing operator wrote, opened.
    """
    kept = seen.kept
    if kept.shown is not None:
        whole: dict[str, object] = codec.decode(kept.shown, dict)
    else:
        whole = _whole(kept.handover, seen.incidents)
    return whole | {"notes": notes, "hash": kept.hash}


def show_short(kept: Kept) -> dict[str, object]:
    """A hand-over without its list and notes."""
    return _head(kept.handover) | {"hash": kept.hash}


def write(seen: Seen) -> tuple[str, str]:
    """Write out what is printed of a hand-over that ended, and its SHA-256; notes stay sealed."""
    text = codec.text(_whole(seen.kept.handover, seen.incidents))
    return text, sha256_hex(text)


def _whole(handover: Handover, incidents: Mapping[IncidentId, Incident]) -> dict[str, object]:
    return _head(handover) | {
        "items": [
            _item(item, incidents[item.incident])
            for item in handover.items
            if item.incident in incidents
        ]
    }


def _head(handover: Handover) -> dict[str, object]:
    return {
        "id": handover.id,
        "center": handover.center,
        "state": handover.state,
        "from": handover.outgoing,
        "to": handover.incoming,
        "prepared_at": handover.prepared_at,
        "ended_at": handover.ended_at,
        "ended_by": handover.ended_by,
        "left": len(left(handover)),
    }


def _item(item: Item, incident: Incident) -> dict[str, object]:
    return {
        "incident": item.incident,
        "number": incident.alert.reference.number,
        "kind": incident.alert.kind,
        "severity": incident.severity,
        "status": incident.alert.status,
        "state": incident.state,
        "place": incident.place,
        "received_at": incident.alert.received_at,
        "operator": incident.operator,
        "shelved_until": incident.shelved_until,
        "shelved_reason": incident.shelved_reason,
        "late": item.late,
        "accepted_at": item.accepted_at,
        "accepted_by": item.accepted_by,
        "ended_at": item.ended_at,
    }
