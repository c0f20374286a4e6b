"""The values a directory consists of.

Codes of organisations (park, stations, enterprises, centers) are unique over all of them.
Places, teams and keys have names of their own, with one exception: no place bears the code
of a center, because an alert may name either.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from incident.alert import OrganisationId, TeamId


class OrganisationType(StrEnum):
    """What an organisation is."""

    PARK = "park"
    STATION = "station"
    ENTERPRISE = "enterprise"
    CENTER = "center"


class PlaceType(StrEnum):
    """What a place of the tree is."""

    PARK = "park"
    ENTERPRISE = "enterprise"
    BUILDING = "building"
    FLOOR = "floor"
    GATE = "gate"
    AREA = "area"


class FunctionGroup(StrEnum):
    """The five function groups of a micro-center."""

    PARTY_BUILDING = "party-building"
    DUTY_LINKAGE = "duty-linkage"
    MEDIATION = "mediation"
    SELF_GOVERNANCE = "self-governance"
    LOGISTICS = "logistics"


class Role(StrEnum):
    """What the holder of a key may be."""

    STATION = "station"
    OPERATOR = "operator"
    TEAM = "team"
    CHIEF = "chief"
    SUPERVISOR = "supervisor"
    AUDITOR = "auditor"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Park:
    """The park itself.

    Attributes:
        name_zh: Its name in Chinese.
        name_en: Its name in English.
        fallback_center: The center that gets what cannot be routed.
        time_zone: IANA name of the zone its days are counted in.
    """

    code: OrganisationId
    name_zh: str
    name_en: str
    fallback_center: OrganisationId
    time_zone: str = "Asia/Shanghai"


@dataclass(frozen=True, slots=True, kw_only=True)
class Station:
    """A police station: it sends alerts, and incidents are handed over to it."""

    code: OrganisationId
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Enterprise:
    """An enterprise of the park."""

    code: OrganisationId
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """An enterprise's own system.

    Attributes:
        url: Where alerts are delivered to.
        secret: The name of the signing secret in the dispatcher's settings, never the secret.
    """

    url: str
    secret: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Center:
    """A micro-center.

    Attributes:
        enterprise: Whose center it is; None for a center of the park's own.
        place: The root of its area in the place tree.
        consoles: It has consoles; without, its webhook is tried at once.
        telephone: Where people reach it when nothing else does.
        neighbours: Centers that agreed to send a team where this one and the park have none.
    """

    code: OrganisationId
    name: str
    place: str
    enterprise: OrganisationId | None = None
    consoles: bool = True
    webhook: Webhook | None = None
    telephone: str | None = None
    neighbours: tuple[OrganisationId, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownPlace:
    """A place of the tree.

    Attributes:
        parent: The place it lies in; None for the park.
        center: The center in charge from here down, where it is not that of the area around it.
    """

    code: str
    type: PlaceType
    name: str
    parent: str | None = None
    center: OrganisationId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A person in a team; the same person may be in several teams."""

    code: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    """A response team.

    Attributes:
        organisation: Its center, or the park for a team that all centers share.
        place: Where it waits, usually a building; None where that is not known.
        on_duty: It is on shift.
        resting_until: It is on shift but not to be sent before this moment.
    """

    code: TeamId
    name: str
    organisation: OrganisationId
    function_group: FunctionGroup
    place: str | None = None
    on_duty: bool = True
    resting_until: datetime | None = None
    members: tuple[Member, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """An API key, known by its digest only.

    Attributes:
        team: The team it belongs to, for role team.
        person: The code of the person it belongs to, where it belongs to one.
        sha256: SHA-256 of the secret, 64 lower-case hexadecimal digits; never shown.
        expires_at: Until when it is good; None for no end.
    """

    id: str
    role: Role
    organisation: OrganisationId
    sha256: str = field(repr=False)
    team: TeamId | None = None
    person: str | None = None
    expires_at: datetime | None = None

    def is_live(self, now: datetime) -> bool:
        """Whether the key is good at `now`."""
        return self.expires_at is None or now < self.expires_at

    @property
    def holder(self) -> tuple[str, ...]:
        """Whom it belongs to: a rotation gives the same holder a second key."""
        return (self.role, self.organisation, self.team or "", self.person or "")


@dataclass(frozen=True, slots=True, kw_only=True)
class KindUse:
    """A kind of incident the park uses.

    Attributes:
        profile: The profile for all its severities, such as `observe`; None for the kind's own.
    """

    code: str
    profile: str | None = None


DEFAULT_KINDS = (KindUse(code="police-alert"),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Directory:
    """A park's whole directory, in one version.

    Attributes:
        version: Given by the dispatcher, one more for each directory that replaced another.
    """

    version: int
    park: Park
    stations: tuple[Station, ...]
    enterprises: tuple[Enterprise, ...]
    centers: tuple[Center, ...]
    places: tuple[KnownPlace, ...]
    teams: tuple[Team, ...]
    keys: tuple[Key, ...] = ()
    kinds: tuple[KindUse, ...] = DEFAULT_KINDS
