"""Why a command was refused. A refusal is an answer, not a fault: it changes nothing.

Refusal
├── NotAllowed         the state does not take this command
├── AlreadyDone        somebody else did it first
├── UnknownThing       a team, center, place, update or organisation that is not known here
├── TeamEngaged        the team is on another incident, and `divert` was not said
├── NotAssigned        the team has no assignment of this incident
├── AssignmentEnded    it had one, which ended before this happened
├── BadDisposition     not one of the kind's, or its required fields are missing
├── BadTarget          the other incident or center cannot be used for this
├── DeskNotOnShift     the desk that would confirm receipt has nobody on shift
├── DeskSilent         or cannot be heard
├── NotTheIncoming     somebody else takes over, or hands over
├── HandoverEnded      the hand-over at shift change runs no more
└── HandoverUnaccepted or has incidents left that nobody accepted
"""

from datetime import datetime

from incident.alert import IncidentId, TeamId


class Refusal(Exception):  # noqa: N818 - an expected answer, not an error
    """The command was refused and changed nothing.

    Attributes:
        code: Stable; the last part of the problem's `type` on the wire.
        detail: What is wrong, in one English sentence; screens translate the code.
        allowed: What would be allowed instead: verbs, codes or ids.
    """

    code = "refused"

    def __init__(self, detail: str, *, allowed: tuple[str, ...] = ()) -> None:
        super().__init__(detail)
        self.detail = detail
        self.allowed = allowed


class NotAllowed(Refusal):
    """The incident's state does not take this command; `allowed` are the verbs it takes."""

    code = "not-allowed"


class AlreadyDone(Refusal):
    """Somebody did it before.

    Attributes:
        by: The person or key that did it.
        at: When.
    """

    code = "already-done"

    def __init__(self, detail: str, *, by: str, at: datetime) -> None:
        super().__init__(detail)
        self.by = by
        self.at = at


class UnknownThing(Refusal):
    """The command names something that is not known here."""

    code = "unknown"


class TeamEngaged(Refusal):
    """The team is on another incident.

    Attributes:
        team: The team.
        incident: Where it is.
    """

    code = "team-engaged"

    def __init__(self, team: TeamId, incident: IncidentId) -> None:
        super().__init__(
            f"team {team} is on incident {incident}; say divert to take it from there",
            allowed=("divert",),
        )
        self.team = team
        self.incident = incident


class NotAssigned(Refusal):
    """The team has no assignment of this incident."""

    code = "not-assigned"


class AssignmentEnded(Refusal):
    """The team's assignment had ended before this happened."""

    code = "assignment-ended"


class BadDisposition(Refusal):
    """The disposition is not one of the kind's, or fields it requires are missing or wrong."""

    code = "bad-disposition"


class BadTarget(Refusal):
    """The other incident, center or organisation cannot be used for this."""

    code = "bad-target"


class DeskNotOnShift(NotAllowed):
    """Nobody is on shift at the desk that would confirm receipt, or nobody was shown anything."""

    code = "desk-not-on-shift"


class DeskSilent(NotAllowed):
    """The desk that would confirm receipt cannot be heard."""

    code = "desk-silent"


class NotTheIncoming(Refusal):
    """Another operator takes over, or hands over."""

    code = "not-the-incoming"


class HandoverEnded(NotAllowed):
    """The hand-over was finished or withdrawn."""

    code = "handover-ended"


class HandoverUnaccepted(NotAllowed):
    """Incidents are left that the incoming operator did not accept.

    Attributes:
        incidents: Which.
    """

    code = "handover-unaccepted"

    def __init__(self, incidents: tuple[IncidentId, ...]) -> None:
        super().__init__(f"{len(incidents)} incidents are still to be accepted by name")
        self.incidents = incidents
