"""What happened to an incident: the bodies of its events, past tense, in the order of a life.

One name, four forms: class `TeamAssigned`, type `incident.team_assigned.v1`, file
`schemas/events/incident.team_assigned.v1.json`, topic `incidents.v1`. Free text never stands
here; `text` is the keyed digest of a text kept, sealed, in its own table.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from incident.alert import Alert, Circumstances, IncidentId, OrganisationId, Severity, TeamId
from incident.moments import Actor, Proof, Via
from incident.profile import Profile


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
    """

    alert: Alert
    center: OrganisationId
    fallback: bool
    console: bool
    profile: Profile
    dispositions: tuple[str, ...]
    follows: IncidentId | None = None
    follows_as: LinkKind | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentPushed:
    """The center confirmed receipt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentAcknowledged:
    """Someone of the center took it."""


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
    """

    disposition: str
    result: tuple[tuple[str, str | int | bool], ...] = ()
    original: str | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentReopened:
    """An ended incident goes on; a new round began."""

    reason: str
    text: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentCancelled:
    """The station withdrew its alert."""

    reason: str
    text: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentRefused:
    """The center refused it as not its own."""

    reason: str
    text: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PoliceRequested:
    """Police were asked for; the team stays and the incident goes on."""

    reason: str
    text: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PoliceArrived:
    """Police are on scene."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoverOffered:
    """The center offered the incident to the police; until accepted the center owns it."""

    to: OrganisationId
    reason: str
    text: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoverAccepted:
    """A named officer accepted the incident, by the officer's id at the police."""

    to: OrganisationId
    officer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentUpdated:
    """New facts.

    Attributes:
        number: The update's number within the incident, from 1; a team notes it by this number.
        revision: The sender's revision, for an update by its sender.
        severity: The severity afterwards; it may rise, never fall.
        place: Another place within the tree, if it changed; the center stays.
    """

    number: int
    severity: Severity
    circumstances: Circumstances
    revision: int | None = None
    fingerprint: str | None = None
    place: str | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateNoted:
    """A team confirmed that it knows of an update."""

    number: int
    team: TeamId


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentUrged:
    """The station or a supervisor urged."""

    text: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HelpRequested:
    """A team or the operator asked for help."""

    team: TeamId | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteAdded:
    """A note; its text is kept sealed."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentTransferred:
    """Another center has it now; a new round began."""

    center: OrganisationId
    console: bool
    reason: str
    text: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentMerged:
    """It duplicates another incident and ended in favour of it."""

    into: IncidentId


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentSplit:
    """It turned out to be no duplicate and goes on by itself; a new round began."""

    from_incident: IncidentId
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentLinked:
    """Another incident belongs to this one."""

    other: IncidentId
    link: LinkKind


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentUnlinked:
    """Another incident turned out not to belong to this one."""

    other: IncidentId
    link: LinkKind


@dataclass(frozen=True, slots=True, kw_only=True)
class ConflictRecorded:
    """The same reference and revision came with other content; the first copy stands."""

    fingerprint: str
    revision: int
    received_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CancellationRefused:
    """The station withdrew its alert too late: the outcome was reported or it had ended."""

    reason: str
    text: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StepTaken:
    """The engine took a step of the ladder that assigned nobody.

    Attributes:
        step: `round/code/count`.
        outcome: What came of it, as a code, such as `delivery_queued` or `no_team`.
        reasons: For each candidate left out, `team:reason`.
    """

    step: str
    outcome: str
    mark: str | None = None
    reasons: tuple[str, ...] = ()


Body = (
    IncidentOpened | IncidentPushed | IncidentAcknowledged
    | TeamAssigned | TeamAccepted | TeamDeclined | TeamDeparted | TeamArrived
    | TeamCheckedIn | TeamReleased
    | IncidentResolved | IncidentReturned | IncidentClosed | IncidentReopened
    | IncidentCancelled | IncidentRefused
    | PoliceRequested | PoliceArrived | HandoverOffered | HandoverAccepted
    | IncidentUpdated | UpdateNoted | IncidentUrged | HelpRequested | NoteAdded
    | IncidentTransferred | IncidentMerged | IncidentSplit | IncidentLinked | IncidentUnlinked
    | ConflictRecorded | CancellationRefused | StepTaken
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event of one incident.

    Attributes:
        version: 1 for the opening, then one more each.
        occurred_at: When it is said to have happened.
        recorded_at: The clock of the service that recorded it.
        disbelieved: `occurred_at` was not plausible.
    """

    incident: IncidentId
    version: int
    occurred_at: datetime
    recorded_at: datetime
    disbelieved: bool
    actor: Actor
    via: Via
    body: Body
    proof: Proof | None = None


def type_name(body: type[Body] | Body) -> str:
    """The type of an event body on the wire, such as `incident.team_assigned.v1`."""
    cls = body if isinstance(body, type) else type(body)
    words = re.findall(r"[A-Z][a-z]+", cls.__name__)
    if words[0] == "Incident":
        del words[0]
    return f"incident.{'_'.join(words).lower()}.v1"


BODIES: dict[str, type[Body]] = {type_name(cls): cls for cls in Body.__args__}
"""Every event body by its type on the wire."""
