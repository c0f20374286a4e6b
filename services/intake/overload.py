"""Decides what is let in when more comes than can be handled. Red is shed last.

Three bounds, asked in this order, each before anything costly is done:

- how many requests may be inside at once, in all and from one organisation, so that bodies that
  trickle in cannot take all the memory or all the places;
- how fast one organisation may report (GCRA, as in ITU-T I.371); red is exempt;
- how many reports are worked on at once: red may take every slot, others leave red a reserve. There
  are enough of them for what comes while the process is kept from its core for a moment. They
  become fewer while even the fastest report takes long: then what waits is a queue that does not
  empty, and whoever is let into it only waits longer (the idea of CoDel, RFC 8289). How many are
  left follows from how many end (Little's law): as many as end within the time one may wait. A
  hiccup leaves fast ones behind it and changes nothing.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from prometheus_client import Counter as Figure
from prometheus_client import Gauge

from incident.alert import Severity

ROUNDING = 1e-6
"""Seconds that sums of seconds may be off by."""

PATIENCE = 0.05
"""Real seconds that the fastest report of a window may take while there is no queue."""
ALLOWED = 0.05
"""Real seconds that a report may wait where there is one."""
WINDOW = 0.25
LEAST_SLOTS = 64
"""So many are let in however long they take: it may be Kafka that is slow, and no queue of ours."""

_SHED = Figure("d115_intake_shed_total", "Requests not let in, by why.", ["reason"])
_IN_FLIGHT = Gauge("d115_intake_in_flight", "Reports being worked on.")
_SLOTS = Gauge("d115_intake_slots", "Reports that may be worked on at once, red's reserve aside.")
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

    slots: int = 512
    reserve: int = 128
    inside: int = 1024
    share: int = 512
    rate: float = 200.0
    burst: int = 400
    batches: int = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class SpoolLimits:
    """How much the spool takes.

    Attributes:
        rows: Messages it may hold.
        bytes: Bytes their bodies may have together.
        seconds: Real seconds within which Postgres has to have one.
    """

    rows: int = 100_000
    bytes: int = 256 * 1024 * 1024
    seconds: float = 1.5


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


class StandingQueue:
    """Says how many reports may be worked on at once, by how long the fastest of them take.

    Attributes:
        slots: How many, red's reserve aside.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._window_began = float("-inf")
        self._fastest = 0.0
        self._ended = 0
        self.slots = most
        _SLOTS.set(most)

    def note(self, took: float, *, now: float) -> None:
        """Note a report that took so many real seconds and ended now."""
        lasted = now - self._window_began
        if lasted < WINDOW:
            self._fastest = min(self._fastest, took)
            self._ended += 1
            return
        if self._fastest > PATIENCE:
            within = int(self._ended / lasted * ALLOWED)
            self.slots = max(min(LEAST_SLOTS, self._most), min(self.slots, within))
        else:
            self.slots = min(self._most, self.slots * 5 // 4 + 4)
        self._window_began, self._fastest, self._ended = now, took, 1
        _SLOTS.set(self.slots)


class Place:
    """What was given for the length of a block, and is given back at its end."""

    __slots__ = ("_give_back",)

    def __init__(self, give_back: Callable[[], None]) -> None:
        self._give_back = give_back

    def __enter__(self) -> None:
        """Hold it; it was taken already."""

    def __exit__(self, *_: object) -> None:
        """Give it back."""
        self._give_back()


class Admission:
    """Counts who is inside."""

    def __init__(self, limits: Limits, monotonic: Callable[[], float]) -> None:
        self._limits = limits
        self._monotonic = monotonic
        self._inside: Counter[str] = Counter()
        self._all_inside = 0
        self._batches: set[str] = set()
        self._working = 0
        self._due: dict[str, float] = {}
        self._queue = StandingQueue(limits.slots - limits.reserve)
        self._closed = False
        _IN_FLIGHT.set_function(lambda: self._working)
        _INSIDE.set_function(lambda: self._all_inside)

    def close(self) -> None:
        """Let nobody in any more; those inside finish."""
        self._closed = True

    def entered(self, organisation: str) -> "Place":
        """Give a request a place, to be given back.

        Raises:
            ShedError: There is none.
        """
        if self._closed:
            raise ShedError("stopping")
        if self._all_inside >= self._limits.inside:
            raise ShedError("inside")
        self.check_room(red=True)
        if self._inside[organisation] >= self._limits.share:
            raise ShedError("share")
        self._inside[organisation] += 1
        self._all_inside += 1
        return Place(partial(self._leave, organisation))

    def working(self, organisation: str, severity: Severity | None) -> "Place":
        """Give a report a slot, to be given back.

        Args:
            organisation: Who reports.
            severity: The severity reported; None where nothing is said about it.

        Raises:
            ShedError: It gets none.
        """
        red = severity is Severity.RED
        self.check_room(red=red)
        if not red:
            self._pace(organisation)
        self._working += 1
        return Place(partial(self._end, self._monotonic()))

    def check_room(self, *, red: bool) -> None:
        """Ask whether there would be a slot, before anything is done for a report.

        Raises:
            ShedError: There is none.
        """
        if self._working >= self._queue.slots + (self._limits.reserve if red else 0):
            raise ShedError("slots")

    def batching(self, organisation: str) -> "Place":
        """Let one batch of an organisation in at a time.

        Raises:
            ShedError: Another one of it, or enough of others, are worked on.
        """
        if organisation in self._batches or len(self._batches) >= self._limits.batches:
            raise ShedError("batches", 2.0)
        self._batches.add(organisation)
        return Place(partial(self._batches.discard, organisation))

    def _end(self, began: float) -> None:
        self._working -= 1
        now = self._monotonic()
        self._queue.note(now - began, now=now)

    def _leave(self, organisation: str) -> None:
        self._all_inside -= 1
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
