"""What a decision is told beside the command: who asks and when, and what is known."""

from collections.abc import Container, Mapping
from dataclasses import dataclass
from datetime import datetime

from incident.alert import IncidentId, OrganisationId, TeamId
from incident.lifecycle import Incident
from incident.moments import Actor, Proof, Via
from incident.profile import DetailField, Disposition, FollowUpRule


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Who asks, how and when.

    Attributes:
        now: The clock of the service that records it, read once.
        occurred_at: When it is said to have happened; None for now.
    """

    now: datetime
    actor: Actor
    via: Via
    occurred_at: datetime | None = None
    proof: Proof | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamFacts:
    """What a decision needs to know about a team.

    Attributes:
        engaged_on: The incident its one live assignment belongs to, if any.
    """

    organisation: OrganisationId
    engaged_on: IncidentId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a decision needs to know beside the incident, read in the same transaction.

    Attributes:
        teams: The teams the command names that the directory knows.
        consoles: For each center of the directory, whether it has a console.
        police: The organisations an incident may be handed over to.
        dispositions: The kind's dispositions by code.
        result_fields: The fields a result may have.
        places: The places the directory knows.
        others: Other incidents the command touches, read under their locks: those that teams
            are diverted from, the one merged into or split from.
        organisations: Those that may answer for a supervision.
        away: The centers at whose desk everybody is away.
        remind_at_percent: The shares of a supervision's time after which its owner is reminded.
        follow_up: When those who were helped are called, if the kind says so.
    """

    teams: Mapping[TeamId, TeamFacts]
    consoles: Mapping[OrganisationId, bool]
    police: frozenset[OrganisationId]
    dispositions: Mapping[str, Disposition]
    result_fields: tuple[DetailField, ...]
    places: Container[str]
    others: Mapping[IncidentId, Incident]
    organisations: frozenset[str] = frozenset()
    away: Container[str] = frozenset()
    remind_at_percent: tuple[int, ...] = ()
    follow_up: FollowUpRule | None = None
