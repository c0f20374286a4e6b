"""What teams did, and who sent and released them."""

from dataclasses import dataclass
from enum import StrEnum

from incident.alert import IncidentId, OrganisationId, TeamId


class EndReason(StrEnum):
    """Why an assignment ended."""

    DECLINED = "declined"
    RELEASED = "released"
    DIVERTED = "diverted"
    TRANSFERRED = "transferred"
    CLOSED = "closed"
    CANCELLED = "cancelled"
    REFUSED = "refused"
    HANDED_OVER = "handed_over"
    MERGED = "merged"


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamAssigned:
    """A team was assigned.

    Attributes:
        team_organisation: Whose team it is; that organisation may see the incident.
        diverted_from: The incident the team was taken from.
        step: The ladder step that did it, as `round/code/count`; None for a person's act.
        mark: The step's mark, such as `undelivered`.
        reasons: Why this team, as codes.
    """

    assignment: int
    team: TeamId
    team_organisation: OrganisationId
    diverted_from: IncidentId | None = None
    step: str | None = None
    mark: str | None = None
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamAccepted:
    """The team took the order."""

    assignment: int
    team: TeamId
    late: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamDeclined:
    """The team declined the order, before it departed."""

    assignment: int
    team: TeamId
    reason: str | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamDeparted:
    """The team set off."""

    assignment: int
    team: TeamId
    late: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamArrived:
    """The first member of the team is on scene; `late` marks a fact about an ended assignment."""

    assignment: int
    team: TeamId
    late: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamCheckedIn:
    """The team reported that it is safe."""

    assignment: int
    team: TeamId


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamReleased:
    """The team's assignment ended; `late` marks a fact about one that had ended before."""

    assignment: int
    team: TeamId
    reason: EndReason
    diverted_to: IncidentId | None = None
    late: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateNoted:
    """A team confirmed that it knows of an update."""

    number: int
    team: TeamId


@dataclass(frozen=True, slots=True, kw_only=True)
class HelpRequested:
    """A team or the operator asked for help."""

    team: TeamId | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StepTaken:
    """The engine took a step of the ladder that assigned nobody.

    Attributes:
        step: `round/code/count`.
        outcome: What came of it, as a code, such as `delivery_queued`, `no_team` or `told`.
        reasons: For each candidate left out, `team:reason`.
        post: The duty post that was told, by code.
        of: Whose post that is: `center`, `park`, `station` or `team`.
        team: The team it is about, where it is about one.
        callback: The callback that the station was told by.
        teams: The teams proposed, best first; none of them was sent.
        why: What had not happened by when, in one English sentence.
    """

    step: str
    outcome: str
    mark: str | None = None
    reasons: tuple[str, ...] = ()
    post: str | None = None
    of: str | None = None
    team: TeamId | None = None
    callback: str | None = None
    teams: tuple[TeamId, ...] = ()
    why: str | None = None
