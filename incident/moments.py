"""Moments: what happened when, who says so, and how they know."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from incident.alert import OrganisationId, TeamId

CLOCK_TOLERANCE = timedelta(seconds=5)
"""How far a reported time may lie after its recording before it is not believed."""


class MomentName(StrEnum):
    """The moments of an incident's life that clocks run between."""

    REPORTED = "reported"
    RECEIVED = "received"
    PUSHED = "pushed"
    ACKNOWLEDGED = "acknowledged"
    ASSIGNED = "assigned"
    ACCEPTED = "accepted"
    EN_ROUTE = "en_route"
    ON_SCENE = "on_scene"
    RESOLVED = "resolved"
    CLOSED = "closed"
    ENDED = "ended"
    POLICE_REQUESTED = "police_requested"
    POLICE_ON_SCENE = "police_on_scene"


class Via(StrEnum):
    """How a moment was learned."""

    API = "api"
    CONSOLE = "console"
    WEBHOOK = "webhook"
    PHONE = "phone"
    TELEPHONE = "telephone"
    RADIO = "radio"
    AUTOMATIC = "automatic"


class Proof(StrEnum):
    """What an arrival rests on."""

    GATE_QR = "gate_qr"
    POSITION = "position"
    TAP = "tap"
    RADIO = "radio"


class ActorKind(StrEnum):
    """Figures say what people did and what machines did."""

    PERSON = "person"
    MACHINE = "machine"


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who acted.

    Attributes:
        kind: A person, or a part of the product or an enterprise's system.
        id: The key's id, or the machine's name; never a person's name.
        role: The role the actor had.
        organisation: Whom the actor acted for.
        person: The person's id in the directory, where one is known.
    """

    kind: ActorKind
    id: str
    role: str
    organisation: OrganisationId
    person: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One stamped moment; several of one name may stand in a round, none is overwritten.

    Attributes:
        occurred_at: When it is said to have happened.
        recorded_at: When it was recorded.
        judged_at: Which of the two its legs are judged by.
        disbelieved: `occurred_at` was not plausible, so `recorded_at` is judged.
        team: Whose act it was, for a team's act.
    """

    name: MomentName
    round: int
    occurred_at: datetime
    recorded_at: datetime
    judged_at: datetime
    disbelieved: bool
    actor: Actor
    via: Via
    proof: Proof | None = None
    team: TeamId | None = None


def is_plausible(occurred_at: datetime, *, floor: datetime | None, recorded_at: datetime) -> bool:
    """Say whether a reported time can be believed.

    Args:
        occurred_at: The reported time.
        floor: What it cannot precede: the earlier of reported and received, and for a
            team's act its assignment. None where nothing is known to precede it.
        recorded_at: When the report was recorded; five seconds of clock error are allowed.
    """
    if floor is not None and occurred_at < floor:
        return False
    return occurred_at <= recorded_at + CLOCK_TOLERANCE
