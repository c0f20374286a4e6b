"""An alert becomes an incident: where it goes, what it is measured by, and what a second one is."""

from collections.abc import Container, Mapping
from uuid import uuid5

from incident.alert import Alert, IncidentId, Severity
from incident.directory import Lookup
from incident.events import IncidentOpened, LinkKind
from incident.lifecycle import ENDED, Incident
from incident.profile import Kind, Profile


class UnknownKindError(Exception):
    """The kind or its profile is not known here; the message names it."""


def open_incident(
    alert: Alert,
    *,
    lookup: Lookup,
    kind: Kind,
    profile: Profile,
    follows: tuple[IncidentId, LinkKind] | None = None,
    away: Container[str] = frozenset(),
) -> IncidentOpened:
    """Route an alert to its center and freeze its profile.

    An alert that leads to no center opens at the fallback center: it is never lost for want of
    a route.

    Args:
        alert: As intake checked it.
        lookup: The directory.
        kind: The alert's kind.
        profile: What it is measured by.
        follows: The ended incident it opens beside, if any.
        away: The centers at whose desk everybody is away.
    """
    named = (code for code in (alert.place.center, alert.place.place) if code is not None)
    found = next(filter(None, map(lookup.center_of, named)), None)
    center = found or lookup.fallback_center
    return IncidentOpened(
        alert=alert,
        center=center.code,
        fallback=found is None,
        console=center.consoles,
        profile=profile,
        dispositions=tuple(entry.code for entry in kind.dispositions),
        follows=None if follows is None else follows[0],
        follows_as=None if follows is None else follows[1],
        away=center.code in away,
        police_required=kind.police_required,
    )


def choose_profile(
    kind: Kind, severity: Severity, *, lookup: Lookup, profiles: Mapping[str, Profile]
) -> Profile:
    """The profile of a kind and severity, unless the directory names one for the kind.

    Raises:
        UnknownKindError: If the profile named is not known.
    """
    use = lookup.kinds.get(kind.code)
    code = use.profile if use is not None and use.profile else kind.profile_code(severity)
    profile = profiles.get(code)
    if profile is None:
        raise UnknownKindError(f"no profile {code} for kind {kind.code}")
    return profile


def is_retry(incident: Incident, *, fingerprint: str) -> bool:
    """Whether this content was applied or recorded before."""
    return fingerprint in incident.fingerprints


def is_update(incident: Incident, *, revision: int) -> bool:
    """Whether this revision is newer than what the incident stands at."""
    return revision > incident.revision


def following(incident: Incident, *, fingerprint: str) -> IncidentId:
    """The id of the incident opened beside an ended one for further content; the same each time."""
    return IncidentId(uuid5(incident.id, fingerprint))


def must_open_another(incident: Incident) -> bool:
    """Whether further content about an incident can no longer be told to it."""
    return incident.state in ENDED
