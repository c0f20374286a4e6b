"""Where the notifier keeps what it knows: what is stored, what is judged, what is written."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID, uuid5

from incident.alert import Alert, IncidentId
from incident.chain import GENESIS
from incident.directory import Lookup
from incident.lifecycle import Incident
from incident.messages import IncidentChanged, StepDue, TargetChanged
from incident.profile import Kind, Profile
from incident.timing import Verdict
from services.runtime.trace import Trace, named


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """What a batch says of an id before anything is judged.

    Attributes:
        partition: The partition of its key; None where that was not seen.
        alert_received_at: When its alert was received, if the batch holds the alert.
        traceparent: The trace it was first spoken of in, kept where nothing is stored yet.
    """

    partition: int | None = None
    alert_received_at: datetime | None = None
    traceparent: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What was stored of an id before, read under its lock.

    Attributes:
        partition: The partition of its key in `alerts.v1` and `incidents.v1`.
        version: The version of the incident's copy; 0 while no incident has been heard of.
        state: The state of the copy; None while there is none.
        alert_received_at: When its alert was received; None while no alert has been heard of.
        cancelled: The station withdrew the alert.
        legs: A digest of the verdict last written of each leg, by `round/leg`.
        judged_to: Its clocks have been read up to this moment; None for never.
        sequence: How many facts its timing log holds.
        hash: The hash of the last of them.
        recorded_at: When the last of them was recorded.
        announced: The facts in its timing log.
        traceparent: The trace it was first spoken of in: that of its report, as a rule.
    """

    id: IncidentId
    partition: int
    version: int = 0
    state: str | None = None
    alert_received_at: datetime | None = None
    cancelled: bool = False
    legs: Mapping[str, str] = field(default_factory=dict)
    judged_to: datetime | None = None
    sequence: int = 0
    hash: str = GENESIS
    recorded_at: datetime | None = None
    announced: frozenset[str] = frozenset()
    traceparent: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which deadlines are asked for.

    Attributes:
        now: Domain time: what is due by then.
        real: Real time: a deadline that failed rests until its next try.
        closed: Partitions whose deadlines wait.
        limit: How many at most.
    """

    now: datetime
    real: datetime
    closed: Collection[int] = ()
    limit: int = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """An id whose deadline has come, with what is to be judged.

    Attributes:
        incident: The copy; None while no incident has been heard of.
        alert: Its alert, where there is no copy yet.
        due_at: The moment that has passed.
    """

    known: Known
    incident: Incident | None
    alert: Alert | None
    due_at: datetime


class PointKind(StrEnum):
    """What may be said at a moment if nothing happens before."""

    AT_RISK = "at_risk"
    DUE = "due"
    LADDER = "ladder"


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A moment at which the clocks of an incident say something if nothing happens before.

    Attributes:
        key: Names it within the incident: `at_risk/1/push/75`, `due/1/push`, `ladder/1/webhook/1`.
        due_at: The first moment at which it has passed.
    """

    key: str
    kind: PointKind
    due_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """What a clock said, told once.

    Attributes:
        key: Names it within the incident: `breached/1/push`, `step/1/webhook/1`.
        type: Its type on the wire.
        body: What is told.
    """

    key: str
    type: str
    body: StepDue | TargetChanged

    def id_in(self, incident: IncidentId) -> UUID:
        """Its id, which follows from incident and key: what is told twice bears one id."""
        return uuid5(incident, self.key)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What judging an id came to, to be written as a whole.

    Attributes:
        subject: What was judged; the incident as its alert would open it, while there is none.
        incident: The copy to store; None leaves what is stored as it is.
        verdicts: All of them.
        facts: To be appended to the timing log and told.
        wake: When to look again; None for never.
        judged_to: Its clocks were read up to this moment.
        events: What is newly heard of the incident, by version; none where time alone passed.
    """

    known: Known
    subject: Incident
    incident: Incident | None
    verdicts: tuple[Verdict, ...]
    facts: tuple[Fact, ...]
    wake: Point | None
    judged_to: datetime
    events: tuple[IncidentChanged, ...] = ()

    def trace_of(self, fact: Fact) -> Trace:
        """The span of a fact, in the trace of its incident."""
        return named(fact.id_in(self.known.id), self.known.traceparent)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskTold:
    """What the dispatcher told of the desks of a center.

    Attributes:
        type: Of the message: what the center is, or who is away from its desk.
        at: When that was so.
        value: The message, as JSON.
    """

    center: str
    type: str
    at: datetime
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulse:
    """A sign of life of another service's process; `sent_at` is real time by its own clock."""

    service: str
    instance: str
    sent_at: datetime


class Work(Protocol):
    """One transaction. Ids are locked in order; what is written about one is under its lock."""

    async def lock(self, spoken: Mapping[IncidentId, Spoken]) -> dict[IncidentId, Known]:
        """Lock ids, making those that are new, and say what was stored of each."""
        ...

    async def claim(self, wanted: Wanted, *, only: IncidentId | None = None) -> list[Due]:
        """Lock ids whose deadline has come and nobody else is at, the longest overdue first.

        Args:
            wanted: Which deadlines.
            only: This id alone.
        """
        ...

    async def accept(self, alerts: Sequence[Alert]) -> None:
        """Keep alerts; of one that is there the first stays."""
        ...

    async def withdraw(self, cancelled: Mapping[IncidentId, datetime]) -> None:
        """Note alerts as withdrawn, and end the deadlines of those without an incident."""
        ...

    async def give_up(self, dead: Mapping[IncidentId, datetime]) -> None:
        """Note alerts as put with the dead letters."""
        ...

    async def save(self, judged: Sequence[Judged], *, real: datetime) -> None:
        """Write copies, verdicts, deadlines, facts and what is to be told; each id once at most."""
        ...

    async def drop_deadlines(self, ids: Collection[IncidentId]) -> None:
        """End what was to be said about ids that cannot be judged."""
        ...

    async def feel(self, pulses: Sequence[Pulse], *, real: datetime) -> None:
        """Keep the sign of life of each process that came last, with when it was heard here."""
        ...

    async def seat(self, told: Sequence[DeskTold]) -> None:
        """Keep what was told of the desks of centers, the latest of each type."""
        ...

    async def list_due(self, wanted: Wanted) -> list[IncidentId]:
        """Name ids whose deadline has come, without locking them."""
        ...

    async def fail(self, id_: IncidentId, *, fault: str, real: datetime) -> bool:
        """Note that a deadline could not be handled: it rests ever longer.

        Returns:
            Whether it was set aside now, after the last of its tries.
        """
        ...

    async def beat(self, settled: Collection[int]) -> dict[int, int]:
        """Say that partitions are in good hands here.

        Returns:
            How often that was said of each partition, by whatever process.
        """
        ...


class Store(Protocol):
    """Where the notifier keeps what it knows."""

    def work(self) -> AbstractAsyncContextManager[Work]:
        """Begin a transaction: committed at the end, rolled back on any error."""
        ...


class Atlas(Protocol):
    """The directory's copy and the kinds, as they stand now."""

    @property
    def lookup(self) -> Lookup | None:
        """The directory; None before the first one came."""
        ...

    @property
    def kinds(self) -> Mapping[str, Kind]:
        """The kinds by code."""
        ...

    @property
    def profiles(self) -> Mapping[str, Profile]:
        """The profiles by code."""
        ...
