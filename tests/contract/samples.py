"""One message of each type, as a version of the product sends it.

`python -m tests.contract.samples 0.1.0` writes the samples of that version that are not there yet;
those that are there stay as they were sent.
"""

import json
import sys
from pathlib import Path
from typing import Any

from incident import messages as m
from incident.alert import Circumstances, IncidentId, OrganisationId, Severity, Status
from incident.chain import GENESIS, link
from incident.events import BODIES, type_name
from incident.presence import Presence
from incident.shift import CenterState
from services.runtime.codec import decode, to_builtins
from services.runtime.eventlog import from_text, to_text
from tests.builders import CENTER, STATION, at
from tests.contract.lives import DIGEST, LIVES, a_dispute

SAMPLES = Path(__file__).parents[2] / "schemas" / "samples"
CHANGED = "incident.changed"
SEALED = "k1.bm9uY2U.Y2lwaGVy"


def read(name: str, text: str) -> object:
    """Read a message as the services read it."""
    if name in BODIES:
        return from_text(text)
    return decode(text, m.IncidentChanged if name == CHANGED else m.TYPES[name])


def samples() -> dict[str, object]:
    """A message of each type, by type; of an event its text."""
    return {**_events(), CHANGED: to_builtins(_changed()), **_messages()}


def _events() -> dict[str, object]:
    found: dict[str, object] = {}
    for play in LIVES.values():
        for log in play().log.values():
            for event in log:
                found.setdefault(type_name(event.body), json.loads(to_text(event)))
    return found


def _changed() -> m.IncidentChanged:
    world = LIVES["usual_life"]()
    ((id_, log),) = world.log.items()
    previous = GENESIS
    for event in log[:-1]:
        previous = link(previous, to_text(event))
    last = to_text(log[-1])
    return m.IncidentChanged(
        event=last, previous=previous, hash=link(previous, last), incident=world[id_]
    )


def _messages() -> dict[str, Any]:
    alert = a_dispute()
    alive = m.Heartbeat(service="dispatcher", instance="d-1", sent_at=at(5), now=at(5))
    told = [
        (m.ALERT_RECEIVED, m.AlertReceived(alert=alert, sealed=SEALED)),
        (m.ALERT_UPDATED, _updated(alert.id)),
        (m.ALERT_CANCELLED, _cancelled(alert.id)),
        (
            m.CENTER_AWAY,
            m.CenterAway(
                center=CENTER,
                at=at(5),
                away=True,
                said=(Presence(operator="p-31", away=True, since=at(5), until=at(1805)),),
            ),
        ),
        (
            m.CENTER_DESK,
            m.CenterDesk(
                center=CENTER,
                at=at(5),
                state=CenterState.SILENT,
                on_shift=2,
                connected=1,
                audible=0,
                away=0,
                clients=0,
            ),
        ),
        (
            m.STEP_DUE,
            m.StepDue(
                incident=alert.id, step="1/direct-assign/1", due_at=at(60), fired_at=at(60.1)
            ),
        ),
        (m.TARGET_AT_RISK, _target(alert.id, at_=45, percent=75)),
        (m.TARGET_BREACHED, _target(alert.id, at_=60)),
        (m.TARGET_MET, _target(alert.id, at_=40, seconds=40.0)),
        (m.TARGET_AMENDED, _target(alert.id, at_=90, seconds=59.5)),
        (m.DISPATCHER_HEARTBEAT, alive),
        (m.NOTIFIER_HEARTBEAT, alive),
        (
            m.DIRECTORY_PUBLISHED,
            m.DirectoryPublished(
                version=7, document={"park": {"code": "park"}, "teams": []}, published_at=at(0)
            ),
        ),
        (
            m.HEADS_DIGEST,
            m.HeadsDigest(
                log="incidents",
                sequence=3,
                taken_at=at(3600),
                count=2,
                digest=DIGEST,
                previous=GENESIS,
            ),
        ),
    ]
    return {name: to_builtins(message) for name, message in told}


def _updated(id_: IncidentId) -> m.AlertUpdated:
    alert = a_dispute()
    return m.AlertUpdated(
        id=id_,
        station=alert.station,
        reference=alert.reference,
        revision=2,
        fingerprint=DIGEST,
        received_at=at(20),
        source=alert.source,
        status=Status.ACTUAL,
        severity=Severity.RED,
        circumstances=Circumstances(people=5, weapons=True),
        place="gate-1",
        sealed=SEALED,
    )


def _cancelled(id_: IncidentId) -> m.AlertCancelled:
    alert = a_dispute()
    return m.AlertCancelled(
        id=id_,
        station=OrganisationId(STATION),
        reference=alert.reference,
        reason="caller called off",
        received_at=at(30),
        source=alert.source,
    )


def _target(
    id_: IncidentId, *, at_: float, percent: int | None = None, seconds: float | None = None
) -> m.TargetChanged:
    return m.TargetChanged(
        incident=id_,
        round=1,
        leg="push",
        organisation=CENTER,
        due_at=at(60),
        at=at(at_),
        percent=percent,
        seconds=seconds,
    )


def write_missing(version: str) -> None:
    """Keep the samples of a version that are not kept yet."""
    folder = SAMPLES / version
    folder.mkdir(exist_ok=True, parents=True)
    for name, message in samples().items():
        path = folder / f"{name}.json"
        if not path.exists():
            path.write_text(json.dumps(message, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    write_missing(sys.argv[1])
