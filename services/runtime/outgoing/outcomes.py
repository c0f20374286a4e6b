"""What comes of one attempt to send something to somebody else's system, and when to try again."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID, uuid5

WAITS = (0, 1, 3, 8, 20, 60, 300, 1800, 7200, 21600)
"""Seconds before each attempt, counted from the end of the one before it: the first five lie within
a minute, even if each of them takes all its time."""

JITTERED_FROM = 60
JITTER = 0.1
LONGEST_RETRY_AFTER = 3600.0


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
    def label(self) -> str:
        """The outcome as a label: the other side chooses its status, so only the class of it."""
        return self.outcome if self.status is None else f"{self.status // 100}xx"

    @property
    def is_receipt(self) -> bool:
        """Whether the system took it."""
        return self.status is not None and 200 <= self.status < 300

    @property
    def is_gone(self) -> bool:
        """Whether the system says that nothing more is to be sent there."""
        return self.status == 410


def pause_after(
    tried: Tried, *, id_: UUID, attempt: int, waits: Sequence[float] = WAITS
) -> float | None:
    """Say how long to wait after an attempt that failed; long waits are spread.

    Args:
        tried: What came of it; the pause a busy system asks for is kept, up to an hour.
        id_: What was sent, so that many do not come at once.
        attempt: Which attempt it was, from 1.
        waits: Seconds before each attempt.

    Returns:
        Seconds; None where that was the last attempt.
    """
    if attempt >= len(waits):
        return None
    wait = _spread(float(waits[attempt]), id_=id_, attempt=attempt)
    if tried.status in {429, 503} and tried.retry_after is not None:
        wait = max(wait, min(tried.retry_after, LONGEST_RETRY_AFTER))
    return wait


def _spread(wait: float, *, id_: UUID, attempt: int) -> float:
    if wait < JITTERED_FROM:
        return wait
    share = uuid5(id_, str(attempt)).int % 1000 / 1000
    return wait * (1 - JITTER + 2 * JITTER * share)
