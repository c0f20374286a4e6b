"""What is asked about an incident: supervision, questions, confirmation and follow-up calls.

None of it moves the incident, but for one: who was called and is not satisfied reopens it.
"""

from datetime import datetime, timedelta

from incident import commands as c
from incident import events as e
from incident.alert import Status
from incident.commands import Context, Facts
from incident.decisions.outcome import Decided
from incident.errors import AlreadyDone, BadTarget, UnknownThing
from incident.lifecycle import Incident
from incident.moments import Actor

MOST = 50
"""Supervisions, and questions, that one incident takes."""

SHORTEST, LONGEST = timedelta(minutes=1), timedelta(days=366)
"""How far away a supervision's deadline may be."""

SATISFIED_FROM = 3
"""The mark, of 1 to 5, from which on somebody is satisfied."""


def supervise(incident: Incident, command: c.Supervise, context: Context, facts: Facts) -> Decided:
    """Put it under supervision, with its own clock.

    Raises:
        UnknownThing: If no such organisation is known to answer for it.
        BadTarget: If the deadline is too near or too far, or there are too many.
    """
    owner = command.owner.organisation
    if owner not in facts.organisations:
        raise UnknownThing(f"no organisation {owner}", allowed=tuple(sorted(facts.organisations)))
    if not SHORTEST <= command.deadline - context.now <= LONGEST:
        raise BadTarget("the deadline must be from one minute to 366 days away")
    supervised = e.IncidentSupervised(
        number=_next(len(incident.supervisions)),
        owner=command.owner,
        deadline=command.deadline,
        text=command.text,
        remind_at_percent=facts.remind_at_percent,
    )
    return Decided(bodies=(supervised,))


def end_supervision(
    incident: Incident, command: c.EndSupervision, context: Context, facts: Facts
) -> Decided:
    """Its author ends a supervision; nobody else can.

    Raises:
        UnknownThing: If there is no supervision of that number.
        BadTarget: If it is another's.
        AlreadyDone: If it was ended before.
    """
    del facts
    if not 1 <= command.number <= len(incident.supervisions):
        numbers = tuple(str(entry.number) for entry in incident.supervisions)
        raise UnknownThing(f"no supervision {command.number}", allowed=numbers)
    found = incident.supervisions[command.number - 1]
    if not _is_author(context.actor, found.by):
        who = found.by.person or found.by.role
        raise BadTarget(
            f"only its author may end it: {who} of {found.by.organisation}",
            allowed=(found.by.organisation,),
        )
    if found.ended is not None:
        by = found.ended.actor.person or found.ended.actor.id
        raise AlreadyDone(f"already ended by {by}", by=by, at=found.ended.at)
    return Decided(bodies=(e.SupervisionEnded(number=command.number, text=command.text),))


def _is_author(actor: Actor, author: Actor) -> bool:
    """The same office; where a person put it there, that person."""
    if (actor.organisation, actor.role) != (author.organisation, author.role):
        return False
    return author.person is None or actor.person == author.person


def ask(incident: Incident, command: c.Ask, context: Context, facts: Facts) -> Decided:
    """The station asks the center something.

    Raises:
        BadTarget: If there are too many questions.
    """
    del context, facts
    number = _next(len(incident.questions))
    return Decided(bodies=(e.IncidentAsked(number=number, text=command.text),))


def answer(incident: Incident, command: c.Answer, context: Context, facts: Facts) -> Decided:
    """The center answers a question, once.

    Raises:
        UnknownThing: If there is no question of that number.
        AlreadyDone: If it was answered before.
    """
    del context, facts
    if not 1 <= command.number <= len(incident.questions):
        numbers = tuple(str(entry.number) for entry in incident.questions)
        raise UnknownThing(f"no question {command.number}", allowed=numbers)
    given = incident.questions[command.number - 1].answered
    if given is not None:
        by = given.actor.person or given.actor.id
        raise AlreadyDone(f"already answered by {by}", by=by, at=given.at)
    return Decided(bodies=(e.IncidentAnswered(number=command.number, text=command.text),))


def confirm_outcome(
    incident: Incident, command: c.ConfirmOutcome, context: Context, facts: Facts
) -> Decided:
    """The station confirms the outcome; told twice in a round says nothing new."""
    del command, context, facts
    if incident.outcome_confirmed_at is not None:
        return Decided()
    return Decided(bodies=(e.OutcomeConfirmed(),))


def follow_up(incident: Incident, command: c.FollowUp, context: Context, facts: Facts) -> Decided:
    """Keep what came of a follow-up call; who is not satisfied reopens the incident.

    Nobody there leaves the call to be made again, as often as the kind says.

    Raises:
        BadTarget: If no call is to be made, or its answers contradict one another.
    """
    del context
    if incident.follow_up_due is None:
        raise BadTarget("no follow-up call is to be made", allowed=("note",))
    satisfied = _satisfied(command)
    made = sum(call.round == incident.round.number for call in incident.follow_up_calls) + 1
    most = 1 if facts.follow_up is None else facts.follow_up.attempts
    called = e.FollowUpCalled(
        reached=command.reached,
        done=command.reached or made >= most,
        satisfied=satisfied,
        satisfaction=command.satisfaction,
        text=command.text,
    )
    if satisfied is not False:
        return Decided(bodies=(called,))
    reopened = e.IncidentReopened(reason="unsatisfied", away=incident.center in facts.away)
    return Decided(bodies=(called, reopened))


def _satisfied(command: c.FollowUp) -> bool | None:
    """What was said, by word or by mark; nothing where nobody was reached."""
    mark = command.satisfaction
    by_mark = None if mark is None else mark >= SATISFIED_FROM
    said = by_mark if command.satisfied is None else command.satisfied
    if command.reached is (said is None):
        raise BadTarget("answers are given exactly if somebody was reached")
    if by_mark not in {None, said}:
        raise BadTarget(f"a mark of {mark} contradicts what was said")
    return said


def follow_up_by(
    incident: Incident, disposition: str, *, now: datetime, facts: Facts
) -> datetime | None:
    """Until when those who were helped are to be called, if the kind says so; never in a drill."""
    rule = facts.follow_up
    if rule is None or incident.alert.status is not Status.ACTUAL:
        return None
    return now + rule.within.length if disposition in rule.dispositions else None


def _next(count: int) -> int:
    if count >= MOST:
        raise BadTarget(f"one incident takes {MOST} of these")
    return count + 1
