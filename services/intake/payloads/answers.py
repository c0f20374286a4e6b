"""The bodies of answers."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, Field

from services.intake.ports import Safe


class AcceptedAnswer(BaseModel):
    """It survives any single failure from here on."""

    id: UUID = Field(description="The alert's id, and its incident's.")
    received_at: datetime = Field(description="When it was taken; the clocks run from it.")
    status: Safe = Field(
        default=Safe.ACCEPTED,
        description=(
            "Where it is safe: in Kafka (accepted), or, while Kafka is away, in a spool that goes"
            " to Kafka in order once it is back (spooled). The sender need not care which."
        ),
    )
    late: bool = Field(description="Older than 15 minutes; people decide about it, unless red.")
    follow: str = Field(description="Where to follow what becomes of it.")


class ProblemAnswer(BaseModel):
    """What is wrong (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    field: str | None = None


class BatchEntry(BaseModel):
    """What became of one alert of a batch: 202 with `accepted`, or else with `problem`."""

    status: int
    accepted: AcceptedAnswer | None = None
    problem: ProblemAnswer | None = None


class BatchAnswer(BaseModel):
    """What became of the alerts of a batch, in their order."""

    accepted: int
    refused: int
    results: list[BatchEntry]
