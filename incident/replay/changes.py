"""The changes that events make: moments stamped, rounds begun and ended, assignments moved on."""

from dataclasses import replace
from datetime import datetime

from incident.alert import TeamId
from incident.events import EndReason, Event
from incident.lifecycle import (
    ASSIGNMENT_STATES,
    Assignment,
    Incident,
    Round,
    RoundCause,
    State,
)
from incident.moments import Moment, MomentName


class BrokenHistoryError(Exception):
    """The events are no history: one is missing, doubled, foreign or stands where it cannot."""


def judged_at(event: Event) -> datetime:
    """When the event counts as having happened: as reported if plausible, else as recorded."""
    return event.recorded_at if event.disbelieved else event.occurred_at


def stamp(
    incident: Incident,
    event: Event,
    *names: MomentName,
    team: TeamId | None = None,
    round_number: int | None = None,
) -> Incident:
    """Stamp moments, in the present round unless another is said."""
    number = incident.round.number if round_number is None else round_number
    stamped = tuple(
        Moment(
            name=name,
            round=number,
            occurred_at=event.occurred_at,
            recorded_at=event.recorded_at,
            judged_at=judged_at(event),
            disbelieved=event.disbelieved,
            actor=event.actor,
            via=event.via,
            proof=event.proof,
            team=team,
        )
        for name in names
    )
    return replace(incident, moments=incident.moments + stamped)


def end(incident: Incident, event: Event, *names: MomentName) -> Incident:
    """End the incident and its round, stamping these moments and its end."""
    at = judged_at(event)
    ended = replace(incident.round, ended_at=at)
    return replace(
        stamp(incident, event, *names, MomentName.ENDED),
        rounds=(*incident.rounds[:-1], ended),
        ended_at=at,
        handover=None,
        handover_at=None,
    )


def next_round(incident: Incident, event: Event, cause: RoundCause) -> Incident:
    """Begin a round, charged to the center that has the incident; the last one is over."""
    at = judged_at(event)
    last = incident.round
    closed = last if last.ended_at is not None else replace(last, ended_at=at)
    began = Round(number=last.number + 1, cause=cause, organisation=incident.center, started_at=at)
    return replace(
        incident,
        rounds=(*incident.rounds[:-1], closed, began),
        ended_at=None,
        outcome_confirmed_at=None,
        follow_up_due=None,
    )


def assignment_of(incident: Incident, number: int) -> Assignment:
    """The assignment of a number.

    Raises:
        BrokenHistoryError: If there is none.
    """
    if not 1 <= number <= len(incident.assignments):
        raise BrokenHistoryError(f"{incident.id}: no assignment {number}")
    return incident.assignments[number - 1]


def change_assignment(incident: Incident, number: int, changed: Assignment) -> Incident:
    """Put an assignment in the place of the one of its number."""
    entries = list(incident.assignments)
    entries[number - 1] = changed
    return replace(incident, assignments=tuple(entries))


def act(incident: Incident, event: Event, number: int, name: MomentName) -> Incident:
    """Follow a team's act: its moment, and how far the team has come."""
    entry = assignment_of(incident, number)
    state = State(name.value)
    farther = ASSIGNMENT_STATES.index(state) > ASSIGNMENT_STATES.index(entry.state)
    changed = replace(
        entry,
        acts=(*entry.acts, name),
        state=state if farther and entry.is_live else entry.state,
    )
    stamped = stamp(incident, event, name, team=entry.team, round_number=entry.round)
    return change_assignment(stamped, number, changed)


def end_assignment(incident: Incident, event: Event, number: int, reason: EndReason) -> Incident:
    """End an assignment when the event counts as having happened."""
    entry = assignment_of(incident, number)
    return change_assignment(
        incident, number, replace(entry, ended_at=judged_at(event), end_reason=reason)
    )
