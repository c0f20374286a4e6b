"""What each callback says beyond where the incident stands: codes, numbers and moments, no text."""

from collections.abc import Callable, Mapping

from incident import events as e
from incident.events import Body, Event
from incident.events.following import IncidentAnswered, IncidentSupervised
from incident.lifecycle import Incident
from incident.messages import StepDue, TargetChanged
from services.notifier.handlers.callbacks.kinds import CallbackType

Details = Mapping[str, object]
Tell = Callable[[Event, Incident], Details]


def of_opening(incident: Incident) -> Details:
    """Which center it went to, and since when its clocks run."""
    return {
        "received_at": incident.alert.received_at,
        "fallback": incident.fallback,
        "late": incident.alert.late,
    }


def of_target(target: TargetChanged) -> Details:
    """Which clock, charged to whom."""
    return {
        "leg": target.leg,
        "leg_round": target.round,
        "organisation": target.organisation,
        "due_at": target.due_at,
        "percent": target.percent,
        "seconds": target.seconds,
    }


def of_step(step: StepDue, incident: Incident) -> Details:
    """Which step, and what the station can do about it."""
    alert, about = f"/v1/alerts/{incident.id}", f"/v1/incidents/{incident.id}"
    return {
        "step": step.step,
        "due_at": step.due_at,
        "choices": [
            {"act": "urge", "method": "POST", "path": f"{about}/urge"},
            {"act": "update", "method": "POST", "path": f"{alert}/updates"},
            {"act": "cancel", "method": "POST", "path": f"{alert}/cancellation"},
        ],
    }


def _nothing(_event: Event, _incident: Incident) -> Details:
    return {}


def _opened(_event: Event, incident: Incident) -> Details:
    return of_opening(incident)


def _pushed(event: Event, _incident: Incident) -> Details:
    return {"via": event.via}


def _assigned(event: Event, _incident: Incident) -> Details:
    body = event.body
    assert isinstance(body, e.TeamAssigned)  # noqa: S101  # by the table below
    return {"team": body.team, "assignment": body.assignment, "automatic": body.step is not None}


def _arrived(event: Event, _incident: Incident) -> Details:
    body = event.body
    assert isinstance(body, e.TeamArrived)  # noqa: S101  # by the table below
    return {
        "team": body.team,
        "assignment": body.assignment,
        "arrived_at": event.occurred_at,
        "proof": event.proof,
        "late_fact": body.late,
    }


def _ended(_event: Event, incident: Incident) -> Details:
    return {"disposition": incident.disposition, "merged_into": incident.merged_into}


def _resolved(_event: Event, incident: Incident) -> Details:
    return {"disposition": incident.disposition}


def _reason(event: Event, _incident: Incident) -> Details:
    return {"reason": getattr(event.body, "reason", None)}


def _handover(event: Event, _incident: Incident) -> Details:
    body = event.body
    assert isinstance(body, e.HandoverOffered | e.HandoverAccepted)  # noqa: S101  # by the table
    return {"to": body.to}


def _transferred(event: Event, _incident: Incident) -> Details:
    body = event.body
    assert isinstance(body, e.IncidentTransferred)  # noqa: S101  # by the table below
    return {"to": body.center, "reason": body.reason}


def _conflict(event: Event, _incident: Incident) -> Details:
    body = event.body
    assert isinstance(body, e.ConflictRecorded)  # noqa: S101  # by the table below
    return {"revision": body.revision, "received_at": body.received_at}


def _updated(event: Event, _incident: Incident) -> Details:
    body = event.body
    assert isinstance(body, e.IncidentUpdated)  # noqa: S101  # by the table below
    return {"number": body.number, "revision": body.revision}


def _supervised(event: Event, _incident: Incident) -> Details:
    body = event.body
    assert isinstance(body, IncidentSupervised)  # noqa: S101  # by the table below
    return {
        "number": body.number,
        "deadline": body.deadline,
        "organisation": body.owner.organisation,
        "post": body.owner.post,
    }


def _answered(event: Event, _incident: Incident) -> Details:
    body = event.body
    assert isinstance(body, IncidentAnswered)  # noqa: S101  # by the table below
    return {"number": body.number}


OF_EVENTS: Mapping[type[Body], tuple[CallbackType, Tell]] = {
    e.IncidentOpened: (CallbackType.ACCEPTED, _opened),
    e.IncidentPushed: (CallbackType.DELIVERED, _pushed),
    e.IncidentAcknowledged: (CallbackType.ACKNOWLEDGED, _nothing),
    e.TeamAssigned: (CallbackType.ASSIGNED, _assigned),
    e.TeamArrived: (CallbackType.ON_SCENE, _arrived),
    e.IncidentResolved: (CallbackType.RESOLVED, _resolved),
    e.IncidentClosed: (CallbackType.CLOSED, _ended),
    e.IncidentMerged: (CallbackType.CLOSED, _ended),
    e.IncidentRefused: (CallbackType.REFUSED, _reason),
    e.PoliceRequested: (CallbackType.POLICE_REQUESTED, _reason),
    e.HandoverOffered: (CallbackType.HANDOVER_OFFERED, _handover),
    e.HandoverAccepted: (CallbackType.HANDED_OVER, _handover),
    e.IncidentTransferred: (CallbackType.TRANSFERRED, _transferred),
    e.IncidentReopened: (CallbackType.REOPENED, _reason),
    e.IncidentSplit: (CallbackType.REOPENED, _reason),
    e.ConflictRecorded: (CallbackType.CONFLICT, _conflict),
    e.IncidentCancelled: (CallbackType.CANCELLED, _reason),
    e.CancellationRefused: (CallbackType.CANCELLATION_REFUSED, _reason),
    e.IncidentUpdated: (CallbackType.UPDATED, _updated),
    IncidentSupervised: (CallbackType.SUPERVISED, _supervised),
    IncidentAnswered: (CallbackType.ANSWERED, _answered),
}
"""What the station is told of each event; of the others nothing."""
