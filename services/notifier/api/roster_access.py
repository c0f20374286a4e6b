"""Who may see and change whose roster.

A chief keeps that of the own center, a supervisor that of the park, a station its own, an admin
all. The park's people see all of them; whoever works for the organisation sees its own, without
the ways to reach people.
"""

from incident.alert import OrganisationId
from incident.directory import OrganisationType
from services.notifier.ports import Atlas
from services.runtime.auth import Principal, Role
from services.runtime.problems import Problem

KEEPERS = {
    Role.CHIEF: OrganisationType.CENTER,
    Role.SUPERVISOR: OrganisationType.PARK,
    Role.STATION: OrganisationType.STATION,
}
SEES_ALL = frozenset({Role.SUPERVISOR, Role.AUDITOR, Role.ADMIN})
NO_ORGANISATION = Problem(
    404, "unknown-organisation", "No center, park or station of this code keeps a roster here."
)
WITH_ROSTER = frozenset(KEEPERS.values())


def find_organisation(caller: Principal, code: str, atlas: Atlas) -> OrganisationId:
    """Give the organisation whose roster a caller may see.

    Raises:
        Problem: 403 for another's, whether or not it is there; 404 for one that has no roster.
    """
    if caller.role not in SEES_ALL and caller.organisation != code:
        raise forbidden("A key sees the roster of its own organisation; the park's people see all.")
    if _type_of(code, atlas) not in WITH_ROSTER:
        raise NO_ORGANISATION
    return OrganisationId(code)


def keeps(caller: Principal, organisation: OrganisationId, atlas: Atlas) -> bool:
    """Whether a caller may change a roster."""
    if caller.role is Role.ADMIN:
        return True
    kept = KEEPERS.get(caller.role)
    own = caller.organisation == organisation
    return own and kept is not None and _type_of(organisation, atlas) is kept


def require_keeper(caller: Principal, organisation: OrganisationId, atlas: Atlas) -> None:
    """Refuse whoever may not change a roster.

    Raises:
        Problem: 403.
    """
    if not keeps(caller, organisation, atlas):
        raise forbidden(
            "A center's chief, the park's supervisor and a station keep their own roster, "
            "an admin keeps any."
        )


def sees_channels(caller: Principal, organisation: OrganisationId, atlas: Atlas) -> bool:
    """Whether a caller sees how people are reached, by masks."""
    return caller.role in SEES_ALL or keeps(caller, organisation, atlas)


def forbidden(detail: str) -> Problem:
    """Answer for what a caller may not do."""
    return Problem(403, "forbidden", detail)


def _type_of(code: str, atlas: Atlas) -> OrganisationType | None:
    lookup = atlas.lookup
    return None if lookup is None else lookup.organisations.get(code)
