"""What the station, the police and others added: withdrawal, updates, hand-over, links."""

from dataclasses import dataclass
from datetime import datetime

from incident.alert import Circumstances, IncidentId, OrganisationId, Severity
from incident.events.center import LinkKind


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentCancelled:
    """The station withdrew its alert."""

    reason: str
    text: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CancellationRefused:
    """The station withdrew its alert too late: the outcome was reported or it had ended."""

    reason: str
    text: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PoliceRequested:
    """Police were asked for; the team stays and the incident goes on.

    Attributes:
        service: Who else was asked, by the number they are called under: 119 or 120; None for the
            police.
    """

    reason: str
    text: str | None = None
    service: str | None = None


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
class IncidentUrged:
    """The station or a supervisor urged."""

    text: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteAdded:
    """A note; its text is kept sealed."""

    text: str


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
