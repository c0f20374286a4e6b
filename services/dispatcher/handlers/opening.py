"""What an alert opens with: its kind and profile, or what stands in for them, so that it opens."""

from collections.abc import Container

import structlog

from incident.alert import Alert, IncidentId
from incident.decisions.opening import UnknownKindError, choose_profile, open_incident
from incident.events import IncidentOpened, LinkKind
from incident.profile import Kind, Profile
from services.dispatcher.ports import Atlas

FALLBACK_KIND = "police-alert"

_log = structlog.get_logger(__name__)


def opening_of(
    alert: Alert,
    *,
    atlas: Atlas,
    follows: tuple[IncidentId, LinkKind] | None,
    away: Container[str] = frozenset(),
) -> IncidentOpened:
    """Decide how an alert opens; whatever it says or the directory lacks, it does.

    Args:
        alert: As intake checked it.
        atlas: The directory and the kinds.
        follows: The ended incident it opens beside, if any.
        away: The centers at whose desk everybody is away.
    """
    kind = kind_of(alert, atlas=atlas)
    if kind.code != alert.kind:
        _log.warning("alert_kind_unknown", incident_id=str(alert.id), kind=alert.kind)
    return open_incident(
        alert,
        lookup=atlas.lookup,
        kind=kind,
        profile=_profile_of(alert, kind, atlas=atlas),
        follows=follows,
        away=away,
    )


def kind_of(alert: Alert, *, atlas: Atlas) -> Kind:
    """The alert's kind, or the one that an alert of an unknown kind is treated as."""
    return atlas.kinds.get(alert.kind) or atlas.kinds[FALLBACK_KIND]


def _profile_of(alert: Alert, kind: Kind, *, atlas: Atlas) -> Profile:
    try:
        return choose_profile(kind, alert.severity, lookup=atlas.lookup, profiles=atlas.profiles)
    except UnknownKindError as error:
        _log.warning("alert_profile_unknown", incident_id=str(alert.id), fault=str(error))
        return atlas.profiles[kind.profile_code(alert.severity)]
