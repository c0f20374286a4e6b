"""What the handlers need of the world, as protocols; adapters and fakes fulfil them."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID

from incident.alert import IncidentId, TeamId
from incident.directory import Lookup
from incident.events import Event
from incident.lifecycle import Incident
from incident.profile import Kind, Profile
from incident.replay import apply
from incident.shift import Console


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What a decision did to one incident.

    Attributes:
        before: As it stood, None where it was opened.
        incident: As it stands afterwards.
        events: Its new events, in order, at least one.
        sealed: Sealed texts by the version of the event they belong to.
        traceparent: The trace it belongs to, where it is not that of the work in hand.
    """

    before: Incident | None
    incident: Incident
    events: tuple[Event, ...]
    sealed: Mapping[int, str] = field(default_factory=dict)
    traceparent: str | None = None

    @property
    def states(self) -> tuple[Incident, ...]:
        """The incident after each event: every message tells the state of its own version."""
        if len(self.events) == 1:
            return (self.incident,)
        present, states = self.before, list[Incident]()
        for event in self.events:
            present = apply(present, event)
            states.append(present)
        return tuple(states)


@dataclass(frozen=True, slots=True, kw_only=True)
class Early:
    """A message about an alert that has not come yet.

    Attributes:
        id: The message's own id; a repeat is the same message.
        type: Its type on the wire.
        value: Its body.
    """

    incident: IncidentId
    id: str
    type: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """An alert on its way to an enterprise's own system."""

    incident: IncidentId
    center: str
    round: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """The first answer to a command.

    Attributes:
        digest: Of the request it answered.
        body: The answer, as sent.
    """

    digest: str
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What names a command among all: whose it is, which, and the key it came with."""

    caller: str
    command: str
    key: str


class StaleError(Exception):
    """What was seen at a glance had changed when it was to be saved; nothing was written."""


class Work(Protocol):
    """One transaction. Locks are taken incidents first, then teams, then channels, each by id."""

    async def take(
        self, ids: Iterable[IncidentId], asked: Asked, *, teams: Iterable[TeamId] = ()
    ) -> tuple[dict[IncidentId, Incident], Answered | None]:
        """Lock incidents, as `lock` does, and then recall the answer to a command.

        Args:
            ids: Of the incidents.
            asked: The command.
            teams: Those that `lock_teams` is asked for next.
        """
        del teams
        locked = await self.lock(ids)
        return locked, await self.recall(asked.caller, asked.command, asked.key)

    async def settle(self, asked: Asked, answered: Answered, changes: Sequence[Change]) -> bool:
        """Keep the answer to a command and save what it changed; the last act of all.

        Returns:
            False if the key was used meanwhile; then nothing is written.

        Raises:
            StaleError: It was seen at a glance, and no longer stands.
        """
        if not await self.remember(asked.caller, asked.command, asked.key, answered):
            return False
        await self.save(changes)
        return True

    async def lock(self, ids: Iterable[IncidentId]) -> dict[IncidentId, Incident]:
        """Lock the incidents of these ids, in the order of the ids, and give those that exist."""
        ...

    async def find(self, ids: Iterable[IncidentId]) -> dict[IncidentId, Incident]:
        """Give, without a lock, the incidents of these ids that exist."""
        ...

    async def find_away(self, *, now: datetime) -> frozenset[str]:
        """Give the centers at whose desk everybody is away."""
        ...

    async def find_console(self, center: str, desk: UUID, *, now: datetime) -> Console | None:
        """Give a desk of a center with its shift; None where nobody is on shift."""
        ...

    async def find_engaged(self, teams: Iterable[TeamId]) -> dict[TeamId, IncidentId]:
        """Say, without a lock, which of these teams are on which incident."""
        ...

    async def lock_teams(self, teams: Iterable[TeamId]) -> dict[TeamId, IncidentId]:
        """Lock teams, in the order of their ids, and say which are on which incident."""
        ...

    async def save(self, changes: Sequence[Change]) -> None:
        """Write events, states, assignments, outgoing messages and frames; the last act of all.

        An incident stands in one change at most.
        """
        ...

    async def recall(self, caller: str, command: str, key: str) -> Answered | None:
        """Give the first answer to a command, if it was answered."""
        ...

    async def remember(self, caller: str, command: str, key: str, answered: Answered) -> bool:
        """Keep an answer for the retries of its command; False if the key was used meanwhile."""
        ...

    async def keep_early(self, early: Sequence[Early], *, now: datetime) -> None:
        """Keep messages until their alert comes; a repeat changes nothing."""
        ...

    async def take_early(self, ids: Iterable[IncidentId]) -> list[Early]:
        """Take out the messages kept for these incidents, oldest first."""
        ...

    async def queue_deliveries(self, deliveries: Sequence[Delivery]) -> None:
        """Queue deliveries; one that is there for the incident and round changes nothing."""
        ...


class Store(Protocol):
    """Where incidents are kept."""

    def work(self) -> AbstractAsyncContextManager[Work]:
        """Begin a transaction: committed at the end, rolled back on any error."""
        ...

    def glance(self) -> AbstractAsyncContextManager[Work]:
        """Work that locks nothing until it settles, and settles only if what it saw still stands.

        It is for a command on one incident. `take` looks at it and at the teams it names as they
        stand at one moment, `lock_teams` gives what was seen of those, and `settle` is the one
        transaction; beside them there is only `find`.
        """
        return self.work()


class Atlas(Protocol):
    """The directory and the kinds, as they stand now."""

    @property
    def lookup(self) -> Lookup:
        """The directory; raises `NoDirectoryError` before the first one was applied."""
        ...

    @property
    def kinds(self) -> Mapping[str, Kind]:
        """The kinds by code."""
        ...

    @property
    def profiles(self) -> Mapping[str, Profile]:
        """The profiles by code."""
        ...


class Watch(Protocol):
    """When the notifier was last heard."""

    def silent_seconds(self) -> float | None:
        """Real seconds since then; None if it never was."""
        ...


class StoreAwayError(Exception):
    """The database does not answer; whether a command in hand was carried out is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A frame with its place in its channel."""

    channel: str
    sequence: int
    type: str
    data: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """How far a channel is kept.

    Attributes:
        newest: The last number given.
        oldest: The oldest frame kept; None if none is.
    """

    newest: int
    oldest: int | None


class Frames(Protocol):
    """Where frames are kept."""

    async def read(self, cursors: dict[str, int], *, limit: int) -> Sequence[Told]:
        """Give the frames behind each channel's cursor, at most `limit` of each, in sequence."""
        ...

    async def bounds(self, channel: str) -> Bounds:
        """Say how far a channel is kept."""
        ...
