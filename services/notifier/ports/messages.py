"""Messages to people: what is kept of one, what is sent, what came of it, and who sends it.

A message is for one person about one step of one incident, or is a stand-down, a bundle or a digest
of several, or a test. Real time drives sending; what a message is about bears domain time.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from services.notifier.ports.people import Way


class Purpose(StrEnum):
    """Why a person is written to."""

    STEP = "step"
    STAND_DOWN = "stand_down"
    BUNDLE = "bundle"
    DIGEST = "digest"
    TEST = "test"
    MONTHLY = "monthly"


class MessageState(StrEnum):
    """Where a message stands; `bundled` ones go with the message they name."""

    WAITING = "waiting"
    BUNDLED = "bundled"
    DELIVERED = "delivered"
    FAILED = "failed"
    SKIPPED = "skipped"


class Reason(StrEnum):
    """Why a message failed or was not sent."""

    NOBODY = "nobody"
    NO_CONTACT = "no_contact"
    NO_WAY = "no_way"
    OVER = "over"
    SUPERSEDED = "superseded"
    ACKNOWLEDGED = "acknowledged"
    EMPTY = "empty"
    REFUSED = "refused"
    EXHAUSTED = "exhausted"


class Result(StrEnum):
    """What came of one attempt."""

    DELIVERED = "delivered"
    TEMPORARY = "temporary"
    PERMANENT = "permanent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who is written to; the code is unique within the organisation."""

    organisation: str
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What a message is about: codes alone, nothing anybody wrote.

    Attributes:
        number: The incident's short number.
        kind: The kind's code, as known here; empty where it is not.
        place: The code of a place or center of the directory.
        rung: The code of the rung of its ladder.
        over: It tells that the cause is gone.
    """

    incident: UUID
    step: str
    rung: str
    number: str
    severity: str
    status: str
    kind: str
    place: str
    center: str
    station: str
    over: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message as it is made.

    Attributes:
        id: Follows from what it is about and for whom, so that it is made once.
        about: None for a bundle, a digest and a test.
        post: The post the person holds, where one was asked for.
        why: Why the roster names the person: `shift`, `override`, `last_resort`, ...
        voice: By voice first.
        first: The first this person hears of the incident: no limit holds it back.
        due_at: The domain moment what it tells of was due.
        made_at: The domain moment it was made.
        next_at: The real moment it may be sent.
        bundle: The message it goes with.
        month: The month a monthly test is for, as 2026-03.
    """

    id: UUID
    purpose: Purpose
    person: Person
    about: About | None
    due_at: datetime
    made_at: datetime
    next_at: datetime
    state: MessageState = MessageState.WAITING
    reason: Reason | None = None
    post: str = ""
    why: str = ""
    voice: bool = False
    first: bool = False
    bundle: UUID | None = None
    month: str | None = None
    endpoint: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """A message that was made before about an incident at hand."""

    id: UUID
    incident: UUID
    step: str
    purpose: Purpose
    person: Person
    state: MessageState
    acknowledged: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What one attempt sends.

    Attributes:
        id: The message's; the same in every attempt, so that a receiver knows a repeat.
        title: A line.
        text: All of it, for people.
        fields: The same for programs: codes and the link.
    """

    id: UUID
    title: str
    text: str
    language: str
    fields: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of an attempt.

    Attributes:
        detail: A code, never an address or a text of the other side.
        retry_after: Seconds the other side asks to be left alone.
        too_many: It answered that this address is written to too often; all else goes on.
    """

    result: Result
    detail: str
    retry_after: float | None = None
    too_many: bool = False

    @property
    def works(self) -> bool:
        """Whether what answers for the way works, whatever it said."""
        return self.result is not Result.TEMPORARY or self.too_many


class Channel(Protocol):
    """One kind of way to people."""

    def endpoint(self, way: Way) -> str:
        """Name what answers for a way, without naming a person: a gateway, a host."""
        ...

    async def send(self, way: Way, letter: Letter) -> Outcome:
        """Try once, within a bounded time; says what came of it and never raises for that."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Queued:
    """A message whose turn has come.

    Attributes:
        way: Which of the person's ways is tried, from 0.
        tries: Attempts on that way so far.
        attempts: Attempts on all ways so far.
        over: What it tells of is gone.
        members: For a bundle or a digest: what the messages in it are about.
    """

    id: UUID
    purpose: Purpose
    person: Person
    about: About | None
    voice: bool
    first: bool
    why: str
    post: str
    endpoint: str
    way: int
    tries: int
    attempts: int
    queued_at: datetime
    over: bool = False
    members: Sequence[About] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """An attempt that begins.

    Attributes:
        address: The masked address.
    """

    message: Queued
    way: Way
    address: str
    endpoint: str

    @property
    def number(self) -> int:
        """Its number among all attempts of the message."""
        return self.message.attempts + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Deferred:
    """A message that is to wait a while, or goes on by another way, without an attempt."""

    id: UUID
    next_at: datetime
    way: int
    endpoint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What an attempt, or looking at a message, came to.

    Attributes:
        attempt: The attempt's number; None where none was made.
        outcome: What came of the attempt.
        state: Where the message stands now.
        next_at: When it is tried again, while it waits.
        way: Which way is tried then.
        tries: Attempts on that way so far.
    """

    id: UUID
    attempt: int | None
    outcome: Outcome | None
    state: MessageState
    reason: Reason | None = None
    next_at: datetime | None = None
    way: int = 0
    tries: int = 0
    endpoint: str = ""
