"""What a station can be told, and one thing told."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from incident.alert import OrganisationId, Status
from incident.lifecycle import Incident


class CallbackType(StrEnum):
    """What a station can be told; on the wire `callback.<name>.v1`."""

    ACCEPTED = "accepted"
    DELIVERED = "delivered"
    ACKNOWLEDGED = "acknowledged"
    ASSIGNED = "assigned"
    ON_SCENE = "on_scene"
    RESOLVED = "resolved"
    CLOSED = "closed"
    AT_RISK = "at_risk"
    BREACHED = "breached"
    AMENDED = "amended"
    NOT_DELIVERED = "not_delivered"
    NOT_ACKNOWLEDGED = "not_acknowledged"
    NOT_ASSIGNED = "not_assigned"
    LATE_ON_SCENE = "late_on_scene"
    REFUSED = "refused"
    POLICE_REQUESTED = "police_requested"
    HANDOVER_OFFERED = "handover_offered"
    HANDED_OVER = "handed_over"
    TRANSFERRED = "transferred"
    REOPENED = "reopened"
    CONFLICT = "conflict"
    CANCELLED = "cancelled"
    CANCELLATION_REFUSED = "cancellation_refused"
    UPDATED = "updated"
    SUPERVISED = "supervised"
    ANSWERED = "answered"
    TEST = "test"

    @property
    def wire(self) -> str:
        """Its name in a body, and that of its schema file."""
        return f"callback.{self.value}.v1"


STEPS = frozenset(
    {
        CallbackType.NOT_DELIVERED,
        CallbackType.NOT_ACKNOWLEDGED,
        CallbackType.NOT_ASSIGNED,
        CallbackType.LATE_ON_SCENE,
    }
)
"""What a step of the ladder may be told as."""

ASKED_FOR = tuple(type_ for type_ in CallbackType if type_ is not CallbackType.TEST)
"""What a station may ask to be told; a test comes when it is asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Callback:
    """One thing that one station is told.

    Attributes:
        id: Follows from what is told, so that what is told again is known.
        line: What it is in one line with: its incident.
        at: When what it tells was recorded, in domain time.
        incident: As it stood then; None for a test.
        details: What is told beside that, in values that JSON has and moments.
    """

    id: UUID
    station: OrganisationId
    line: UUID
    type: CallbackType
    status: Status
    at: datetime
    incident: Incident | None
    details: Mapping[str, object]
