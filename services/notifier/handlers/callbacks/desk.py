"""What stations ask of their callbacks: registration, the log, the feed, receipts of a boundary."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from services.notifier.handlers.callbacks.delivering import CallbackState
from services.notifier.handlers.callbacks.registering import Registration, Subscription
from services.runtime.vault import Vault

MOST_TRIES = 100
"""Attempts after which a callback is not put in line again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One attempt of a delivery."""

    at: datetime
    outcome: str
    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A callback in the log.

    Attributes:
        sequence: Its number in its station's line.
        produced_at: When it was put there, in real time, as all moments here.
        next_at: When it is tried next, while it waits.
        imported_at: When the other side of a boundary says it took it.
    """

    id: UUID
    station: str
    sequence: int
    incident: UUID
    type: str
    status: str
    state: CallbackState
    attempts: int
    outcome: str | None
    produced_at: datetime
    next_at: datetime | None
    settled_at: datetime | None
    imported_at: datetime | None
    tries: tuple[Attempt, ...] = ()

    @property
    def boundary_seconds(self) -> float | None:
        """From its making to its import on the other side of the boundary."""
        if self.imported_at is None:
            return None
        return (self.imported_at - self.produced_at).total_seconds()


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """Which deliveries are asked for, newest first.

    Attributes:
        station: None for those of all stations.
        before: A number; only deliveries with smaller ones, where one station is asked for.
    """

    station: str | None
    incident: UUID | None = None
    state: CallbackState | None = None
    before: int | None = None
    limit: int = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A callback in a feed."""

    sequence: int
    produced_at: datetime
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a station's feed stands.

    Attributes:
        last: The newest number given.
        confirmed: The station has all up to this one.
        purged: All up to this one may have been removed after retention.
    """

    last: int
    confirmed: int
    purged: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """A callback that the other side of a boundary took."""

    id: UUID
    imported_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What came of a batch of receipts.

    Attributes:
        new: Callbacks whose receipt was not known.
        repeated: Those whose receipt was known: the first one stands.
        unknown: Ids that are no callbacks of the station, or were removed after retention.
        delays: Seconds from making to import, of the new ones.
    """

    new: int
    repeated: int
    unknown: tuple[UUID, ...]
    delays: tuple[float, ...] = ()


class Registry(Protocol):
    """Where registrations are kept."""

    async def find(self, station: str) -> Subscription | None:
        """Give a station's registration."""
        ...

    async def register(
        self, asked: Registration, *, vault: Vault, now: datetime
    ) -> tuple[Subscription, str | None]:
        """Keep a registration, and give it with the secret, if one was made.

        Raises:
            TooManySecretsError: A rotation too many.
        """
        ...

    async def remove(self, station: str, *, now: datetime) -> bool:
        """Forget a registration and its secrets, give up what waits; False if there is none."""
        ...

    async def put_test(self, station: str) -> UUID | None:
        """Put a test in a station's line; None where the station is not registered."""
        ...


class Ledger(Protocol):
    """Where what was told can be looked up."""

    async def search(self, wanted: Search) -> list[Delivery]:
        """Give deliveries, newest first, without their single attempts."""
        ...

    async def find(self, id_: UUID) -> Delivery | None:
        """Give a delivery with its attempts."""
        ...

    async def retry(self, id_: UUID, *, now: datetime) -> bool:
        """Put a delivery that failed in line again; False if it has not failed."""
        ...


class Feed(Protocol):
    """A station's callbacks in the order of their numbers."""

    async def place(self, station: str) -> Place | None:
        """Say where it stands; None for a station that never registered."""
        ...

    async def confirm(self, station: str, after: int, *, now: datetime) -> None:
        """Keep that the station has all up to a number."""
        ...

    async def read(self, station: str, *, after: int, limit: int) -> Sequence[Told]:
        """Give what follows a number."""
        ...

    async def take_receipts(
        self, station: str, batch: str, receipts: Sequence[Receipt], *, now: datetime
    ) -> Imported:
        """Keep what the other side took. The same again changes nothing."""
        ...
