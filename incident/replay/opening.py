"""The opening: the first event gives the incident."""

from incident import events as e
from incident.events import Event
from incident.lifecycle import (
    Incident,
    Link,
    Round,
    RoundCause,
    State,
)
from incident.moments import Moment, MomentName
from incident.replay.changes import BrokenHistoryError


def opened(body: e.IncidentOpened, event: Event) -> Incident:
    """Give the incident as it is opened.

    Raises:
        BrokenHistoryError: If the event is about another incident than its alert.
    """
    alert = body.alert
    if event.incident != alert.id:
        raise BrokenHistoryError(f"{event.incident}: opened with alert {alert.id}")
    began = Round(
        number=1,
        cause=RoundCause.OPENED,
        organisation=body.center,
        started_at=alert.received_at,
    )
    stamped = [(MomentName.RECEIVED, alert.received_at)]
    if alert.reported_at is not None:
        stamped.insert(0, (MomentName.REPORTED, alert.reported_at))
    follows: tuple[Link, ...] = ()
    if body.follows is not None and body.follows_as is not None:
        follows = (Link(other=body.follows, link=body.follows_as),)
    return Incident(
        id=alert.id,
        version=1,
        state=State.OPEN,
        alert=alert,
        center=body.center,
        fallback=body.fallback,
        console=body.console,
        profile=body.profile,
        dispositions=body.dispositions,
        severity=alert.severity,
        circumstances=alert.circumstances,
        place=alert.place.place,
        revision=alert.revision,
        fingerprints=(alert.fingerprint,),
        opened_at=event.recorded_at,
        updated_at=event.recorded_at,
        rounds=(began,),
        moments=tuple(
            Moment(
                name=name,
                round=1,
                occurred_at=at,
                recorded_at=alert.received_at,
                judged_at=at,
                disbelieved=False,
                actor=event.actor,
                via=event.via,
            )
            for name, at in stamped
        ),
        links=follows,
        police_required=body.police_required,
        away=body.away,
        late_entry=body.late_entry,
        outage=body.outage,
    )
