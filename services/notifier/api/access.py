"""Who may see what: a center and a station their own, the park's people all, a team nothing."""

from incident.alert import OrganisationId
from incident.lifecycle import Incident
from services.notifier.ports import Scope
from services.runtime.auth import Principal, Role, require
from services.runtime.problems import Problem

CENTER_ROLES = (Role.OPERATOR, Role.CHIEF)
PARK_ROLES = (Role.SUPERVISOR, Role.AUDITOR, Role.ADMIN)
LOOKING = (Role.STATION, *CENTER_ROLES, *PARK_ROLES)


def scope_of(caller: Principal) -> Scope:
    """What a caller's figures are about.

    Raises:
        Problem: 403 for a team.
    """
    require(caller, *LOOKING)
    own = OrganisationId(caller.organisation)
    if caller.role in CENTER_ROLES:
        return Scope(center=own)
    return Scope(station=own) if caller.role is Role.STATION else Scope()


def check_incident(caller: Principal, incident: Incident | None) -> None:
    """Let a caller see the clocks of an incident.

    Raises:
        Problem: 403 for a team; 404 for what is not there and for what is another's, alike.
    """
    scope = scope_of(caller)
    if incident is None or not _is_in(scope, incident):
        raise hidden()


def hidden() -> Problem:
    """Answer for what is not there, or must look as if it were not."""
    detail = "No incident of this id is known for you. If its alert was just sent, ask again."
    return Problem(404, "not-yet-open", detail, retry_after=1)


def _is_in(scope: Scope, incident: Incident) -> bool:
    if scope.station is not None:
        return incident.alert.station == scope.station
    if scope.center is not None:
        return scope.center in {entry.organisation for entry in incident.rounds}
    return True
