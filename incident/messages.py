"""What the services tell one another over Kafka, beside the events of an incident.

Each class is one message type; `TYPES` gives its name on the wire, which is also the name of
its schema file. A consumer ignores fields and types it does not know, and counts the types.
"""

from dataclasses import dataclass
from datetime import datetime

from incident.alert import (
    Alert,
    Circumstances,
    IncidentId,
    OrganisationId,
    Reference,
    Severity,
    Source,
    Status,
)
from incident.lifecycle import Incident
from incident.presence import Presence
from incident.shift import CenterState, Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertReceived:
    """A station's alert was checked and is safe. On `alerts.v1`, keyed by alert id.

    Attributes:
        sealed: Caller, telephone and free text, sealed for `alert.id`; None if there are none.
    """

    alert: Alert
    sealed: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertUpdated:
    """New facts from the sender; None leaves a fact as it is. On `alerts.v1`.

    Attributes:
        fingerprint: Keyed digest of the update's whole canonical body.
        sealed: New caller, telephone or free text, sealed for `id`.
    """

    id: IncidentId
    station: OrganisationId
    reference: Reference
    revision: int
    fingerprint: str
    received_at: datetime
    source: Source
    status: Status | None = None
    severity: Severity | None = None
    circumstances: Circumstances | None = None
    place: str | None = None
    sealed: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertCancelled:
    """The sender withdrew its alert. On `alerts.v1`."""

    id: IncidentId
    station: OrganisationId
    reference: Reference
    reason: str
    received_at: datetime
    source: Source
    sealed: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentChanged:
    """One event of an incident and the full public state after it. On `incidents.v1`.

    The record's `ce_type` is the event's own type. The highest version wins.

    Attributes:
        event: The event's canonical text, exactly as chained.
        previous: The hash before it.
        hash: The hash over `previous` and `event`.
    """

    event: str
    previous: str
    hash: str
    incident: Incident


@dataclass(frozen=True, slots=True, kw_only=True)
class CenterAway:
    """Who is at a center's desk and who is away, whenever somebody says so. On `incidents.v1`.

    Keyed by center. Whoever does not follow it loses nothing: each incident says by itself whether
    the desk was away when it came there.

    Attributes:
        away: Everybody who said anything that counts at `at` is away.
        said: What counts then; each ends by itself at its own `until`.
    """

    center: OrganisationId
    at: datetime
    away: bool
    said: tuple[Presence, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CenterDesk:
    """What a center is because of its desks, whenever that changes. On `incidents.v1`.

    Keyed by center; the last one told counts.

    Attributes:
        at: When it was seen; domain time.
        on_shift: Desks with an operator on shift.
        connected: Those of them whose stream lives.
        audible: Those of them whose sound is on.
        away: Those of them whose operator is away.
        clients: Programs of the center's own that listen with a key and name no desk.
    """

    center: OrganisationId
    at: datetime
    state: CenterState
    on_shift: int
    connected: int
    audible: int
    away: int
    clients: int

    @property
    def standing(self) -> Standing:
        """What the center is, without where and when."""
        return Standing(
            state=self.state,
            on_shift=self.on_shift,
            connected=self.connected,
            audible=self.audible,
            away=self.away,
            clients=self.clients,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class StepDue:
    """A rung of the ladder is due. On `timing.v1`, keyed by incident.

    Attributes:
        step: `round/code/count`.
    """

    incident: IncidentId
    step: str
    due_at: datetime
    fired_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetChanged:
    """A clock said something: at risk, breached, met or amended. On `timing.v1`.

    Attributes:
        percent: The warning point reached, for `target.at_risk`.
        seconds: From start to end, where both are known.
    """

    incident: IncidentId
    round: int
    leg: str
    organisation: OrganisationId
    due_at: datetime
    at: datetime
    percent: int | None = None
    seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Heartbeat:
    """A service is alive; its silence is noticed by the others.

    Attributes:
        instance: Which process.
        sent_at: Real time.
        now: The same moment by the domain clock.
    """

    service: str
    instance: str
    sent_at: datetime
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectoryPublished:
    """The whole directory, versioned. On compacted `directory.v1`."""

    version: int
    document: dict[str, object]
    published_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadsDigest:
    """The heads of all chains at a moment, so that a cut or removed history is seen later.

    Attributes:
        log: `incidents` or `timing`.
        previous: The digest before it.
        count: How many heads it covers.
    """

    log: str
    sequence: int
    taken_at: datetime
    count: int
    digest: str
    previous: str


ALERT_RECEIVED = "alert.received.v1"
ALERT_UPDATED = "alert.updated.v1"
ALERT_CANCELLED = "alert.cancelled.v1"
CENTER_AWAY = "center.away.v1"
CENTER_DESK = "center.desk.v1"
STEP_DUE = "step.due.v1"
TARGET_AT_RISK = "target.at_risk.v1"
TARGET_BREACHED = "target.breached.v1"
TARGET_MET = "target.met.v1"
TARGET_AMENDED = "target.amended.v1"
DISPATCHER_HEARTBEAT = "dispatcher.heartbeat.v1"
NOTIFIER_HEARTBEAT = "notifier.heartbeat.v1"
DIRECTORY_PUBLISHED = "directory.published.v1"
HEADS_DIGEST = "heads.digest.v1"

TYPES: dict[str, type] = {
    ALERT_RECEIVED: AlertReceived,
    ALERT_UPDATED: AlertUpdated,
    ALERT_CANCELLED: AlertCancelled,
    CENTER_AWAY: CenterAway,
    CENTER_DESK: CenterDesk,
    STEP_DUE: StepDue,
    TARGET_AT_RISK: TargetChanged,
    TARGET_BREACHED: TargetChanged,
    TARGET_MET: TargetChanged,
    TARGET_AMENDED: TargetChanged,
    DISPATCHER_HEARTBEAT: Heartbeat,
    NOTIFIER_HEARTBEAT: Heartbeat,
    DIRECTORY_PUBLISHED: DirectoryPublished,
    HEADS_DIGEST: HeadsDigest,
}
"""Every message type by its name; the types of `incidents.v1` are those of `incident.events`."""

ALERTS, INCIDENTS, TIMING = "alerts.v1", "incidents.v1", "timing.v1"
DIRECTORY, DIGESTS = "directory.v1", "digests.v1"
