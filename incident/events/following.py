"""What was asked about an incident while it ran or afterwards: supervision, questions, calls."""

from dataclasses import dataclass
from datetime import datetime

from incident.following import Owner


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentSupervised:
    """The station or the park put the incident under supervision.

    Attributes:
        number: From 1 within the incident.
        remind_at_percent: The shares of its time after which its owner is reminded.
    """

    number: int
    owner: Owner
    deadline: datetime
    text: str
    remind_at_percent: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SupervisionEnded:
    """Its author ended a supervision, with what came of it."""

    number: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentAsked:
    """The station asked the center something.

    Attributes:
        number: From 1 within the incident.
    """

    number: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentAnswered:
    """The center answered a question of the station."""

    number: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeConfirmed:
    """The station confirmed the outcome that was reported."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUpCalled:
    """Those who were helped were called.

    Attributes:
        reached: Somebody answered; only then there are answers.
        done: No further call is to be made.
        satisfaction: From 1 to 5, where it was asked for.
    """

    reached: bool
    done: bool
    satisfied: bool | None = None
    satisfaction: int | None = None
    text: str | None = None
