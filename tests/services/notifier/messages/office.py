"""What tests of messages share: people in memory, steps that are due, a store in memory."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

from typing_extensions import override

from incident.alert import IncidentId, OrganisationId, Severity, Status, TeamId
from incident.lifecycle import Incident
from incident.messages import STEP_DUE, StepDue
from incident.roster import ChannelType, Duty, Language, PersonCode, Why
from services.notifier.handlers.messages.planning import Times
from services.notifier.handlers.messages.rules import Rules
from services.notifier.handlers.messages.telling import Office, tell
from services.notifier.ports import Fact, Judged, Known
from services.notifier.ports.message_store import MessageWork
from services.notifier.ports.messages import (
    About,
    Earlier,
    Message,
    MessageState,
    Person,
    Purpose,
    Reason,
)
from services.notifier.ports.people import Contact, People, UpcomingGap, Way
from tests.builders import CENTER, an_alert, an_incident, at
from tests.fakes.notifier_store import FakeAtlas
from tests.incident.directories import park_lookup

CHIEF = Person(organisation=CENTER, code="zhao")
RULES = Rules()
STEP = "1/undelivered-chief/1"


class FakePeople(People):
    """Posts and contacts as a test sets them."""

    def __init__(self) -> None:
        self.posts: dict[tuple[str, str], Duty] = {}
        self.contacts: dict[tuple[str, str], Contact] = {}

    def holds(
        self, post: str, *codes: str, organisation: str = CENTER, why: Why = Why.SHIFT
    ) -> None:
        """Have people hold a post, each reached by a webhook unless known already."""
        people = tuple(map(PersonCode, codes))
        self.posts[organisation, post] = Duty(people=people, why=why)
        for code in codes:
            if (organisation, code) not in self.contacts:
                self.reached(
                    code, ("webhook", f"https://{code}.example/"), organisation=organisation
                )

    def reached(
        self,
        code: str,
        *ways: tuple[str, str],
        organisation: str = CENTER,
        language: Language = Language.ZH,
    ) -> None:
        """Say how a person is reached."""
        self.contacts[organisation, code] = Contact(
            code=PersonCode(code),
            name="赵甲",
            language=language,
            ways=tuple(Way(type=ChannelType(type_), address=to) for type_, to in ways),
        )

    @override
    def duty(self, organisation: str, post: str, at: datetime) -> Duty:
        return self.posts.get((organisation, post), Duty(people=(), why=Why.NOBODY))

    @override
    def team(self, team: TeamId) -> Duty:
        return Duty(people=(), why=Why.NOBODY)

    @override
    def contact(self, organisation: str, person: PersonCode) -> Contact | None:
        return self.contacts.get((organisation, person))

    @override
    def everybody(self) -> list[tuple[OrganisationId, PersonCode]]:
        return [(OrganisationId(org), PersonCode(code)) for org, code in self.contacts]

    @override
    def upcoming_gaps(self, at: datetime) -> list[UpcomingGap]:
        return []


@dataclass
class FakeMessages(MessageWork):
    """Messages in memory."""

    kept: dict[UUID, Message] = field(default_factory=dict)
    gathered: dict[tuple[Person, Purpose], datetime] = field(default_factory=dict)
    acknowledged: set[UUID] = field(default_factory=set)
    begun: set[UUID] = field(default_factory=set)
    asked: int = 0

    @override
    async def earlier(self, incidents: Collection[UUID]) -> list[Earlier]:
        self.asked += 1
        return [
            Earlier(
                id=one.id,
                incident=one.about.incident,
                step=one.about.step,
                purpose=one.purpose,
                person=one.person,
                state=one.state,
                acknowledged=one.id in self.acknowledged,
            )
            for one in self.kept.values()
            if one.about is not None and one.about.incident in incidents
            if one.purpose is Purpose.STEP
        ]

    @override
    async def windows(self, people: Collection[Person]) -> dict[tuple[Person, Purpose], datetime]:
        self.asked += 1
        return {key: opened for key, opened in self.gathered.items() if key[0] in people}

    @override
    async def open_windows(self, opened: Mapping[tuple[Person, Purpose], datetime]) -> None:
        self.gathered |= opened

    @override
    async def lock_bundles(self, ids: Collection[UUID]) -> set[UUID]:
        return set(ids) - self.begun

    @override
    async def insert(self, messages: Sequence[Message], *, real: datetime) -> int:
        new = {one.id: one for one in messages if one.id not in self.kept}
        self.kept |= new
        return len(new)

    @override
    async def end_steps(
        self, steps: Collection[tuple[UUID, str]], *, now: datetime
    ) -> list[tuple[About, Person]]:
        self.asked += 1
        told = []
        for one in list(self.kept.values()):
            if one.about is None or (one.about.incident, one.about.step) not in steps:
                continue
            if one.state is MessageState.DELIVERED:
                told.append((one.about, one.person))
            elif one.state in {MessageState.WAITING, MessageState.BUNDLED}:
                self.kept[one.id] = replace(one, state=MessageState.SKIPPED, reason=Reason.OVER)
        return told

    def of(self, *states: MessageState) -> list[Message]:
        """The messages in some states, all without any, in the order they were made."""
        return [one for one in self.kept.values() if not states or one.state in states]

    def deliver(self) -> None:
        """Have all that waits, and what goes with it, be delivered."""
        for one in self.of(MessageState.WAITING, MessageState.BUNDLED):
            self.kept[one.id] = replace(one, state=MessageState.DELIVERED)


class Room:
    """An office with a store in memory; moments are seconds after receipt."""

    def __init__(self, rules: Rules = RULES) -> None:
        self.people = FakePeople()
        self.people.holds("chief", "zhao")
        self.store = FakeMessages()
        self.office = office(self.people, rules)

    async def tells(self, *judged: Judged, now: float) -> list[Message]:
        """Hear what was judged."""
        times = Times(now=at(now), real=at(now))
        return await tell(judged, work=self.store, office=self.office, at=times)


def office(people: People, rules: Rules = RULES) -> Office:
    """An office in the small park."""
    return Office(
        atlas=FakeAtlas(park_lookup()),
        people=people,
        rules=rules,
        endpoint=lambda way: f"{way.type}",
    )


def due(incident: Incident, *steps: str, now: float, late: float = 0.0) -> Judged:
    """Steps of an incident that were due so many seconds before now."""
    facts = [
        Fact(
            key=f"step/{step}",
            type=STEP_DUE,
            body=StepDue(
                incident=incident.id,
                step=step,
                due_at=at(now - late) + timedelta(milliseconds=number),
                fired_at=at(now),
            ),
        )
        for number, step in enumerate(steps)
    ]
    return judged(incident, facts=facts, heard=False)


def heard(incident: Incident, *said: str) -> Judged:
    """An incident as newly heard of, with the steps that were said before."""
    return judged(incident, said=[f"step/{step}" for step in said])


def judged(
    incident: Incident, *, facts: Iterable[Fact] = (), said: Iterable[str] = (), heard: bool = True
) -> Judged:
    """What judging came to."""
    return Judged(
        known=Known(id=incident.id, partition=0, announced=frozenset(said)),
        subject=incident,
        incident=incident if heard else None,
        verdicts=(),
        facts=tuple(facts),
        wake=None,
        judged_to=incident.updated_at,
    )


def incident_of(
    number: int = 1,
    *,
    severity: Severity = Severity.YELLOW,
    status: Status = Status.ACTUAL,
    **stamps: float,
) -> Incident:
    """An incident of the center; `number` tells several apart."""
    alert = replace(an_alert(number=number, severity=severity), status=status)
    alert = replace(alert, id=IncidentId(UUID(int=number << 96 | number)))
    return an_incident(stamps, alert=alert)
