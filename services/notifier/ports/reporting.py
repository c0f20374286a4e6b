"""What is read of the notifier's tables, and the digests taken of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from incident.alert import Alert, IncidentId, OrganisationId
from incident.chain import Entry, Head
from incident.lifecycle import Incident
from services.notifier.ports.keeping import Known


class GroupBy(StrEnum):
    """What compliance figures may be grouped by."""

    CENTER = "center"
    KIND = "kind"
    SEVERITY = "severity"
    STATION = "station"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What a caller may see; a None leaves that side open.

    Attributes:
        center: Legs charged to this center, incidents that are or were its.
        station: Alerts of this station.
    """

    center: OrganisationId | None = None
    station: OrganisationId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Which legs figures are asked of.

    Attributes:
        since: The first moment of `received` that counts.
        until: The first one that counts no more.
        status: Of the alerts: actual, exercise or test.
        centers: Only legs charged to these organisations; of all if there are none.
    """

    since: datetime
    until: datetime
    status: str
    group_by: GroupBy | None
    scope: Scope
    centers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """The counts of one leg in one group, of all or of those whose end one sort of actor stamped.

    Attributes:
        group: The group's code; `all` where nothing is grouped by.
        by: `person` or `machine`; None for all.
        n: With both moments.
        amended: Among `met`: a breach had been on record.
        void: Ended without the end moment before it was due.
        no_end: With a start and without an end, whatever the verdict.
        pending: Of those the ones that may still be reached.
        not_measured: Without a start.
        targets: Each target in seconds that was judged by.
        percentiles: p50, p90 and p95 in seconds by nearest rank; None where n is 0.
    """

    group: str
    leg: str
    by: str | None
    n: int
    met: int
    amended: int
    breached: int
    void: int
    no_end: int
    pending: int
    not_measured: int
    targets: tuple[int, ...]
    percentiles: tuple[float, float, float] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Conservation:
    """What must be nothing, and what it is counted against.

    Attributes:
        unopened: Alerts accepted a while ago with neither incident nor dead letter.
        unannounced: Incidents opened a while ago whose alert nobody heard of.
        doubled: Incidents opened beside another one from the same content.
        oldest_unopened_at: When the oldest alert without incident or dead letter was received.
    """

    unopened: int
    unannounced: int
    doubled: int
    oldest_unopened_at: datetime | None

    @property
    def difference(self) -> int:
        """The sum of what must be nothing."""
        return self.unopened + self.unannounced + self.doubled


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How many there are.

    Attributes:
        alerts: Accepted.
        dead_lettered: Of which put with the dead letters.
        incidents: By state.
    """

    alerts: int
    dead_lettered: int
    incidents: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """What is stored of one id, for whoever asks.

    Attributes:
        incident: The copy; None while no incident has been heard of.
        alert: The alert; None while none has been heard of.
    """

    known: Known
    incident: Incident | None
    alert: Alert | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Logged:
    """A fact as it stands in the timing log; `entry.version` is its place in the chain."""

    id: UUID
    type: str
    entry: Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """A published digest of all heads of the timing log.

    Attributes:
        taken_at: Of each chain the last fact recorded before this moment counts.
    """

    sequence: int
    taken_at: datetime
    count: int
    digest: str
    previous: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """The last sign of life of another service's process.

    Attributes:
        sent_at: Real time by the sender's clock, which may be wrong.
        heard_at: Real time by the clock of the notifier that heard it; its age goes by this.
    """

    service: str
    instance: str
    sent_at: datetime
    heard_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """How many cases are not in the legs of a stretch of days, and why.

    Attributes:
        exercises: Of drills.
        tests: Of tests.
        late_entries: Actual ones that were entered after they were over.
    """

    exercises: int
    tests: int
    late_entries: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofTally:
    """The arrivals of one leg in one group that rest on one kind of proof.

    Attributes:
        proof: Its code; `none` for those without.
        n: With both moments.
    """

    group: str
    leg: str
    proof: str
    n: int
    met: int
    breached: int


class Reports(Protocol):
    """What is read without changing anything."""

    async def tally(self, question: Question) -> list[Tally]:
        """Count legs."""
        ...

    async def proofs(self, question: Question) -> list[ProofTally]:
        """Count arrivals by what they rest on."""
        ...

    async def left_out(self, question: Question) -> Left:
        """Count the cases of the question's days that its legs leave out."""
        ...

    async def conservation(self, *, before: datetime) -> Conservation:
        """Compare alerts and incidents, of those received or opened before a moment."""
        ...

    async def counts(self) -> Counts:
        """Count alerts and incidents."""
        ...

    async def find(self, id_: IncidentId) -> Watched | None:
        """Give what is stored of an id."""
        ...

    async def log(self, id_: IncidentId, *, after: int, limit: int) -> list[Logged]:
        """Give the timing log of an id behind a place in it, in order."""
        ...

    async def heads(self, *, after: UUID | None, limit: int) -> list[Head]:
        """Give the heads of timing logs in the order of their ids."""
        ...

    async def digests(self, *, after: int, limit: int) -> list[Digest]:
        """Give published digests in their order."""
        ...

    async def pulses(self) -> list[Heard]:
        """Give the last sign of life of each process heard of, the last heard first."""
        ...


class Housekeeping(Protocol):
    """What is looked after beside."""

    async def oldest_deadline(self) -> tuple[datetime | None, int]:
        """Say when the oldest open deadline was due, and how many are set aside."""
        ...

    async def forget_pulses(self, *, before: datetime) -> None:
        """Forget processes silent since a real moment, but never the last one of a service."""
        ...


class Digests(Protocol):
    """Where digests of all heads are taken."""

    async def last(self) -> Digest | None:
        """Give the last digest taken."""
        ...

    async def take(self, *, at: datetime, real: datetime) -> Digest | None:
        """Take and tell the digest of all heads as of a moment; None where another process has."""
        ...
