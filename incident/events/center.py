"""What the center that has an incident did: opened there, taken, resolved, closed, given away."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from incident.alert import Alert, IncidentId, OrganisationId, TeamId
from incident.profile import Profile


class LinkKind(StrEnum):
    """How two incidents belong together."""

    DUPLICATE = "duplicate"
    FOLLOW_UP = "follow_up"
    REPEAT = "repeat"
    PART_OF = "part_of"
    CONFLICT = "conflict"


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentOpened:
    """An alert became an incident of a center, with its profile frozen into it.

    Attributes:
        center: The center it was routed to.
        fallback: Routing found no center, so the fallback center has it.
        console: The center has consoles.
        dispositions: Codes the incident may be closed with.
        follows: The incident this one was opened beside, with the kind of link.
        police_required: Circumstances in which its kind has police asked for.
        away: Everybody at the center's desk was away.
        late_entry: It was over before it was entered.
        outage: Why it was entered late, as a code.
    """

    alert: Alert
    center: OrganisationId
    fallback: bool
    console: bool
    profile: Profile
    dispositions: tuple[str, ...]
    follows: IncidentId | None = None
    follows_as: LinkKind | None = None
    police_required: tuple[str, ...] = ()
    away: bool = False
    late_entry: bool = False
    outage: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentPushed:
    """The center confirmed receipt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentAcknowledged:
    """Someone of the center took it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentResolved:
    """The outcome was reported."""

    team: TeamId | None = None
    disposition: str | None = None
    result: tuple[tuple[str, str | int | bool], ...] = ()
    text: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentReturned:
    """The outcome was returned for completion; a new round began."""

    reason: str
    text: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentClosed:
    """Closed with a disposition.

    Attributes:
        original: The disposition in the words of another system, where it came from one.
        follow_up_by: Until when a follow-up call is to be made, if one is.
    """

    disposition: str
    result: tuple[tuple[str, str | int | bool], ...] = ()
    original: str | None = None
    text: str | None = None
    follow_up_by: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentReopened:
    """An ended incident goes on; a new round began."""

    reason: str
    text: str | None = None
    away: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentRefused:
    """The center refused it as not its own."""

    reason: str
    text: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentTransferred:
    """Another center has it now; a new round began."""

    center: OrganisationId
    console: bool
    reason: str
    text: str | None = None
    away: bool = False
