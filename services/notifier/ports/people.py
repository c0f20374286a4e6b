"""Who is on duty and how they are reached, from a copy in memory: nothing here waits."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID

from incident.alert import OrganisationId, TeamId
from incident.roster import ChannelType, Duty, Gap, Language, PersonCode


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One way to reach a person; the address is personal or a secret, and never logged."""

    type: ChannelType
    address: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """A person, with the ways to reach them in the order to try them."""

    code: PersonCode
    name: str
    language: Language
    ways: tuple[Way, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class UpcomingGap:
    """A time nobody is on duty that begins, or goes on, within the next day.

    Attributes:
        id: Follows from organisation, post and the gap's end: what is told of it bears one id.
    """

    id: UUID
    organisation: OrganisationId
    gap: Gap


class People(Protocol):
    """The rosters as they stand now; what was changed elsewhere is here within 2 s."""

    def duty(self, organisation: str, post: str, at: datetime) -> Duty:
        """Say who is to be called for a post; nobody where there is no such roster or post."""
        ...

    def team(self, team: TeamId) -> Duty:
        """Name those members of a team that the roster of its organisation knows how to reach.

        To be asked about a team that is at work only: its members are on duty then.
        """
        ...

    def contact(self, organisation: str, person: PersonCode) -> Contact | None:
        """Say how a person is reached; None where the organisation's roster has nobody so named."""
        ...

    def everybody(self) -> list[tuple[OrganisationId, PersonCode]]:
        """Name all who can be reached, by organisation and code."""
        ...

    def upcoming_gaps(self, at: datetime) -> list[UpcomingGap]:
        """Name the gaps of all rosters in the day from `at` on, the first ones first."""
        ...
