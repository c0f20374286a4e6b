"""An entry of what was handled by telephone while nothing else worked."""

from incident.alert import OrganisationId, Reference, Severity, Source, Status, TeamId
from incident.moments import MomentName
from services.dispatcher.handlers.late_entries import Entry
from tests.builders import at
from tests.services.dispatcher.park import WEST

MOMENTS = (
    (MomentName.RECEIVED, at(-3600)),
    (MomentName.ACKNOWLEDGED, at(-3540)),
    (MomentName.ASSIGNED, at(-3530)),
    (MomentName.ACCEPTED, at(-3520)),
    (MomentName.EN_ROUTE, at(-3500)),
    (MomentName.ON_SCENE, at(-3300)),
    (MomentName.RESOLVED, at(-1800)),
    (MomentName.CLOSED, at(-1200)),
)


def an_entry() -> Entry:
    """A whole life, an hour ago."""
    return Entry(
        sender=OrganisationId(WEST),
        source=Source.CENTER,
        reference=Reference(number="paper-17", order="1"),
        center=OrganisationId(WEST),
        place="west-1",
        kind="police-alert",
        severity=Severity.YELLOW,
        status=Status.ACTUAL,
        moments=MOMENTS,
        team=TeamId("west-a"),
        disposition="handled_on_site",
        result=(),
        outage="power",
        digest="e" * 64,
        sealed="k1.bm9uY2U.Y2lwaGVy",
    )
