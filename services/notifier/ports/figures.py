"""Where cases are kept for figures, what others are compared with, and how ready centers were."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from incident.figures.case import Case
from incident.figures.effect import Sample
from incident.figures.readiness import Readiness, Seen
from services.notifier.ports.reporting import Scope


class TooManyCasesError(Exception):
    """More cases than can be counted at once; the message says how many may be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CasesWanted:
    """Which cases are asked for, as recorded by a moment.

    Attributes:
        since: The first moment of receipt that counts.
        until: The first one that counts no more.
        as_of: What was recorded later does not count.
        before: Each is to be given as it was recorded by this earlier moment too.
    """

    since: datetime
    until: datetime
    as_of: datetime
    scope: Scope
    before: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A case as last recorded, and as recorded by the earlier moment; None where it was not yet."""

    case: Case
    earlier: Case | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """When something was recorded, and of which incident."""

    recorded_at: datetime
    incident: UUID


class BaselineSource(StrEnum):
    """Where a baseline came from."""

    CSV = "csv"
    PERIOD = "period"


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """A period that others are compared with.

    Attributes:
        version: From 1 within the park; the last one counts.
        set_by: The id of the key it was set with.
    """

    park: str
    version: int
    source: BaselineSource
    first_day: date
    last_day: date
    set_at: datetime
    set_by: str
    sample: Sample


class Cases(Protocol):
    """Cases as they were recorded."""

    async def cases(self, wanted: CasesWanted) -> list[Recorded]:
        """Give each case once, in no order.

        Raises:
            TooManyCasesError: There are too many to count.
        """
        ...

    async def recordings(self, wanted: CasesWanted) -> list[Recording]:
        """Say what was recorded of such cases after `before`, in its order."""
        ...

    async def baseline(self, park: str) -> Baseline | None:
        """Give the baseline that counts."""
        ...

    async def set_baseline(self, baseline: Baseline) -> Baseline:
        """Keep one under the next version, whatever version it bears."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """How ready a center was."""

    center: str
    at: datetime
    readiness: Readiness


class Readings(Protocol):
    """What readiness is read from, and where it is kept."""

    async def seen(self, *, now: datetime, real: datetime) -> Mapping[str, Seen]:
        """Say what is known of each center of the directory, by its code."""
        ...

    async def keep(self, taken: Sequence[Taken], *, forget_before: datetime) -> None:
        """Keep how ready centers were; of one center and moment the first stays."""
        ...

    async def history(
        self, center: str, *, since: datetime, until: datetime, limit: int
    ) -> list[Taken]:
        """Give how ready a center was, in order of time."""
        ...
