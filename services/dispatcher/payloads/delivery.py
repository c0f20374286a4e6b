"""What an enterprise's own system is sent: enough to find the incident, and nothing personal."""

from incident.lifecycle import Incident
from services.runtime import codec

TYPE = "alert.push.v1"


def write_alert(incident: Incident, *, origin: str = "") -> str:
    """Write the body of a delivery, as Standard Webhooks lays it out: type, timestamp, data.

    Args:
        incident: As it stands now; the body is written once and repeated as it is.
        origin: Where the API is reached from outside, without a slash at its end; empty leaves
            `follow` a path.
    """
    alert = incident.alert
    data = {
        "id": incident.id,
        "reference": alert.reference,
        "kind": alert.kind,
        "severity": incident.severity,
        "status": alert.status,
        "center": incident.center,
        "place": incident.place,
        "received_at": alert.received_at,
        "follow": f"{origin}/v1/incidents/{incident.id}",
    }
    return codec.text({"type": TYPE, "timestamp": incident.round.started_at, "data": data})
