"""Decides what is let in when more comes than can be handled. Red is shed last.

Three bounds, asked in this order, each before anything costly is done:

- how many requests may be inside at once, in all and from one organisation, so that bodies that
  trickle in cannot take all the memory or all the places;
- how fast one organisation may report (GCRA, as in ITU-T I.371); red is exempt;
- how many reports are worked on at once: red may take every slot, others leave red a reserve.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from prometheus_client import Counter as Figure
from prometheus_client import Gauge

from incident.alert import Severity

ROUNDING = 1e-6
"""Seconds that sums of seconds may be off by."""

_SHED = Figure("d115_intake_shed_total", "Requests not let in, by why.", ["reason"])
_IN_FLIGHT = Gauge("d115_intake_in_flight", "Reports being worked on.")
_INSIDE = Gauge("d115_intake_inside", "Requests inside, bodies still coming included.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much is let in.

    Attributes:
        slots: Reports worked on at once.
        reserve: How many of them only red may take.
        inside: Requests inside at once.
        share: How many of them one organisation may have.
        rate: Reports a second of one organisation in the long run.
        burst: Reports of one organisation at once after a pause.
        batches: Batches worked on at once; of one organisation one.
    """

    slots: int = 256
    reserve: int = 64
    inside: int = 1024
    share: int = 512
    rate: float = 200.0
    burst: int = 400
    batches: int = 4


class ShedError(Exception):
    """Not let in; nothing was done.

    Attributes:
        reason: `inside`, `share`, `rate`, `slots`, `batches` or `stopping`.
        retry_after: Real seconds after which it may work.
    """

    def __init__(self, reason: str, retry_after: float = 1.0) -> None:
        super().__init__(reason)
        _SHED.labels(reason).inc()
        self.reason = reason
        self.retry_after = retry_after


class Admission:
    """Counts who is inside."""

    def __init__(self, limits: Limits, monotonic: Callable[[], float]) -> None:
        self._limits = limits
        self._monotonic = monotonic
        self._inside: Counter[str] = Counter()
        self._batches: set[str] = set()
        self._working = 0
        self._due: dict[str, float] = {}
        self._closed = False

    def close(self) -> None:
        """Let nobody in any more; those inside finish."""
        self._closed = True

    @contextmanager
    def entered(self, organisation: str) -> Iterator[None]:
        """Let a request in for as long as the block lasts.

        Raises:
            ShedError: It is not let in.
        """
        if self._closed:
            raise ShedError("stopping")
        if self._inside.total() >= self._limits.inside:
            raise ShedError("inside")
        if self._inside[organisation] >= self._limits.share:
            raise ShedError("share")
        self._inside[organisation] += 1
        with _INSIDE.track_inprogress():
            try:
                yield
            finally:
                self._leave(organisation)

    @contextmanager
    def working(self, organisation: str, severity: Severity | None) -> Iterator[None]:
        """Give a report a slot for as long as the block lasts.

        Args:
            organisation: Who reports.
            severity: The severity reported; None where nothing is said about it.

        Raises:
            ShedError: It gets none.
        """
        red = severity is Severity.RED
        free = self._limits.slots - (0 if red else self._limits.reserve)
        if self._working >= free:
            raise ShedError("slots")
        if not red:
            self._pace(organisation)
        self._working += 1
        with _IN_FLIGHT.track_inprogress():
            try:
                yield
            finally:
                self._working -= 1

    @contextmanager
    def batching(self, organisation: str) -> Iterator[None]:
        """Let one batch of an organisation in at a time.

        Raises:
            ShedError: Another one of it, or enough of others, are worked on.
        """
        if organisation in self._batches or len(self._batches) >= self._limits.batches:
            raise ShedError("batches", 2.0)
        self._batches.add(organisation)
        try:
            yield
        finally:
            self._batches.discard(organisation)

    def _leave(self, organisation: str) -> None:
        self._inside[organisation] -= 1
        if not self._inside[organisation]:
            del self._inside[organisation]

    def _pace(self, organisation: str) -> None:
        """Hold an organisation to its rate; `_due` is when it would have used up what it had.

        Organisations are those of the directory, so the dictionary stays small.
        """
        now = self._monotonic()
        interval = 1.0 / self._limits.rate
        due = max(self._due.get(organisation, now), now)
        ahead = due - now - (self._limits.burst - 1) * interval
        if ahead > ROUNDING:
            raise ShedError("rate", ahead)
        self._due[organisation] = due + interval
