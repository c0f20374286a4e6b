"""What a sender reports, once its form is right: an alert, an update, a withdrawal.

What is personal stands in `Private` and in `content` alone; neither is ever shown or logged.
"""

from dataclasses import dataclass, field
from datetime import datetime

from incident.alert import Circumstances, OrganisationId, Place, Reference, Severity, Source, Status

Details = tuple[tuple[str, str | int | bool], ...]
"""Fields that the kind defines, by name, sorted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Who reports.

    Attributes:
        organisation: The station, or the center that raises its own alert.
    """

    organisation: OrganisationId
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who called the station."""

    name: str | None = field(default=None, repr=False)
    phone: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Private:
    """What is sealed.

    Attributes:
        visible_to: Organisations the caller may be shown to; None in an update leaves them.
    """

    caller: Caller | None = field(default=None, repr=False)
    text: str | None = field(default=None, repr=False)
    visible_to: tuple[OrganisationId, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """An alert as reported.

    Attributes:
        content: The whole body as canonical text, for its fingerprint.
    """

    reference: Reference
    revision: int
    kind: str
    severity: Severity
    status: Status
    place: Place
    circumstances: Circumstances
    private: Private
    content: str = field(repr=False)
    reported_at: datetime | None = None
    category: str | None = None
    details: Details = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """New facts about an alert; None leaves a fact as it is."""

    reference: Reference
    revision: int
    content: str = field(repr=False)
    severity: Severity | None = None
    status: Status | None = None
    circumstances: Circumstances | None = None
    place: str | None = None
    private: Private | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawal:
    """An alert taken back by its sender.

    Attributes:
        reason: A code; what else there is to say is `private`.
    """

    reference: Reference
    reason: str
    content: str = field(repr=False)
    private: Private | None = None
