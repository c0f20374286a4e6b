"""Who may do what to which incident: one table, by role and by what the caller is to the incident.

Whoever is nothing to an incident is told that there is none. An assignment lends the incident to
the team's organisation, from the assignment until 24 hours after its end: enough to follow its
own team and to report for it, and no personal data.
"""

from datetime import datetime, timedelta
from enum import StrEnum

from incident.alert import TeamId
from incident.lifecycle import Assignment, Incident
from services.runtime.auth import Principal, Role

LENT_FOR = timedelta(hours=24)

CENTER_ROLES = frozenset({Role.OPERATOR, Role.CHIEF})
PARK_ROLES = frozenset({Role.SUPERVISOR, Role.AUDITOR, Role.ADMIN})


class Relation(StrEnum):
    """What a caller is to an incident."""

    OWN = "own"
    FORMER = "former"
    LENT = "lent"
    OFFERED = "offered"
    FOREIGN = "foreign"


class Refused(StrEnum):
    """Why a caller may not."""

    HIDDEN = "hidden"
    FORBIDDEN = "forbidden"
    OTHER_TEAM = "other_team"


TEAM_ACTS = frozenset({"accept", "decline", "depart", "arrive", "check-in", "release", "noted"})

_CENTER_OWN = TEAM_ACTS | {
    "receipt", "acknowledge", "assign", "resolve", "return", "close", "reopen", "refuse",
    "request-police", "police-arrive", "hand-over", "update", "note", "request-help", "transfer",
    "merge", "split", "report", "answer", "follow-up-call", "shelve",
}  # fmt: skip

_SUPERVISING = frozenset({"supervise", "end-supervision"})

MAY: dict[tuple[Role, Relation], frozenset[str]] = {
    (Role.STATION, Relation.OWN): frozenset(
        {"cancel", "urge", "update", "note", "reopen", "police-arrive", "accept-hand-over", "ask"}
        | {"confirm-outcome", "return", "follow-up-call", *_SUPERVISING}
    ),
    (Role.STATION, Relation.OFFERED): frozenset({"accept-hand-over", "police-arrive", "note"}),
    (Role.OPERATOR, Relation.OWN): frozenset(_CENTER_OWN),
    (Role.CHIEF, Relation.OWN): frozenset(_CENTER_OWN),
    (Role.OPERATOR, Relation.LENT): TEAM_ACTS | {"report"},
    (Role.CHIEF, Relation.LENT): TEAM_ACTS | {"report"},
    (Role.TEAM, Relation.OWN): TEAM_ACTS | {"resolve", "request-help", "note"},
    (Role.TEAM, Relation.LENT): frozenset({"accept", "depart", "arrive", "release", "noted"}),
    (Role.SUPERVISOR, Relation.OWN): frozenset({"urge", "note", "follow-up-call", *_SUPERVISING}),
}
"""The verbs a role may use by its relation; what does not stand here is not allowed.

A team's own incident is one it is on; one it was on is lent to it, for what it still has to report.
"""

READS_PERSONAL = frozenset(
    {
        (Role.STATION, Relation.OWN),
        (Role.STATION, Relation.OFFERED),
        (Role.OPERATOR, Relation.OWN),
        (Role.CHIEF, Relation.OWN),
        (Role.TEAM, Relation.OWN),
    }
)
"""Those on the case; each reveal is recorded."""


class AccessRefusedError(Exception):
    """The caller may not.

    Attributes:
        reason: Hidden (as if it did not exist), forbidden, or for another team.
        allowed: The verbs the caller may use on it.
    """

    def __init__(self, reason: Refused, *, allowed: tuple[str, ...] = ()) -> None:
        super().__init__(reason.value)
        self.reason = reason
        self.allowed = allowed


def relation(caller: Principal, incident: Incident, *, now: datetime) -> Relation:
    """Say what a caller is to an incident at `now`."""
    own = caller.organisation
    if caller.role in PARK_ROLES:
        return Relation.OWN
    if caller.role is Role.STATION:
        return _of_station(own, incident)
    if caller.role is Role.TEAM:
        return _of_team(TeamId(caller.team or ""), incident, now=now)
    return _of_center(own, incident, now=now)


def check_verb(
    caller: Principal, verb: str, incident: Incident, *, now: datetime, act: str | None = None
) -> Relation:
    """Let a caller use a verb on an incident.

    Args:
        caller: Who asks.
        verb: The verb of the path.
        incident: Read under its lock.
        now: Decides what is still lent.
        act: What is reported on behalf of a team; it must be the caller's to do as well.

    Returns:
        What the caller is to the incident.

    Raises:
        AccessRefusedError: If the caller may not.
    """
    found = check_read(caller, incident, now=now)
    may = MAY.get((caller.role, found), frozenset())
    if not may.issuperset({verb, act or verb}):
        raise AccessRefusedError(Refused.FORBIDDEN, allowed=tuple(sorted(may)))
    return found


def check_team(
    caller: Principal, found: Relation, team: TeamId | None, incident: Incident, *, now: datetime
) -> None:
    """Let a caller act for a team: a team for itself, a lending organisation for those it lends.

    Raises:
        AccessRefusedError: If it is another's team.
    """
    if team is None:
        return
    if caller.role is Role.TEAM and team != caller.team:
        raise AccessRefusedError(Refused.OTHER_TEAM, allowed=(caller.team or "",))
    if found is Relation.LENT and caller.role in CENTER_ROLES:
        own = {
            entry.team
            for entry in incident.assignments
            if entry.organisation == caller.organisation and _is_lent(entry, now)
        }
        if team not in own:
            raise AccessRefusedError(Refused.OTHER_TEAM, allowed=tuple(sorted(own)))


def check_read(caller: Principal, incident: Incident, *, now: datetime) -> Relation:
    """Let a caller see the public state of an incident.

    Raises:
        AccessRefusedError: If the caller is nothing to it.
    """
    found = relation(caller, incident, now=now)
    if found is Relation.FOREIGN:
        raise AccessRefusedError(Refused.HIDDEN)
    return found


def _of_station(own: str, incident: Incident) -> Relation:
    if own == incident.alert.station:
        return Relation.OWN
    offered = own in {incident.handover, incident.handed_over_to}
    return Relation.OFFERED if offered else Relation.FOREIGN


def _of_team(team: TeamId, incident: Incident, *, now: datetime) -> Relation:
    entries = [entry for entry in incident.assignments if entry.team == team]
    if any(entry.is_live for entry in entries):
        return Relation.OWN
    return Relation.LENT if any(_is_lent(entry, now) for entry in entries) else Relation.FOREIGN


def _is_lent(entry: Assignment, now: datetime) -> bool:
    return entry.ended_at is None or now <= entry.ended_at + LENT_FOR


def _of_center(own: str, incident: Incident, *, now: datetime) -> Relation:
    if own == incident.center:
        return Relation.OWN
    if any(entry.organisation == own and _is_lent(entry, now) for entry in incident.assignments):
        return Relation.LENT
    # A center that raised the alert itself follows it, wherever the place led it to.
    former = {incident.alert.station, *(entry.organisation for entry in incident.rounds)}
    return Relation.FORMER if own in former else Relation.FOREIGN
