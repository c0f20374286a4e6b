"""Test messages: to a person, to a center, and to everybody once a month.

A test is a message of its own, is never bundled, and asks to be confirmed by its link. The month's
test is due at an hour of a day of the park's clock; a month that passed unseen is not made up for.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from incident.roster import PersonCode
from services.notifier.handlers.messages.planning import BUNDLES, Times, ways_of
from services.notifier.handlers.messages.rules import Rules
from services.notifier.ports.messages import Message, MessageState, Person, Purpose, Reason
from services.notifier.ports.people import People, Way


def month_due(now: datetime, *, zone: ZoneInfo, rules: Rules) -> str | None:
    """Name the month whose test is due by now; None before its day and hour."""
    local = now.astimezone(zone)
    if (local.day, local.hour) < (rules.month_day, rules.month_hour):
        return None
    return f"{local.year:04}-{local.month:02}"


def monthly(
    month: str, people: People, *, endpoint: Callable[[Way], str], at: Times
) -> list[Message]:
    """Make the month's test of everybody who can be reached."""
    everybody = (Person(organisation=org, code=code) for org, code in people.everybody())
    return [
        _test(
            uuid5(BUNDLES, f"monthly/{month}/{one.organisation}/{one.code}"),
            one,
            people,
            endpoint=endpoint,
            at=at,
            month=month,
        )
        for one in everybody
    ]


def tests(
    named: Iterable[tuple[UUID, Person]],
    people: People,
    *,
    endpoint: Callable[[Way], str],
    at: Times,
) -> list[Message]:
    """Make a test of each person under an id."""
    return [_test(id_, person, people, endpoint=endpoint, at=at) for id_, person in named]


def _test(  # what a message is made of, by name
    id_: UUID,
    person: Person,
    people: People,
    *,
    endpoint: Callable[[Way], str],
    at: Times,
    month: str | None = None,
) -> Message:
    contact = people.contact(person.organisation, PersonCode(person.code))
    ways = [] if contact is None else ways_of(contact, voice=False)
    missing = None if ways else Reason.NO_CONTACT if contact is None else Reason.NO_WAY
    return Message(
        id=id_,
        purpose=Purpose.TEST if month is None else Purpose.MONTHLY,
        person=person,
        about=None,
        due_at=at.now,
        made_at=at.now,
        next_at=at.real,
        month=month,
        state=MessageState.WAITING if ways else MessageState.FAILED,
        reason=missing,
        endpoint=endpoint(ways[0]) if ways else "",
    )
