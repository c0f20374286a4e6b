"""Decide a command, then record what was decided: the two steps every handler takes."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from incident import commands as c
from incident import events as e
from incident.alert import IncidentId
from incident.commands import Command, Context, Facts
from incident.decisions import beside, center, following, shifts, teams
from incident.decisions.outcome import Decided
from incident.errors import NotAllowed
from incident.events import Body, Event
from incident.lifecycle import TRANSITIONS, Incident, State
from incident.moments import is_plausible
from incident.replay import apply

Decision = Callable[[Incident, Any, Context, Facts], Decided]
"""A decision of one command; `Any` is that command, which the table below pairs it with."""

DECISIONS: dict[type[Command], tuple[type[Body], Decision]] = {
    c.Receipt: (e.IncidentPushed, center.confirm_receipt),
    c.Acknowledge: (e.IncidentAcknowledged, center.acknowledge),
    c.Assign: (e.TeamAssigned, teams.assign),
    c.Accept: (e.TeamAccepted, teams.accept),
    c.Decline: (e.TeamDeclined, teams.decline),
    c.Depart: (e.TeamDeparted, teams.depart),
    c.Arrive: (e.TeamArrived, teams.arrive),
    c.CheckIn: (e.TeamCheckedIn, teams.check_in),
    c.Release: (e.TeamReleased, teams.release),
    c.Resolve: (e.IncidentResolved, center.resolve),
    c.Return: (e.IncidentReturned, center.return_for_completion),
    c.Close: (e.IncidentClosed, center.close),
    c.Reopen: (e.IncidentReopened, center.reopen),
    c.Cancel: (e.IncidentCancelled, beside.cancel),
    c.Refuse: (e.IncidentRefused, center.refuse),
    c.RequestPolice: (e.PoliceRequested, beside.request_police),
    c.PoliceArrive: (e.PoliceArrived, beside.police_arrive),
    c.HandOver: (e.HandoverOffered, beside.hand_over),
    c.AcceptHandover: (e.HandoverAccepted, beside.accept_handover),
    c.Update: (e.IncidentUpdated, beside.update),
    c.Note: (e.NoteAdded, beside.note),
    c.Noted: (e.UpdateNoted, beside.confirm_update),
    c.Urge: (e.IncidentUrged, beside.urge),
    c.RequestHelp: (e.HelpRequested, beside.request_help),
    c.Transfer: (e.IncidentTransferred, center.transfer),
    c.Merge: (e.IncidentMerged, beside.merge),
    c.Split: (e.IncidentSplit, beside.split),
    c.Supervise: (e.IncidentSupervised, following.supervise),
    c.EndSupervision: (e.SupervisionEnded, following.end_supervision),
    c.Ask: (e.IncidentAsked, following.ask),
    c.Answer: (e.IncidentAnswered, following.answer),
    c.ConfirmOutcome: (e.OutcomeConfirmed, following.confirm_outcome),
    c.FollowUp: (e.FollowUpCalled, following.follow_up),
    c.Shelve: (e.IncidentShelved, shifts.shelve),
    c.TakeOver: (e.IncidentTakenOver, shifts.take_over),
    c.RecordConflict: (e.ConflictRecorded, beside.record_conflict),
}
"""Each command with the event that decides whether a state takes it."""


_TEAM_ACTS = (
    e.TeamAccepted, e.TeamDeclined, e.TeamDeparted, e.TeamArrived, e.TeamCheckedIn, e.TeamReleased
)  # fmt: skip


def allowed_verbs(state: State) -> tuple[str, ...]:
    """The verbs that a state takes, in the order of a life."""
    row = TRANSITIONS[state]
    return tuple(verb for verb, command in c.VERBS.items() if DECISIONS[command][0] in row)


def decide(
    incident: Incident,
    command: Command,
    *,
    context: Context,
    facts: Facts,
) -> Decided:
    """Decide what a command does to an incident.

    Args:
        incident: Read under its lock.
        command: What is asked.
        context: Who asks, how and when.
        facts: What the directory and the team table say, read in the same transaction.

    Returns:
        The events to record; none where the command said nothing new.

    Raises:
        Refusal: Typed; nothing is to be recorded.
    """
    deciding_event, decision = DECISIONS[type(command)]
    if deciding_event not in TRANSITIONS[incident.state]:
        raise NotAllowed(
            f"an incident that is {incident.state} does not take this",
            allowed=allowed_verbs(incident.state),
        )
    return decision(incident, command, context, facts)


def begin(opened: e.IncidentOpened, *, context: Context) -> tuple[Incident, Event]:
    """Record the opening of an incident."""
    event = _event(opened.alert.id, 1, opened, context=context, floor=None)
    return apply(None, event), event


def record(
    incident: Incident, bodies: Sequence[Body], *, context: Context
) -> tuple[Incident, tuple[Event, ...]]:
    """Turn decided bodies into events and follow them.

    Whether the reported time is plausible is decided here, once, and kept with the event.

    Returns:
        The incident afterwards, and its new events.
    """
    events: list[Event] = []
    for body in bodies:
        event = _event(
            incident.id,
            incident.version + 1,
            body,
            context=context,
            floor=_floor(incident, body),
        )
        incident = apply(incident, event)
        events.append(event)
    return incident, tuple(events)


def _event(
    id_: IncidentId, version: int, body: Body, *, context: Context, floor: datetime | None
) -> Event:
    occurred_at = context.occurred_at or context.now
    return Event(
        incident=id_,
        version=version,
        occurred_at=occurred_at,
        recorded_at=context.now,
        disbelieved=context.occurred_at is not None  # the recording clock itself is never doubted
        and not is_plausible(occurred_at, floor=floor, recorded_at=context.now),
        actor=context.actor,
        via=context.via,
        proof=context.proof,
        body=body,
    )


def _floor(incident: Incident, body: Body) -> datetime:
    """What a reported time cannot precede.

    The earlier of reported and received (design, section 2), and for a team's act the
    assignment it belongs to.
    """
    alert = incident.alert
    floor = min(alert.received_at, alert.reported_at or alert.received_at)
    if isinstance(body, _TEAM_ACTS):
        return max(floor, incident.assignments[body.assignment - 1].assigned_at)
    if isinstance(body, e.SupervisionEnded):
        return max(floor, incident.supervisions[body.number - 1].supervised_at)
    if isinstance(body, e.IncidentResolved) and body.team is not None:
        own = (entry.assigned_at for entry in incident.assignments if entry.team == body.team)
        return max(floor, min(own))
    return floor
