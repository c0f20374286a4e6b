"""What comes of one attempt to deliver, and what that means for the delivery."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID, uuid5

from incident.alert import IncidentId

WAITS = (0, 1, 3, 8, 20, 60, 300, 1800, 7200, 21600)
"""Seconds before each attempt, counted from the end of the one before it: the first five lie within
the minute the alert is to be pushed in, even if each of them takes all its time."""

JITTERED_FROM = 60
JITTER = 0.1
LONGEST_RETRY_AFTER = 3600.0


class DeliveryState(StrEnum):
    """Where a delivery stands."""

    QUEUED = "queued"
    DELIVERED = "delivered"
    ENDED = "ended"
    FAILED = "failed"


class Fault(StrEnum):
    """Why nothing was answered."""

    TIMEOUT = "timeout"
    UNREACHABLE = "unreachable"
    TLS = "tls"
    BAD_ANSWER = "bad_answer"
    ADDRESS_REFUSED = "address_refused"
    NOT_HTTPS = "not_https"
    NO_SECRET = "no_secret"  # noqa: S105  # the name of a fault
    INTERNAL = "internal"


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
class Tried:
    """What came of one attempt: an HTTP status, or why there is none.

    Attributes:
        retry_after: Seconds the system asks to be left alone, if it does.
    """

    status: int | None = None
    fault: Fault | None = None
    retry_after: float | None = None

    @property
    def outcome(self) -> str:
        """The status or the fault, as kept and counted."""
        return str(self.status or self.fault or Fault.INTERNAL)

    @property
    def is_receipt(self) -> bool:
        """Whether the system took it."""
        return self.status is not None and 200 <= self.status < 300


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
    if tried.status == 410:
        return Verdict(state=DeliveryState.ENDED, outcome=tried.outcome, disable=True)
    if parcel.attempt >= len(WAITS):
        return Verdict(state=DeliveryState.FAILED, outcome=tried.outcome)
    wait = _wait(parcel)
    if tried.status in {429, 503} and tried.retry_after is not None:
        wait = max(wait, min(tried.retry_after, LONGEST_RETRY_AFTER))
    next_at = now + timedelta(seconds=wait)
    return Verdict(state=DeliveryState.QUEUED, outcome=tried.outcome, next_at=next_at)


def _wait(parcel: Parcel) -> float:
    """Seconds to the next attempt; long waits are spread, so that many do not come at once."""
    wait = float(WAITS[parcel.attempt])
    if wait < JITTERED_FROM:
        return wait
    share = uuid5(parcel.id, str(parcel.attempt)).int % 1000 / 1000
    return wait * (1 - JITTER + 2 * JITTER * share)
