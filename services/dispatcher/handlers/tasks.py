"""What waits for somebody, over all incidents: supervisions and follow-up calls."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from incident.alert import IncidentId
from services.dispatcher.access import CENTER_ROLES, PARK_ROLES
from services.runtime.auth import Principal, Role

READERS = PARK_ROLES | CENTER_ROLES | {Role.STATION}


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """Whose tasks; all of the park where both are None."""

    station: str | None = None
    center: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a page begins: behind this one, in the order they are due."""

    due: datetime
    incident: IncidentId
    number: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Supervised:
    """A supervision of some incident.

    Attributes:
        author: The organisation that put it there, and alone may end it.
        owner: The organisation that answers for it, by its `post`.
        station: Whose alert it was.
        center: Who has the incident now.
    """

    incident: IncidentId
    number: int
    author: str
    role: str
    owner: str
    post: str
    supervised_at: datetime
    deadline: datetime
    ended_at: datetime | None
    station: str
    center: str
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ToCall:
    """A follow-up call to be made.

    Attributes:
        attempts: Made in vain since the incident closed.
    """

    incident: IncidentId
    due_by: datetime
    attempts: int
    closed_at: datetime
    station: str
    center: str
    severity: str


class Tasks(Protocol):
    """Where they are read."""

    async def list_supervisions(
        self,
        share: Share,
        *,
        is_open: bool | None,
        organisation: str | None,
        after: Place | None,
        limit: int,
    ) -> list[Supervised]:
        """Give a page of supervisions, those due first first.

        Args:
            share: Whose.
            is_open: Only those that go on, or that were ended; None for both.
            organisation: Only those that it put there or answers for.
            after: Where the page begins.
            limit: The most there may be.
        """
        ...

    async def list_calls(self, share: Share, *, after: Place | None, limit: int) -> list[ToCall]:
        """Give a page of follow-up calls to be made, those due first first."""
        ...


def share_of(caller: Principal) -> Share:
    """What a caller may list: the park's people all, a center and a station their own."""
    if caller.role in PARK_ROLES:
        return Share()
    if caller.role is Role.STATION:
        return Share(station=caller.organisation)
    return Share(center=caller.organisation)
