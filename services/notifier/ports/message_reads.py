"""What is asked of messages: what was sent to whom and what became of it, and by which links."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from services.notifier.ports.messages import Message, MessageState, Person, Purpose


@dataclass(frozen=True, slots=True, kw_only=True)
class Which:
    """Which messages are asked for.

    Attributes:
        center: Only those to its people and those about its incidents.
        station: Only those to its people and those about its alerts.
    """

    incident: UUID | None = None
    person: str | None = None
    state: MessageState | None = None
    center: str | None = None
    station: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TriedOnce:
    """One attempt; its address is masked, its times are real."""

    number: int
    way: str
    address: str
    began_at: datetime
    ended_at: datetime | None
    outcome: str | None
    detail: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A message with its attempts, as shown."""

    id: UUID
    position: int
    purpose: Purpose
    person: Person
    post: str
    why: str
    incident: UUID | None
    step: str | None
    rung: str | None
    number: str | None
    severity: str | None
    status: str | None
    voice: bool
    bundle: UUID | None
    state: MessageState
    reason: str | None
    due_at: datetime
    made_at: datetime
    next_at: datetime | None
    over_at: datetime | None
    settled_at: datetime | None
    acknowledged_at: datetime | None
    attempts: tuple[TriedOnce, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Linked:
    """The message behind a link."""

    id: UUID
    purpose: Purpose
    person: Person
    number: str | None
    severity: str | None
    used: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Tested:
    """The monthly test of one person; not confirmed is None."""

    id: UUID
    person: Person
    state: MessageState
    reason: str | None
    settled_at: datetime | None
    confirmed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """The test of a month."""

    month: str
    made_at: datetime
    tested: tuple[Tested, ...]


class MessageReads(Protocol):
    """Answers questions of messages, uses links, makes tests."""

    async def page(self, which: Which, *, before: int | None, limit: int) -> list[Listed]:
        """Give messages, the newest first, those before a position."""
        ...

    async def find(self, message: UUID) -> Linked | None:
        """Give the message behind a link."""
        ...

    async def acknowledge(self, message: UUID, *, now: datetime, real: datetime) -> bool:
        """Note a message and what went with it as acknowledged, once; says whether it was now.

        What else waits for the person of the same rungs is skipped.
        """
        ...

    async def make(
        self, messages: Sequence[Message], *, real: datetime, month: str | None = None
    ) -> bool:
        """Make tests; those of a month only once. Says whether they were made."""
        ...

    async def month(self, month: str, *, organisation: str | None = None) -> Month | None:
        """Give what became of a month's test; None where there was none."""
        ...
