"""An alert without incident, judged as the incident it would be: the watcher trusts nobody else."""

from incident.alert import Alert
from incident.decisions.opening import UnknownKindError, choose_profile, open_incident
from incident.events import Event
from incident.moments import Actor, ActorKind, Via
from incident.replay import apply
from services.notifier.handlers.judging import Subject
from services.notifier.ports import Atlas


def provisional(alert: Alert, atlas: Atlas) -> Subject | None:
    """Say what an alert would open, by the notifier's own copy of the directory and the kinds.

    Returns:
        None where they do not tell: no directory came yet, or the kind is not known here.
    """
    lookup, kind = atlas.lookup, atlas.kinds.get(alert.kind)
    if lookup is None or kind is None:
        return None
    try:
        profile = choose_profile(kind, alert.severity, lookup=lookup, profiles=atlas.profiles)
    except UnknownKindError:
        return None
    opened = Event(
        incident=alert.id,
        version=1,
        occurred_at=alert.received_at,
        recorded_at=alert.received_at,
        disbelieved=False,
        actor=Actor(
            kind=ActorKind.MACHINE,
            id="notifier",
            role="notifier",
            organisation=lookup.directory.park.code,
        ),
        via=Via.AUTOMATIC,
        body=open_incident(alert, lookup=lookup, kind=kind, profile=profile),
    )
    return Subject(incident=apply(None, opened), provisional=True)
