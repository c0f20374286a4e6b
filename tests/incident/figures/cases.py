"""Cases to count, with times in seconds or hours from the first one's receipt."""

from datetime import timedelta
from uuid import UUID

from incident.alert import OrganisationId, Severity, Status
from incident.figures.case import Case, Measure, Reopening, Stint
from incident.lifecycle import State
from incident.moments import ActorKind, Proof
from incident.profile import OnSite
from tests.builders import RECEIVED

HOUR = timedelta(hours=1)


def a_case(number: int = 1, *, hours: float = 0, closed: float | None = 1, **more: object) -> Case:
    """A case received so many hours after the first and closed on site an hour later."""
    ended = None if closed is None else RECEIVED + (hours + closed) * HOUR
    values: dict[str, object] = {
        "id": UUID(int=number),
        "status": Status.ACTUAL,
        "station": OrganisationId("station-1"),
        "center": OrganisationId("heling"),
        "kind": "police-alert",
        "severity": Severity.YELLOW,
        "received_at": RECEIVED + hours * HOUR,
        "state": State.CLOSED if ended else State.ON_SCENE,
        "ended_at": ended,
        "disposition": "handled_on_site" if ended else None,
        "on_site": OnSite.YES if ended else None,
    }
    return Case(**{**values, **more})  # type: ignore[arg-type]  # checked by the class


def reopened(*, ended: float, again: float) -> Reopening:
    """A reopening, in hours after the first receipt."""
    return Reopening(ended_at=RECEIVED + ended * HOUR, reopened_at=RECEIVED + again * HOUR)


def a_stint(
    *,
    acknowledge: float | None = None,
    arrive: float | None = None,
    report: float | None = None,
    by: ActorKind = ActorKind.PERSON,
    proof: Proof | None = None,
) -> Stint:
    """A round with some times."""

    def measured(seconds: float | None) -> Measure | None:
        return None if seconds is None else Measure(seconds=seconds, by=by, proof=proof)

    return Stint(
        number=1,
        organisation=OrganisationId("heling"),
        acknowledge=measured(acknowledge),
        arrive=measured(arrive),
        report=measured(report),
    )
