"""How ready centers are, as documents."""

from collections.abc import Iterable
from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from incident.figures.readiness import Lack, Part
from services.notifier.ports.figures import Taken

_CENTER: JsonDict = {
    "center": "heling-center",
    "at": "2026-03-02T04:00:00Z",
    "score": 95,
    "holds": True,
    "reasons": [{"part": "console_audible", "lack": "unknown", "points": 5, "at": None}],
}
READINESS: JsonDict = {"as_of": "2026-03-02T04:00:00Z", "centers": [_CENTER]}
HISTORY: JsonDict = {"center": "heling-center", "taken": [_CENTER], "next": None}
"""Answers as the documentation shows them."""


class ReasonFigure(BaseModel):
    """Why points are missing."""

    model_config = ConfigDict(from_attributes=True)

    part: Part
    lack: Lack
    points: int
    at: datetime | None = Field(description="When it last was, where that is known.")


class CenterReadiness(BaseModel):
    """How ready a center is or was."""

    center: str
    at: datetime
    score: int = Field(description="0 to 100.")
    holds: bool = Field(description="Nothing that 115 needs is missing.")
    reasons: list[ReasonFigure] = Field(description="Those that cost the most first.")


class ReadinessFigures(BaseModel):
    """Whether 115 would hold right now."""

    model_config = ConfigDict(json_schema_extra={"examples": [READINESS]})

    as_of: datetime
    centers: list[CenterReadiness]


class ReadinessHistory(BaseModel):
    """How ready a center was; `next` is the `from` to ask for what follows, null at the end."""

    model_config = ConfigDict(json_schema_extra={"examples": [HISTORY]})

    center: str
    taken: list[CenterReadiness]
    next: datetime | None


def ready_documents(taken: Iterable[Taken]) -> list[CenterReadiness]:
    """Turn what was taken into documents."""
    return [
        CenterReadiness(
            center=one.center,
            at=one.at,
            score=one.readiness.score,
            holds=one.readiness.holds,
            reasons=[ReasonFigure.model_validate(reason) for reason in one.readiness.reasons],
        )
        for one in taken
    ]
