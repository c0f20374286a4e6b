"""The bodies of answers."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field


class AcceptedAnswer(BaseModel):
    """It survives any single failure from here on."""

    id: UUID = Field(description="The alert's id, and its incident's.")
    received_at: datetime = Field(description="When it was handed over to Kafka.")
    status: Literal["accepted"] = "accepted"
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
