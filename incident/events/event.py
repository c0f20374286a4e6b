"""One event of one incident: who, when, how, and what (its body)."""

import re
from dataclasses import dataclass
from datetime import datetime

from incident.alert import IncidentId
from incident.events.beside import (
    CancellationRefused,
    ConflictRecorded,
    HandoverAccepted,
    HandoverOffered,
    IncidentCancelled,
    IncidentLinked,
    IncidentMerged,
    IncidentSplit,
    IncidentUnlinked,
    IncidentUpdated,
    IncidentUrged,
    NoteAdded,
    PoliceArrived,
    PoliceRequested,
)
from incident.events.center import (
    IncidentAcknowledged,
    IncidentClosed,
    IncidentOpened,
    IncidentPushed,
    IncidentRefused,
    IncidentReopened,
    IncidentResolved,
    IncidentReturned,
    IncidentTransferred,
)
from incident.events.following import (
    FollowUpCalled,
    IncidentAnswered,
    IncidentAsked,
    IncidentSupervised,
    OutcomeConfirmed,
    SupervisionEnded,
)
from incident.events.shifts import IncidentShelved, IncidentTakenOver
from incident.events.teams import (
    HelpRequested,
    StepTaken,
    TeamAccepted,
    TeamArrived,
    TeamAssigned,
    TeamCheckedIn,
    TeamDeclined,
    TeamDeparted,
    TeamReleased,
    UpdateNoted,
)
from incident.moments import Actor, Proof, Via

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
    | IncidentSupervised | SupervisionEnded | IncidentAsked | IncidentAnswered
    | OutcomeConfirmed | FollowUpCalled
    | IncidentShelved | IncidentTakenOver
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
