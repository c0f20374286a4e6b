"""What a station sent: the alert as the services carry it, without personal data.

Caller, telephone number and free text are personal. They travel sealed beside
this value and never inside it; what stands here may be logged, streamed and kept.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType
from uuid import UUID, uuid5

IncidentId = NewType("IncidentId", UUID)
OrganisationId = NewType("OrganisationId", str)
TeamId = NewType("TeamId", str)

REFERENCE_NAMESPACE = UUID("6b1f0f0c-8a0e-5c8e-9d2a-115115115115")
"""The namespace of alert ids; changing it would open every retried alert a second time."""


class Severity(StrEnum):
    """How urgent an alert is, most urgent first (four levels, as in 突发事件应对法)."""

    RED = "red"
    ORANGE = "orange"
    YELLOW = "yellow"
    BLUE = "blue"

    @property
    def rank(self) -> int:
        """0 for the most urgent level, 3 for the least."""
        return tuple(Severity).index(self)


class Status(StrEnum):
    """Whether an alert is meant. Only actual ones enter official figures."""

    ACTUAL = "actual"
    EXERCISE = "exercise"
    TEST = "test"


class Source(StrEnum):
    """Who raised the alert; a profile says which legs a source has."""

    STATION = "station"
    CENTER = "center"
    ONE_KEY = "one-key"
    SENSOR = "sensor"
    SCHEDULE = "schedule"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """The sender's own name for an alert.

    Attributes:
        number: The number of the call or case at the station.
        order: The number of the order within that case.
    """

    number: str
    order: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A position in WGS-84 degrees, with what was sent kept beside it.

    Attributes:
        lon: Longitude, degrees east.
        lat: Latitude, degrees north.
        crs: The reference system it was sent in: wgs84, cgcs2000, gcj02 or bd09.
        sent_lon: Longitude as sent.
        sent_lat: Latitude as sent.
    """

    lon: float
    lat: float
    crs: str
    sent_lon: float
    sent_lat: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where it is: a center's code or a place of the directory's tree, perhaps a point."""

    center: OrganisationId | None = None
    place: str | None = None
    point: Point | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What is known that decides how to go there; none of it names a person."""

    people: int | None = None
    weapons: bool = False
    injured: int | None = None
    hazards: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """A checked alert, as intake hands it to Kafka.

    Attributes:
        id: Derived from station and reference, so a retry is the same alert.
        station: The organisation that sent it (a center, if it raised its own).
        revision: The sender's revision of the content, from 1.
        fingerprint: Keyed digest of the whole canonical body: tells a retry from a conflict.
        late: It was older than 15 minutes on arrival; automation leaves it to people unless red.
        reported_at: When the station took the call, by the station's clock.
        received_at: Intake's clock as it handed the alert to Kafka.
        category: The sender's own classification within the kind, if any.
        batch_sent_at: When its batch was sent, by the sender's clock, if it came in one.
        details: Fields that the kind defines for the opening, by name, sorted.
    """

    id: IncidentId
    station: OrganisationId
    reference: Reference
    revision: int
    kind: str
    severity: Severity
    status: Status
    source: Source
    place: Place
    circumstances: Circumstances
    fingerprint: str
    late: bool
    reported_at: datetime | None
    received_at: datetime
    category: str | None = None
    batch_sent_at: datetime | None = None
    details: tuple[tuple[str, str | int | bool], ...] = ()


def alert_id(station: OrganisationId, reference: Reference) -> IncidentId:
    """Name an alert after its sender and the sender's own reference.

    The parts are joined by a character that no reference may contain (U+001F), so
    that ("1", "23") and ("12", "3") stay two alerts.
    """
    return IncidentId(
        uuid5(REFERENCE_NAMESPACE, "\x1f".join((station, reference.number, reference.order)))
    )
