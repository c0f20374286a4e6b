"""What supervisions, questions and follow-up calls do to an incident, beside all else."""

from dataclasses import replace

from incident import events as e
from incident.events import Event
from incident.following import FollowUpCall, Question, Settled, Supervision
from incident.lifecycle import Incident
from incident.replay.changes import BrokenHistoryError, judged_at
from incident.replay.effects import fold

__all__ = ["fold"]


@fold.register
def _supervised(body: e.IncidentSupervised, incident: Incident, event: Event) -> Incident:
    if body.number != len(incident.supervisions) + 1:
        raise BrokenHistoryError(f"{incident.id}: supervision {body.number} does not follow")
    begun = Supervision(
        number=body.number,
        version=event.version,
        by=event.actor,
        owner=body.owner,
        supervised_at=judged_at(event),
        deadline=body.deadline,
        remind_at_percent=body.remind_at_percent,
    )
    return replace(incident, supervisions=(*incident.supervisions, begun))


@fold.register
def _supervision_ended(body: e.SupervisionEnded, incident: Incident, event: Event) -> Incident:
    if not 1 <= body.number <= len(incident.supervisions):
        raise BrokenHistoryError(f"{incident.id}: no supervision {body.number}")
    entries = list(incident.supervisions)
    entries[body.number - 1] = replace(entries[body.number - 1], ended=_settled(event))
    return replace(incident, supervisions=tuple(entries))


@fold.register
def _asked(body: e.IncidentAsked, incident: Incident, event: Event) -> Incident:
    if body.number != len(incident.questions) + 1:
        raise BrokenHistoryError(f"{incident.id}: question {body.number} does not follow")
    asked = Question(
        number=body.number,
        version=event.version,
        by=event.actor.organisation,
        asked_at=judged_at(event),
    )
    return replace(incident, questions=(*incident.questions, asked))


@fold.register
def _answered(body: e.IncidentAnswered, incident: Incident, event: Event) -> Incident:
    if not 1 <= body.number <= len(incident.questions):
        raise BrokenHistoryError(f"{incident.id}: no question {body.number}")
    entries = list(incident.questions)
    entries[body.number - 1] = replace(entries[body.number - 1], answered=_settled(event))
    return replace(incident, questions=tuple(entries))


@fold.register
def _confirmed(body: e.OutcomeConfirmed, incident: Incident, event: Event) -> Incident:
    del body
    return replace(incident, outcome_confirmed_at=judged_at(event))


@fold.register
def _called(body: e.FollowUpCalled, incident: Incident, event: Event) -> Incident:
    call = FollowUpCall(
        round=incident.round.number,
        called_at=judged_at(event),
        by=event.actor,
        reached=body.reached,
        satisfied=body.satisfied,
        satisfaction=body.satisfaction,
    )
    return replace(
        incident,
        follow_up_calls=(*incident.follow_up_calls, call),
        follow_up_due=None if body.done else incident.follow_up_due,
    )


def _settled(event: Event) -> Settled:
    return Settled(
        at=judged_at(event), recorded_at=event.recorded_at, actor=event.actor, via=event.via
    )
