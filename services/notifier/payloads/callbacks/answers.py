"""What stations are answered about their callbacks."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from services.notifier.handlers.callbacks.delivering import CallbackState
from services.notifier.handlers.callbacks.desk import Delivery, Imported, Place, Told
from services.notifier.handlers.callbacks.kinds import CallbackType
from services.notifier.handlers.callbacks.registering import (
    Subscription,
    SubscriptionState,
    living,
)
from services.notifier.payloads.callbacks import examples
from services.runtime import strict_json


def _example(shown: JsonDict) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": [shown]})


class SubscriptionView(BaseModel):
    """A station's registration."""

    model_config = _example(examples.SUBSCRIPTION)

    station: str
    url: str | None
    types: list[CallbackType]
    state: SubscriptionState
    reason: str | None = Field(description="Why nothing is sent, where it is disabled.")
    changed_at: datetime
    failing_since: datetime | None = Field(
        description="The first failure since the station last took something."
    )
    secrets: int = Field(description="How many secrets sign at the moment.")
    secret: str | None = Field(
        description="The new secret, in the answer that makes it and in no other."
    )


class AttemptView(BaseModel):
    """One attempt of a delivery."""

    at: datetime
    attempt: int
    outcome: str


class DeliveryView(BaseModel):
    """A callback in the log. All its moments are real time."""

    model_config = _example(examples.DELIVERY)

    id: UUID
    station: str
    sequence: int
    incident: UUID
    type: str
    status: str
    state: CallbackState
    attempts: int = Field(description="Since it was last put in line.")
    outcome: str | None = Field(description="Of the last attempt: an HTTP status, or a fault.")
    produced_at: datetime
    next_at: datetime | None
    settled_at: datetime | None
    imported_at: datetime | None = Field(description="By the receipt of the other side.")
    boundary_seconds: float | None = Field(description="From produced_at to imported_at.")
    tries: list[AttemptView] | None = Field(
        description="Every attempt, where one delivery is asked for; null in a list."
    )


class DeliveryPage(BaseModel):
    """A page of the log, newest first."""

    model_config = _example({"deliveries": [examples.DELIVERY], "next": None})

    deliveries: list[DeliveryView]
    next: int | None = Field(description="Continues as `before`, where one station is asked for.")


class QueuedView(BaseModel):
    """A callback that was put in line."""

    model_config = _example({"id": "9d2f7e0a-5b1c-5c8e-9d2a-0c1d2e3f4a5b"})

    id: UUID


class FeedEntry(BaseModel):
    """A callback of a feed."""

    sequence: int
    produced_at: datetime
    callback: dict[str, object] = Field(description="The body, as it would be sent.")


class FeedPage(BaseModel):
    """A page of a feed."""

    model_config = _example(examples.FEED)

    station: str
    callbacks: list[FeedEntry]
    next: int = Field(description="To be asked with as `after`, which confirms this page.")
    last: int = Field(description="The newest number given so far.")
    confirmed: int = Field(description="The station has said that it has all up to this one.")
    purged: int = Field(description="Up to this one, numbers may have been removed meanwhile.")


class ImportedView(BaseModel):
    """What came of a batch of receipts."""

    model_config = _example({"new": 2, "repeated": 0, "unknown": [], "longest_seconds": 312.4})

    new: int
    repeated: int = Field(description="Their receipt was known: the first one stands.")
    unknown: list[UUID]
    longest_seconds: float | None = Field(description="The longest boundary delay of the new ones.")


MODELS = (
    DeliveryPage,
    DeliveryView,
    FeedPage,
    ImportedView,
    QueuedView,
    SubscriptionView,
)


def subscription_view(
    found: Subscription, *, now: datetime, secret: str | None = None
) -> SubscriptionView:
    """Show a registration."""
    return SubscriptionView(
        station=found.station,
        url=found.url,
        types=list(found.types),
        state=found.state,
        reason=found.reason,
        changed_at=found.changed_at,
        failing_since=found.failing_since,
        secrets=len(living(found.secrets, now)),
        secret=secret,
    )


def delivery_view(found: Delivery, *, with_tries: bool) -> DeliveryView:
    """Show a delivery."""
    tries = [
        AttemptView(at=one.at, attempt=one.attempt, outcome=one.outcome) for one in found.tries
    ]
    return DeliveryView(
        id=found.id,
        station=found.station,
        sequence=found.sequence,
        incident=found.incident,
        type=found.type,
        status=found.status,
        state=found.state,
        attempts=found.attempts,
        outcome=found.outcome,
        produced_at=found.produced_at,
        next_at=found.next_at,
        settled_at=found.settled_at,
        imported_at=found.imported_at,
        boundary_seconds=found.boundary_seconds,
        tries=tries if with_tries else None,
    )


def feed_page(station: str, told: Sequence[Told], place: Place, *, after: int) -> FeedPage:
    """Show a page of a feed."""
    return FeedPage(
        station=station,
        callbacks=[
            FeedEntry(
                sequence=one.sequence,
                produced_at=one.produced_at,
                callback=strict_json.parse(one.body.encode()),
            )
            for one in told
        ],
        next=told[-1].sequence if told else after,
        last=place.last,
        confirmed=place.confirmed,
        purged=place.purged,
    )


def imported_view(found: Imported) -> ImportedView:
    """Show what came of a batch."""
    return ImportedView(
        new=found.new,
        repeated=found.repeated,
        unknown=list(found.unknown),
        longest_seconds=max(found.delays, default=None),
    )
