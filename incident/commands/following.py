"""What is asked about an incident: supervision, questions, confirmation and follow-up calls."""

from dataclasses import dataclass
from datetime import datetime

from incident.following import Owner


@dataclass(frozen=True, slots=True, kw_only=True)
class Supervise:
    """Put it under supervision, live or ended."""

    owner: Owner
    deadline: datetime
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EndSupervision:
    """End one's own supervision, with what came of it."""

    number: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """Ask the center something."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Answer a question of the station."""

    number: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmOutcome:
    """The station confirms the outcome that was reported."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUp:
    """Say what came of a follow-up call.

    Attributes:
        satisfied: What they said; where only a mark was given, 3 and more is satisfied.
        satisfaction: A mark from 1 to 5.
    """

    reached: bool
    satisfied: bool | None = None
    satisfaction: int | None = None
    text: str | None = None
