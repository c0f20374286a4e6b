"""Where messages are kept: made beside what is said, claimed and settled by who sends them."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from services.notifier.ports.messages import (
    About,
    Begun,
    Deferred,
    Earlier,
    Message,
    Person,
    Purpose,
    Queued,
    Settled,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """What waits to be sent."""

    count: int
    oldest: datetime | None


class MessageWork(Protocol):
    """Writes messages in the transaction in which something is said."""

    async def earlier(self, incidents: Collection[UUID]) -> list[Earlier]:
        """Give the messages about steps of incidents that were made before."""
        ...

    async def windows(self, people: Collection[Person]) -> dict[tuple[Person, Purpose], datetime]:
        """Say since when the messages of people are gathered."""
        ...

    async def open_windows(self, opened: Mapping[tuple[Person, Purpose], datetime]) -> None:
        """Begin to gather anew."""
        ...

    async def lock_bundles(self, ids: Collection[UUID]) -> set[UUID]:
        """Lock bundles that nobody has begun to send; name them."""
        ...

    async def insert(self, messages: Sequence[Message], *, real: datetime) -> int:
        """Make messages; those made before stay as they are. Says how many are new."""
        ...

    async def end_steps(
        self, steps: Collection[tuple[UUID, str]], *, now: datetime
    ) -> list[tuple[About, Person]]:
        """Note that the causes of steps are gone, skip what was not sent; say who was told."""
        ...


class OutboxWork(Protocol):
    """One transaction of the sender."""

    async def claim(self, *, real: datetime, busy: Collection[str], limit: int) -> list[Queued]:
        """Lock messages whose turn has come and nobody else has, the most urgent first."""
        ...

    async def begin(self, begun: Sequence[Begun], *, real: datetime, until: datetime) -> None:
        """Count an attempt of each before it is made; it is due again at `until`."""
        ...

    async def defer(self, deferred: Sequence[Deferred]) -> None:
        """Have messages wait."""
        ...

    async def settle(
        self, settled: Sequence[Settled], *, now: datetime, real: datetime
    ) -> list[tuple[About, Person]]:
        """Keep what came of messages; of one that was settled before, the first stays.

        Returns:
            Who was told of a step although its cause had gone meanwhile.
        """
        ...

    @property
    def messages(self) -> MessageWork:
        """What makes messages, in the same transaction."""
        ...


class Outbox(Protocol):
    """Where messages are kept until they are sent."""

    def work(self) -> AbstractAsyncContextManager[OutboxWork]:
        """Begin a transaction."""
        ...

    async def measure(self) -> Backlog:
        """Say what waits."""
        ...
