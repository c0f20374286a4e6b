"""Rungs: what is done, and when, if nobody acts; and lengths of time as data."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from incident.alert import Severity
from incident.moments import MomentName


class Unit(StrEnum):
    """Units a target may be given in."""

    SECONDS = "seconds"


class SendingAction(StrEnum):
    """What a rung could do in release 0.1.0; readers of that release know no other."""

    ASSIGN = "assign"
    ADD_TEAM = "add_team"
    WEBHOOK = "webhook"


class Action(StrEnum):
    """What is done when a rung of a ladder is due.

    `assign` and `add_team` send a team, `webhook` asks the enterprise's own system, `notify` tells
    a duty post or the station, `louder` makes the consoles louder, `propose_team` ranks further
    teams and sends none, `request_police` asks for police, fire brigade or ambulance, and
    `request_help` asks for help in the name of a team that is silent.
    """

    ASSIGN = "assign"
    ADD_TEAM = "add_team"
    WEBHOOK = "webhook"
    NOTIFY = "notify"
    LOUDER = "louder"
    PROPOSE_TEAM = "propose_team"
    REQUEST_POLICE = "request_police"
    REQUEST_HELP = "request_help"


class Trigger(StrEnum):
    """Where a wait begins that begins at no moment: each cause anew, and for each team it concerns.

    `opened` once, when the incident opened; `came` when it came to the center, as it opened, was
    transferred or goes on; `update` when an update was told, for each team then
    on it; `check_in` when a team on scene was last heard of; `handover` when it was offered to the
    police; `cancellation` when it was withdrawn, for each team that was on it.
    """

    OPENED = "opened"
    CAME = "came"
    UPDATE = "update"
    CHECK_IN = "check_in"
    HANDOVER = "handover"
    CANCELLATION = "cancellation"


class Phase(StrEnum):
    """How long a rung may run: until the outcome, until the end, or after a withdrawal."""

    UNRESOLVED = "unresolved"
    LIVE = "live"
    CANCELLED = "cancelled"


class Whose(StrEnum):
    """Whose duty post it is: the center's, the park's, the station's, or the team itself."""

    CENTER = "center"
    PARK = "park"
    STATION = "station"
    TEAM = "team"


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
class SeverityAmount:
    """A wait for one severity."""

    severity: Severity
    wait: Amount


@dataclass(frozen=True, slots=True, kw_only=True)
class SendingRung:
    """A rung that says no more than release 0.1.0 could; `rungs_of` gives it as a `Rung`."""

    code: str
    action: SendingAction
    start: MomentName
    wait: Amount
    wait_by_severity: tuple[SeverityAmount, ...] = ()
    unless: tuple[MomentName, ...] = ()
    times: int = 1
    mark: str | None = None
    late_severities: tuple[Severity, ...] | None = None
    at_once_without_console: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """One rung of the ladder: what is done, and when, if nobody acts.

    Attributes:
        code: Names the step in logs, events and settings.
        action: What is done.
        wait: How long it waits.
        start: The moment the wait begins at; None where `since` says what it begins at.
        since: What the wait begins at, where that is no moment.
        wait_by_severity: Other waits for some severities.
        unless: The rung is off once any of these moments stands in the round.
        times: How often it is due, each time one more wait later.
        mark: A code written beside what the step did, such as `undelivered`.
        severities: The severities it is for; None means all.
        late_severities: The severities it runs for when the alert came late; None means all.
        at_once_without_console: No wait for a center that has no console.
        during: How long it may run.
        when: Circumstances it is for, any of them, of those its kind asks for police in.
        away: Only where everybody at the center's desk was away as it came there.
        post: The duty post it tells, by code; None where it tells none.
        of: Whose post that is.
        callback: The callback to the station that the step is as well.
        voice: By voice, not by message.
        digest_unless: Told in a digest, except for these severities; empty means at once.
        level: The level of responsibility it climbs to, from 1.
    """

    code: str
    action: Action
    wait: Amount
    start: MomentName | None = None
    since: Trigger | None = None
    wait_by_severity: tuple[SeverityAmount, ...] = ()
    unless: tuple[MomentName, ...] = ()
    times: int = 1
    mark: str | None = None
    severities: tuple[Severity, ...] | None = None
    late_severities: tuple[Severity, ...] | None = None
    at_once_without_console: bool = False
    during: Phase = Phase.UNRESOLVED
    when: tuple[str, ...] = ()
    away: bool = False
    post: str | None = None
    of: Whose = Whose.CENTER
    callback: str | None = None
    voice: bool = False
    digest_unless: tuple[Severity, ...] = ()
    level: int | None = None

    def wait_for(self, severity: Severity) -> timedelta:
        """The wait for an incident of this severity."""
        for entry in self.wait_by_severity:
            if entry.severity is severity:
                return entry.wait.length
        return self.wait.length

    def why(self, severity: Severity) -> str:
        """Why a step of it is taken, in one English sentence."""
        begins = self.start or self.since
        waited = int(self.wait_for(severity).total_seconds())
        missing = f" without {' or '.join(self.unless)}" if self.unless else ""
        given = f", as it is about {' or '.join(self.when)}" if self.when else ""
        return f"{waited} s after {begins}{missing}{given}"


def whole(rung: SendingRung) -> Rung:
    """The same rung as those of later releases are."""
    return Rung(
        code=rung.code,
        action=Action(rung.action.value),
        wait=rung.wait,
        start=rung.start,
        wait_by_severity=rung.wait_by_severity,
        unless=rung.unless,
        times=rung.times,
        mark=rung.mark,
        late_severities=rung.late_severities,
        at_once_without_console=rung.at_once_without_console,
    )
