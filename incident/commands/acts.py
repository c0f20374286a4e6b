"""What can be asked of an incident, imperative. The wire name of each is its verb in the path.

Free text never stands here: the edge seals it and passes its keyed digest as `text`.
"""

from dataclasses import dataclass
from datetime import datetime

from incident.alert import Circumstances, IncidentId, OrganisationId, Severity, TeamId

Result = tuple[tuple[str, str | int | bool], ...]
"""Fields of a result, by name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """Confirm that the center has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledge:
    """Take it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assign:
    """Assign teams, or add them beside those that are on it.

    Attributes:
        divert: Take a team from the incident it is on.
    """

    teams: tuple[TeamId, ...]
    divert: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Accept:
    """The team takes the order."""

    team: TeamId


@dataclass(frozen=True, slots=True, kw_only=True)
class Decline:
    """The team does not take the order."""

    team: TeamId
    reason: str | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Depart:
    """The team sets off."""

    team: TeamId


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrive:
    """The first member of the team is on scene."""

    team: TeamId


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckIn:
    """The team is safe."""

    team: TeamId


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """The team is free again."""

    team: TeamId


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolve:
    """Report the outcome."""

    team: TeamId | None = None
    disposition: str | None = None
    result: Result = ()
    text: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Return:
    """Return the reported outcome for completion."""

    reason: str
    text: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Close:
    """Close with a disposition."""

    disposition: str
    result: Result = ()
    original: str | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reopen:
    """Let an ended incident go on."""

    reason: str
    text: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancel:
    """The station withdraws its alert."""

    reason: str
    text: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Refuse:
    """It is not ours."""

    reason: str
    text: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestPolice:
    """Ask for police beside the team."""

    reason: str
    text: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PoliceArrive:
    """Police are on scene."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOver:
    """Offer it to the police."""

    to: OrganisationId
    reason: str
    text: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptHandover:
    """A named officer accepts it."""

    officer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewFacts:
    """Circumstances told anew, each by itself; None leaves one as it is."""

    people: int | None = None
    weapons: bool | None = None
    injured: int | None = None
    hazards: tuple[str, ...] | None = None

    def over(self, known: Circumstances) -> Circumstances:
        """The circumstances with these told anew."""
        return Circumstances(
            people=known.people if self.people is None else self.people,
            weapons=known.weapons if self.weapons is None else self.weapons,
            injured=known.injured if self.injured is None else self.injured,
            hazards=known.hazards if self.hazards is None else self.hazards,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """Tell new facts; None leaves a fact as it is.

    Attributes:
        facts: Single circumstances, over `circumstances` if that is given too.
        revision: The sender's revision, for an update by its sender.
        fingerprint: Keyed digest of the sender's content at that revision.
    """

    severity: Severity | None = None
    circumstances: Circumstances | None = None
    facts: NewFacts | None = None
    place: str | None = None
    revision: int | None = None
    fingerprint: str | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Add a note."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """A team confirms an update."""

    number: int
    team: TeamId


@dataclass(frozen=True, slots=True, kw_only=True)
class Urge:
    """Urge those who have it."""

    text: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestHelp:
    """Ask for help."""

    team: TeamId | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """Give it to another center."""

    center: OrganisationId
    reason: str
    text: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Merge:
    """End it as a duplicate of another incident."""

    into: IncidentId


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """Undo a merge."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordConflict:
    """Keep that the same reference and revision came with other content."""

    fingerprint: str
    revision: int
    received_at: datetime
