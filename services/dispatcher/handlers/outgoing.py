"""What deliveries need of the world: where they are kept, and who sends them."""

from collections.abc import Collection, Iterable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from incident.alert import IncidentId
from incident.chain import canonical, sha256_hex
from incident.directory import Webhook
from services.dispatcher.handlers.outcomes import DeliveryState, Parcel, Verdict
from services.dispatcher.ports import Work
from services.runtime.outgoing.outcomes import Tried


class Ending(StrEnum):
    """Why there is nothing left to deliver."""

    RECEIPT = "receipt"
    OVER = "over"  # ended, or the outcome is reported: the state takes no receipt any more
    MOVED = "moved"
    NO_ENDPOINT = "no_endpoint"
    DISABLED = "disabled"
    EXHAUSTED = "exhausted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A delivery whose time has come.

    Attributes:
        attempts: Those begun so far.
        body: What the earlier attempts sent; empty before the first.
    """

    id: UUID
    incident: IncidentId
    center: str
    round: int
    attempts: int
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A delivery that ends without another attempt."""

    id: UUID
    ending: Ending

    @property
    def state(self) -> DeliveryState:
        """Out of attempts is a failure; all else is an end."""
        return DeliveryState.FAILED if self.ending is Ending.EXHAUSTED else DeliveryState.ENDED


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """What waits to be delivered."""

    count: int
    oldest: datetime | None


class DeliveryWork(Protocol):
    """One transaction. Incidents are locked before a delivery is settled, frames come last."""

    @property
    def incidents(self) -> Work:
        """The incidents, in the same transaction."""
        ...

    async def take_due(self, *, now: datetime, busy: Collection[str], limit: int) -> list[Due]:
        """Lock what is due and nobody has, one delivery a center, none of the busy centers."""
        ...

    async def find_disabled(self, centers: Iterable[str]) -> dict[str, str]:
        """Give the marks of the addresses that said they are gone, by center."""
        ...

    async def begin(self, parcels: Sequence[Parcel], *, until: datetime) -> None:
        """Count an attempt of each; it is due again at `until` should nobody settle it."""
        ...

    async def end(self, ended: Sequence[Ended]) -> None:
        """End deliveries without another attempt."""
        ...

    async def settle(self, parcel: Parcel, verdict: Verdict) -> None:
        """Keep what an attempt came to; nothing if a later attempt has begun, unless it arrived."""
        ...

    async def disable(self, center: str, mark: str, *, now: datetime) -> None:
        """Send nothing more to an address of a center."""
        ...


class DeliveryStore(Protocol):
    """Where deliveries are kept."""

    def work(self) -> AbstractAsyncContextManager[DeliveryWork]:
        """Begin a transaction: committed at the end, rolled back on any error."""
        ...

    async def measure(self) -> Backlog:
        """Say what waits."""
        ...


class Post(Protocol):
    """Sends to the outside."""

    async def send(self, parcel: Parcel) -> Tried:
        """Try once, within a few seconds; says what came of it and never raises for that."""
        ...


def mark_of(webhook: Webhook) -> str:
    """Tell an address and the name of its secret from any other, without repeating them."""
    return sha256_hex(canonical([webhook.url, webhook.secret]))
