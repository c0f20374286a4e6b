"""A park whose centers have systems of their own, and incidents on their way to them."""

from dataclasses import replace
from typing import Any

from incident import events as e
from incident.alert import OrganisationId, Place
from incident.commands import Context
from incident.decisions.decide import begin, record
from incident.decisions.opening import open_incident
from incident.directory import Lookup
from incident.events import Body
from incident.lifecycle import Incident
from incident.moments import Via
from services.dispatcher.handlers.alerts import MACHINE
from services.dispatcher.handlers.outcomes import Parcel
from services.dispatcher.ports import Change, Store
from tests.builders import KINDS, PROFILE_115, an_actor, an_alert, at
from tests.incident.directories import park_document, read

EAST, WEST, PARK = (OrganisationId(code) for code in ("east-center", "west-center", "park-center"))
SECRET = "whsec_" + "c2VjcmV0LXRoYXQtaXMtbG9uZy1lbm91Z2gtMTE1"


def connected_document(**urls: str) -> dict[str, Any]:
    """The small park; each center whose opening word is given has its system there."""
    document = park_document()
    for center in document["centers"]:
        center.pop("webhook", None)
        url = urls.get(center["code"].partition("-")[0])
        if url is not None:
            center["webhook"] = {"url": url, "secret": "hook"}
    return document


def connected(**urls: str) -> Lookup:
    """That park, ready for questions."""
    return Lookup(read(connected_document(**urls)))


def opened(lookup: Lookup, *, number: int = 1, center: OrganisationId = EAST) -> Change:
    """The opening of an incident of a center."""
    alert = replace(an_alert(number=number), place=Place(center=center))
    body = open_incident(alert, lookup=lookup, kind=KINDS["police-alert"], profile=PROFILE_115)
    context = Context(now=at(0), actor=MACHINE, via=Via.AUTOMATIC)
    incident, event = begin(body, context=context)
    return Change(before=None, incident=incident, events=(event,))


async def open_one(
    store: Store, lookup: Lookup, *, number: int = 1, center: OrganisationId = EAST
) -> Incident:
    """Open an incident and keep it."""
    change = opened(lookup, number=number, center=center)
    async with store.work() as work:
        await work.save([change])
    return change.incident


async def happen(store: Store, incident: Incident, *bodies: Body) -> Incident:
    """Let something happen to an incident, and keep it."""
    context = Context(now=at(3), actor=an_actor(), via=Via.CONSOLE)
    async with store.work() as work:
        before = (await work.lock([incident.id]))[incident.id]
        after, events = record(before, bodies, context=context)
        await work.save([Change(before=before, incident=after, events=events)])
    return after


TRANSFER = e.IncidentTransferred(center=WEST, console=True, reason="theirs")


def a_parcel(incident: Incident, *, attempt: int = 1, url: str = "https://east.example/") -> Parcel:
    """An attempt to deliver an incident to its center."""
    return Parcel(
        id=incident.id,
        incident=incident.id,
        center=incident.center,
        round=incident.round.number,
        attempt=attempt,
        url=url,
        secret="hook",
        body='{"type":"alert.push.v1"}',
    )
