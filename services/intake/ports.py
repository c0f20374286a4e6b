"""What the handlers need of the world, as protocols; adapters and fakes fulfil them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from incident.alert import IncidentId
from incident.messages import AlertCancelled, AlertReceived, AlertUpdated, DirectoryPublished

Body = AlertReceived | AlertUpdated | AlertCancelled


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What is said on `alerts.v1`.

    Attributes:
        id: The same for the same content, so that a repeat is seen to be one.
        type: Its name on the wire.
        alert: What it is about; messages of one alert keep their order.
        at: When it was handed over.
    """

    id: UUID
    type: str
    alert: IncidentId
    at: datetime
    body: Body


class Safe(StrEnum):
    """Where a message is safe; either way it survives any single failure, and is carried on.

    Attributes:
        ACCEPTED: In Kafka, in all in-sync replicas.
        SPOOLED: In the spool, from where it goes to Kafka as soon as that answers again.
    """

    ACCEPTED = "accepted"
    SPOOLED = "spooled"


class NotSafeError(Exception):
    """No store has confirmed the message. It may or may not be there: send it again, unchanged."""


class SpoolFullError(NotSafeError):
    """Kafka is away and the spool holds all it may; nothing was kept."""


class AlertLog(Protocol):
    """Where alerts are safe."""

    async def append(self, message: Message) -> Safe:
        """Return once the message is safe.

        Raises:
            NotSafeError: No store said so in time.
        """
        ...

    async def append_all(self, messages: Sequence[Message]) -> list[Safe | NotSafeError]:
        """Append messages, those of one alert in their order; one outcome each."""
        ...


class StoreAwayError(Exception):
    """The store cannot be reached for now."""


class DirectoryStore(Protocol):
    """Where the directory's copy outlives the process."""

    async def load(self) -> DirectoryPublished | None:
        """Give the saved copy, if there is one.

        Raises:
            StoreAwayError: It cannot be reached for now.
        """
        ...

    async def save(self, published: DirectoryPublished, *, now: datetime) -> None:
        """Save a copy, unless the saved one is as new.

        Raises:
            StoreAwayError: It cannot be reached for now.
        """
        ...
