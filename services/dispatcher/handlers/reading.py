"""What callers may look at: incidents, their events, a center's board, and personal data."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from incident.alert import IncidentId, TeamId
from incident.lifecycle import Incident
from services.dispatcher.access import (
    READS_PERSONAL,
    AccessRefusedError,
    Refused,
    Relation,
    check_read,
    relation,
)
from services.dispatcher.handlers.commands import NotYetOpenError
from services.runtime.auth import Principal, Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which incidents to list; None means any.

    Attributes:
        live: Only those that have not ended (True) or that have (False).
        since: Received at or after this moment.
        until: Received before this moment.
    """

    state: str | None = None
    live: bool | None = None
    center: str | None = None
    kind: str | None = None
    severity: str | None = None
    status: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class After:
    """Where a page begins: behind this incident, in the order of receipt, newest first."""

    received_at: datetime
    id: IncidentId


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What a caller may list; all of the park where every field is None."""

    station: str | None = None
    center: str | None = None
    team: str | None = None
    lent_since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Logged:
    """An event as chained."""

    version: int
    id: str
    text: str
    previous: str
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """A sealed text and the version of the event it belongs to."""

    version: int
    sealed: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """A center at one moment.

    Attributes:
        sequence: Where the sequence of its stream stood.
        incidents: Its live incidents and those lent to it that live, oldest received first.
        engaged: The incident each engaged team is on, its own or not.
    """

    sequence: int
    incidents: list[Incident]
    engaged: dict[TeamId, IncidentId]


class Reads(Protocol):
    """Where incidents are read without locks."""

    async def find(self, id_: IncidentId) -> Incident | None:
        """Give an incident."""
        ...

    async def list_incidents(
        self, wanted: Filter, scope: Scope, *, after: After | None, limit: int
    ) -> list[Incident]:
        """Give a page, newest received first."""
        ...

    async def list_events(self, id_: IncidentId, *, after: int, limit: int) -> list[Logged]:
        """Give the chained events of an incident behind a version."""
        ...

    async def read_board(self, center: str, teams: Sequence[TeamId]) -> Board:
        """Give a center and where these teams are, of one moment."""
        ...

    async def find_engaged(self, teams: Sequence[TeamId]) -> dict[TeamId, IncidentId]:
        """Give the incident each engaged team of these is on."""
        ...

    async def reveal(self, id_: IncidentId, caller: Principal, *, now: datetime) -> list[Sealed]:
        """Record that the caller sees the personal data of an incident, and give it."""
        ...


async def read_incident(
    caller: Principal, id_: IncidentId, *, reads: Reads, now: datetime
) -> tuple[Incident, Relation]:
    """Give an incident and what the caller is to it.

    Raises:
        NotYetOpenError: There is none, or none that the caller may know of.
    """
    incident = await reads.find(id_)
    if incident is None:
        raise NotYetOpenError
    return incident, check_read(caller, incident, now=now)


async def read_events(
    caller: Principal, id_: IncidentId, *, reads: Reads, now: datetime, after: int, limit: int
) -> Sequence[Logged]:
    """Give the chained events of an incident to those whose own it is.

    Raises:
        NotYetOpenError: There is none, or none that the caller may know of.
        AccessRefusedError: It is only lent to the caller.
    """
    _, found = await read_incident(caller, id_, reads=reads, now=now)
    if found is Relation.LENT:
        raise AccessRefusedError(Refused.FORBIDDEN)
    return await reads.list_events(id_, after=after, limit=limit)


async def read_personal(
    caller: Principal, id_: IncidentId, *, reads: Reads, now: datetime
) -> tuple[Incident, Sequence[Sealed]]:
    """Give the sealed personal data of an incident to those on the case, and record that.

    Raises:
        NotYetOpenError: There is none, or none that the caller may know of.
        AccessRefusedError: The caller is not on the case.
    """
    incident, found = await read_incident(caller, id_, reads=reads, now=now)
    if (caller.role, found) not in READS_PERSONAL:
        raise AccessRefusedError(Refused.FORBIDDEN)
    return incident, await reads.reveal(id_, caller, now=now)


def scope_of(caller: Principal, *, lent_since: datetime) -> Scope:
    """What a caller may list."""
    if caller.role in {Role.SUPERVISOR, Role.AUDITOR, Role.ADMIN}:
        return Scope()
    if caller.role is Role.STATION:
        return Scope(station=caller.organisation)
    if caller.role is Role.TEAM:
        return Scope(team=caller.team or "", lent_since=lent_since)
    return Scope(center=caller.organisation, lent_since=lent_since)


def is_lent(caller: Principal, incident: Incident, *, now: datetime) -> bool:
    """Whether the caller sees only the little that an incident lent shows."""
    return relation(caller, incident, now=now) is Relation.LENT
