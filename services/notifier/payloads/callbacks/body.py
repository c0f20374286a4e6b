"""The body of a callback (Standard Webhooks: type, timestamp, data); nothing in it is personal.

`schemas/callbacks/` has the schema of each.
"""

from incident.lifecycle import Incident
from services.notifier.handlers.callbacks.kinds import Callback
from services.runtime import codec


def write_callback(callback: Callback) -> str:
    """Write a callback: once, and repeated as it is in every attempt and every page of a feed."""
    incident = callback.incident
    about = {} if incident is None else _about(incident)
    return codec.text(
        {
            "id": callback.id,
            "type": callback.type.wire,
            "timestamp": callback.at,
            "data": {"status": callback.status, **about, **callback.details},
        }
    )


def _about(incident: Incident) -> dict[str, object]:
    alert = incident.alert
    return {
        "alert": incident.id,
        "reference": {"number": alert.reference.number, "order": alert.reference.order},
        "kind": alert.kind,
        "severity": incident.severity,
        "center": incident.center,
        "state": incident.state,
        "version": incident.version,
        "round": incident.round.number,
        "follow": f"/v1/incidents/{incident.id}",
    }
