"""Kinds and profiles: what an incident of a kind is measured by and what is done if nobody acts.

Both are data (`incident/kinds/*.toml`), read by `incident.kinds`. The profile chosen at
opening is frozen into the incident: editing a file never changes a verdict.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from incident.alert import Severity, Source
from incident.moments import MomentName


class Unit(StrEnum):
    """Units a target may be given in."""

    SECONDS = "seconds"


class Scope(StrEnum):
    """Whether a clock runs once per incident or anew in each round."""

    INCIDENT = "incident"
    ROUND = "round"


class Action(StrEnum):
    """What the engine can do when a rung of a ladder is due."""

    ASSIGN = "assign"
    ADD_TEAM = "add_team"
    WEBHOOK = "webhook"


class OnSite(StrEnum):
    """How a disposition counts in the on-site closure rate."""

    YES = "yes"
    NO = "no"
    EXCLUDED = "excluded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """A length of time as data."""

    amount: int
    unit: Unit

    @property
    def length(self) -> timedelta:
        """The length as a duration."""
        return timedelta(seconds=self.amount)


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """A stretch between two moments.

    Attributes:
        target: The allowed time; None for a leg that is only reported.
        warn_at_percent: Shares of the target after which the leg is at risk.
        fallback_start: The moment that stands in where `start` was not recorded.
        sources: The sources that have this leg; empty means every source.
    """

    code: str
    start: MomentName
    end: MomentName
    scope: Scope
    target: Amount | None = None
    warn_at_percent: tuple[int, ...] = ()
    fallback_start: MomentName | None = None
    sources: tuple[Source, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SeverityAmount:
    """A wait for one severity."""

    severity: Severity
    wait: Amount


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """One rung of the ladder: what is done, and when, if nobody acts.

    Attributes:
        code: Names the step in logs, events and settings.
        action: What the engine does.
        start: The moment the wait begins at.
        wait: How long it waits.
        wait_by_severity: Other waits for some severities.
        unless: The rung is off once any of these moments stands in the round.
        times: How often it is due, each time one more wait later.
        mark: A code written beside what the step did, such as `undelivered`.
        late_severities: The severities it runs for when the alert came late; None means all.
        at_once_without_console: No wait for a center that has no console.
    """

    code: str
    action: Action
    start: MomentName
    wait: Amount
    wait_by_severity: tuple[SeverityAmount, ...] = ()
    unless: tuple[MomentName, ...] = ()
    times: int = 1
    mark: str | None = None
    late_severities: tuple[Severity, ...] | None = None
    at_once_without_console: bool = False

    def wait_for(self, severity: Severity) -> timedelta:
        """The wait for an incident of this severity."""
        waits = {entry.severity: entry.wait for entry in self.wait_by_severity}
        return waits.get(severity, self.wait).length


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """Legs and ladder, as frozen into an incident at its opening."""

    code: str
    legs: tuple[Leg, ...]
    ladder: tuple[Rung, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Disposition:
    """A way an incident may end.

    Attributes:
        code: The code on the wire.
        on_site: How it counts in the on-site closure rate.
        required: Fields of the result that must be given with it.
        follow_up: The function group a follow-up is opened for, if it opens one.
    """

    code: str
    zh: str
    en: str
    on_site: OnSite
    required: tuple[str, ...] = ()
    follow_up: str | None = None


class FieldType(StrEnum):
    """Types a detail may have."""

    TEXT = "text"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    CHOICE = "choice"


@dataclass(frozen=True, slots=True, kw_only=True)
class DetailField:
    """One field of a kind's details.

    Attributes:
        at: `opening` or `result`: when it is checked.
    """

    name: str
    type: FieldType
    at: str
    required: bool = False
    choices: tuple[str, ...] = ()
    maximum: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """What an incident can be.

    Attributes:
        profiles: Profile code per severity; every severity has one.
        moments: The optional moments this kind uses.
    """

    code: str
    zh: str
    en: str
    profiles: tuple[tuple[Severity, str], ...]
    moments: tuple[MomentName, ...]
    dispositions: tuple[Disposition, ...]
    details: tuple[DetailField, ...]

    def profile_code(self, severity: Severity) -> str:
        """The profile of an incident of this kind and severity."""
        return dict(self.profiles)[severity]
