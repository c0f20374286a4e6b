"""Incidents that were opened at chosen moments, as the dispatcher tells of them on Kafka.

A real one is the pattern: its alert went through intake and dispatcher. The others have ids and
moments of their own; whoever follows `incidents.v1` cannot tell them from it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from incident.alert import IncidentId
from incident.chain import GENESIS, link
from incident.lifecycle import Incident
from incident.messages import IncidentChanged
from loadtests.alerts import Reports
from loadtests.posting import Posts
from loadtests.site import Site
from services.runtime import codec, envelope
from services.runtime.ids import new_id
from services.runtime.records import Record

OPENED = "incident.opened.v1"
_OPENED_SECONDS, _POLL_SECONDS = 20.0, 0.05
_FIND = """
select document::text as document, canonical
from dispatcher.incident
join dispatcher.event on event.incident = incident.id and event.version = 1
join notifier.incident as followed on followed.id = incident.id and followed.version > 0
where incident.id = $1
"""


@dataclass(frozen=True, slots=True)
class Pattern:
    """What others are made like.

    Attributes:
        event: The canonical text of its opening.
    """

    incident: Incident
    event: str


async def pattern(site: Site) -> Pattern:
    """Send one alert and return what it opened, once the notifier has heard of it.

    Raises:
        TimeoutError: It was not opened in time.
    """
    (report,) = Reports(site, first=9_000_001).make(1)
    await Posts(site.intake, [report]).send(0, 0.0)
    connection = await site.connect()
    try:
        deadline = site.clock.monotonic() + _OPENED_SECONDS
        while (row := await connection.fetchrow(_FIND, report.id)) is None:
            if site.clock.monotonic() > deadline:
                raise TimeoutError("the alert was not opened")
            await site.clock.sleep(_POLL_SECONDS)
    finally:
        await connection.close()
    return Pattern(codec.decode(row["document"], Incident), row["canonical"])


def opened_at(like: Incident, moments: Iterable[datetime]) -> Iterator[Incident]:
    """Give incidents like one, each received at a moment."""
    for moment in moments:
        yield _moved(like, IncidentId(new_id()), by=moment - like.alert.received_at)


def _moved(like: Incident, id_: IncidentId, *, by: timedelta) -> Incident:
    alert = replace(like.alert, id=id_, received_at=like.alert.received_at + by, reported_at=None)
    return replace(
        like,
        id=id_,
        alert=alert,
        opened_at=like.opened_at + by,
        updated_at=like.updated_at + by,
        rounds=tuple(replace(entry, started_at=entry.started_at + by) for entry in like.rounds),
        moments=tuple(
            replace(
                entry,
                occurred_at=entry.occurred_at + by,
                recorded_at=entry.recorded_at + by,
                judged_at=entry.judged_at + by,
            )
            for entry in like.moments
        ),
    )


def told(incident: Incident, event: str, topic: str) -> Record:
    """Return what the dispatcher would tell of an incident just opened.

    Args:
        incident: As opened.
        event: The canonical text of an opening.
        topic: Where incidents are told.
    """
    message = IncidentChanged(
        event=event, previous=GENESIS, hash=link(GENESIS, event), incident=incident
    )
    about = envelope.Envelope(
        id=str(new_id()),
        source="/dispatcher",
        type=OPENED,
        time=incident.opened_at,
        subject=str(incident.id),
    )
    return Record(
        topic=topic,
        key=str(incident.id),
        value=codec.encode(message),
        headers=envelope.build(about),
    )
