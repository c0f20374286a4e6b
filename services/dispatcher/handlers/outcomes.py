"""What comes of one attempt to deliver, and what that means for the delivery."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from incident.alert import IncidentId
from services.runtime.outgoing.outcomes import Tried, pause_after


class DeliveryState(StrEnum):
    """Where a delivery stands."""

    QUEUED = "queued"
    DELIVERED = "delivered"
    ENDED = "ended"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """What one attempt sends.

    Attributes:
        id: The delivery's; the same in every attempt, so that the receiver knows a repeat.
        attempt: From 1.
        secret: The name of the signing secret.
    """

    id: UUID
    incident: IncidentId
    center: str
    round: int
    attempt: int
    url: str
    secret: str
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What an outcome means for the delivery.

    Attributes:
        next_at: When it is tried again, in real time; None where it is not.
        disable: The system said that it is gone: nothing more goes to this address.
    """

    state: DeliveryState
    outcome: str
    next_at: datetime | None = None
    disable: bool = False


def judge(parcel: Parcel, tried: Tried, *, now: datetime) -> Verdict:
    """Say what an outcome means: delivered, gone for good, to be tried again, or given up.

    Args:
        parcel: What was sent.
        tried: What came of it.
        now: Real time.
    """
    if tried.is_receipt:
        return Verdict(state=DeliveryState.DELIVERED, outcome=tried.outcome)
    if tried.is_gone:
        return Verdict(state=DeliveryState.ENDED, outcome=tried.outcome, disable=True)
    wait = pause_after(tried, id_=parcel.id, attempt=parcel.attempt)
    if wait is None:
        return Verdict(state=DeliveryState.FAILED, outcome=tried.outcome)
    next_at = now + timedelta(seconds=wait)
    return Verdict(state=DeliveryState.QUEUED, outcome=tried.outcome, next_at=next_at)
