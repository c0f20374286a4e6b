"""Which messages are made of the steps now due: one for each person and step.

Rule 1. A step tells who holds its post at that moment, by the roster; a team's step tells the
team's members. Where nobody holds the post, or a person has no way, that is kept as a failure.

Rule 2. After a message to a person, the next ones within the flood's window wait and go together at
its end. A red incident never waits. What is for a digest waits for the digest's window.

Rule 3. Who acknowledged a rung of an incident from a message is told no further step of that rung.

Rule 4. What is still useful after an outage is sent once: of the late steps of one incident for one
person the newest is sent, the earlier ones are kept as skipped (`superseded`). A step whose cause
is gone was never due; a message whose cause goes while it waits is kept as skipped (`over`). What
is sent then follows rule 2, so that a person gets one message and one bundle, never a storm.

Rule 5. When the cause of a step is gone, everybody who was told of it hears so once: one stand-down
for each person and incident, whatever the number of steps.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID, uuid5

from incident.roster import PersonCode
from services.notifier.handlers.messages.notices import Notice
from services.notifier.handlers.messages.rules import Rules
from services.notifier.ports.messages import (
    About,
    Earlier,
    Message,
    MessageState,
    Person,
    Purpose,
    Reason,
)
from services.notifier.ports.people import Contact, People, Way

BUNDLES = UUID("7f3c6a52-95f0-5a0e-8d1e-115115115115")
"""The namespace of the ids of bundles and digests."""

AT_ONCE = "red"
VOICE = "voice"
REACHED = {MessageState.WAITING, MessageState.BUNDLED, MessageState.DELIVERED, MessageState.FAILED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """The two clocks."""

    now: datetime
    real: datetime


@dataclass(slots=True, kw_only=True)
class Desk:
    """What planning a batch of messages knows, and what it has planned so far.

    Attributes:
        earlier: Messages that were made before about the incidents at hand.
        windows: Since when each person's messages are gathered, by person and purpose.
        messages: What is to be made, bundles before what goes with them.
        opened: The windows that begin.
        endpoint: Names what answers for a way.
    """

    people: People
    rules: Rules
    at: Times
    endpoint: Callable[[Way], str]
    earlier: Sequence[Earlier] = ()
    windows: dict[tuple[Person, Purpose], datetime] = field(default_factory=dict)
    messages: dict[UUID, Message] = field(default_factory=dict)
    opened: dict[tuple[Person, Purpose], datetime] = field(default_factory=dict)


def message_id(incident: UUID, step: str, person: Person) -> UUID:
    """The id of the message to a person about a step."""
    return uuid5(incident, f"message/{step}/{person.organisation}/{person.code}")


def ways_of(contact: Contact, *, voice: bool) -> list[Way]:
    """A person's ways in the order to try them: a message by voice only where nothing else goes."""
    spoken = [way for way in contact.ways if way.type == VOICE]
    written = [way for way in contact.ways if way.type != VOICE]
    return [*spoken, *written] if voice else [*written, *spoken]


def addressed(notices: Iterable[Notice], people: People) -> list[tuple[Notice, Person, str]]:
    """Say who each notice is for and why; a code is empty where nobody holds the post."""
    found = []
    for notice in notices:
        if notice.of_team:
            members = notice.members or (("", ""),)
            found += [(notice, Person(organisation=o, code=c), "member") for o, c in members]
            continue
        duty = people.duty(notice.organisation, notice.post, notice.at)
        for code in dict.fromkeys(duty.people) or [""]:
            person = Person(organisation=notice.organisation, code=code)
            found.append((notice, person, str(duty.why)))
    return found


def plan_steps(desk: Desk, told: Sequence[tuple[Notice, Person, str]]) -> None:
    """Plan the messages of steps now due; what was made before is not made again."""
    made = {entry.id for entry in desk.earlier}
    newest = _newest(told)
    for notice, person, why in told:
        id_ = message_id(notice.about.incident, notice.about.step, person)
        if id_ in made or id_ in desk.messages:
            continue
        message = Message(
            id=id_,
            purpose=Purpose.STEP,
            person=person,
            about=notice.about,
            due_at=notice.due_at,
            made_at=desk.at.now,
            next_at=desk.at.real,
            post=notice.post,
            why=why,
            voice=notice.voice,
            first=_is_first(desk, notice.about.incident, person),
        )
        reason = _reason_not_to(desk, notice, person, newest)
        if reason is not None:
            desk.messages[id_] = _unsent(message, reason)
        else:
            _queue(desk, message, digest=notice.digest)


def plan_stand_downs(desk: Desk, told: Iterable[tuple[About, Person]]) -> None:
    """Plan one stand-down for each person and incident of steps whose cause is gone."""
    last: dict[tuple[UUID, Person], About] = {}
    for about, person in sorted(told, key=lambda entry: entry[0].step):
        last[about.incident, person] = about
    for (incident, person), about in last.items():
        id_ = uuid5(incident, f"stand-down/{about.step}/{person.organisation}/{person.code}")
        message = Message(
            id=id_,
            purpose=Purpose.STAND_DOWN,
            person=person,
            about=about,
            due_at=desk.at.now,
            made_at=desk.at.now,
            next_at=desk.at.real,
        )
        reason = _unreachable(desk.people, person)
        if reason is not None:
            desk.messages[id_] = _unsent(message, reason)
        else:
            _queue(desk, message, digest=False)


def split_off(desk: Desk, message: Message) -> Message:
    """Have a message go alone, where the bundle it was to go with is on its way already."""
    return routed(desk, replace(message, state=MessageState.WAITING, bundle=None))


def _newest(told: Sequence[tuple[Notice, Person, str]]) -> Mapping[tuple[UUID, Person], str]:
    """The newest step of each incident for each person."""
    in_order = sorted(told, key=lambda entry: entry[0].due_at)
    return {(notice.about.incident, person): notice.about.step for notice, person, _ in in_order}


def _is_first(desk: Desk, incident: UUID, person: Person) -> bool:
    earlier = any(
        entry.incident == incident and entry.person == person and entry.state in REACHED
        for entry in desk.earlier
    )
    return not earlier and not any(
        message.about is not None
        and message.about.incident == incident
        and message.person == person
        and message.state in REACHED
        for message in desk.messages.values()
    )


def _reason_not_to(
    desk: Desk, notice: Notice, person: Person, newest: Mapping[tuple[UUID, Person], str]
) -> Reason | None:
    about = notice.about
    if not person.code:
        return Reason.NOBODY
    if _has_acknowledged(desk.earlier, about, person):
        return Reason.ACKNOWLEDGED
    late = notice.at - notice.due_at > desk.rules.late_after
    if late and newest[about.incident, person] != about.step:
        return Reason.SUPERSEDED
    return _unreachable(desk.people, person)


def _has_acknowledged(earlier: Collection[Earlier], about: About, person: Person) -> bool:
    level = level_of(about.step)
    return any(
        entry.acknowledged
        and entry.incident == about.incident
        and entry.person == person
        and level_of(entry.step) == level
        for entry in earlier
    )


def level_of(step: str) -> str:
    """The rung of a round that a step belongs to: all of its key but the count."""
    return step.rpartition("/")[0]


def _unreachable(people: People, person: Person) -> Reason | None:
    contact = people.contact(person.organisation, PersonCode(person.code))
    if contact is None:
        return Reason.NO_CONTACT
    return None if contact.ways else Reason.NO_WAY


def _unsent(message: Message, reason: Reason) -> Message:
    failed = reason in {Reason.NOBODY, Reason.NO_CONTACT, Reason.NO_WAY}
    state = MessageState.FAILED if failed else MessageState.SKIPPED
    return replace(message, state=state, reason=reason)


def _queue(desk: Desk, message: Message, *, digest: bool) -> None:
    """Send a message at once, or with others at the end of a window."""
    about, person = message.about, message.person
    if digest:
        _gather(desk, message, Purpose.DIGEST, opened=_window(desk, person, Purpose.DIGEST))
        return
    opened = desk.windows.get((person, Purpose.BUNDLE))
    in_flood = opened is not None and desk.at.real < opened + desk.rules.flood
    if in_flood and opened is not None and about is not None and about.severity != AT_ONCE:
        _gather(desk, message, Purpose.BUNDLE, opened=opened)
        return
    if not in_flood:
        _open(desk, person, Purpose.BUNDLE)
    desk.messages[message.id] = routed(desk, message)


def routed(desk: Desk, message: Message) -> Message:
    """Say by what a message goes first; its person has a way."""
    contact = desk.people.contact(message.person.organisation, PersonCode(message.person.code))
    ways = [] if contact is None else ways_of(contact, voice=message.voice)
    return replace(message, endpoint=desk.endpoint(ways[0])) if ways else message


def _window(desk: Desk, person: Person, purpose: Purpose) -> datetime:
    """Since when a person's digest is gathered, from now on if none is."""
    opened = desk.windows.get((person, purpose))
    if opened is None or desk.at.real >= opened + desk.rules.digest:
        _open(desk, person, purpose)
    return desk.windows[person, purpose]


def _open(desk: Desk, person: Person, purpose: Purpose) -> None:
    desk.windows[person, purpose] = desk.at.real
    desk.opened[person, purpose] = desk.at.real


def _gather(desk: Desk, message: Message, purpose: Purpose, *, opened: datetime) -> None:
    """Put a message with the one that carries all of its window."""
    person = message.person
    name = f"{purpose}/{person.organisation}/{person.code}/{message.voice}/{opened.isoformat()}"
    length = desk.rules.digest if purpose is Purpose.DIGEST else desk.rules.flood
    bundle = Message(
        id=uuid5(BUNDLES, name),
        purpose=purpose,
        person=person,
        about=None,
        due_at=message.made_at,
        made_at=message.made_at,
        next_at=opened + length,
        post=message.post,
        why=message.why,
        voice=message.voice,
    )
    desk.messages.setdefault(bundle.id, routed(desk, bundle))
    desk.messages[message.id] = replace(message, state=MessageState.BUNDLED, bundle=bundle.id)
