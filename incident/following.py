"""What stands beside the course of an incident: supervisions, questions and follow-up calls.

A supervision (督办) is put on an incident by its station or the park, with somebody who answers for
it and a deadline; its clock runs whether the incident lives or has ended. A station's question
waits for the center's answer. A follow-up call (回访) asks those who were helped whether they were.
Texts are kept sealed, by the version of the event they came with.
"""

from dataclasses import dataclass
from datetime import datetime

from incident.alert import OrganisationId
from incident.moments import Actor, Via


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """Who answers for something.

    Attributes:
        post: The code of a duty post there, such as `chief`.
    """

    organisation: OrganisationId
    post: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """How something was brought to its end.

    Attributes:
        at: When, as judged.
        recorded_at: When that was recorded.
    """

    at: datetime
    recorded_at: datetime
    actor: Actor
    via: Via


@dataclass(frozen=True, slots=True, kw_only=True)
class Supervision:
    """A supervision and where it stands.

    Attributes:
        number: From 1 within the incident.
        version: The version its text came with.
        by: Its author, who alone may end it.
        owner: Who answers for it, and is charged with its clock.
        supervised_at: When it began, as judged.
        remind_at_percent: The shares of its time after which its owner is reminded.
        ended: How it was ended; None while it is open.
    """

    number: int
    version: int
    by: Actor
    owner: Owner
    supervised_at: datetime
    deadline: datetime
    remind_at_percent: tuple[int, ...] = ()
    ended: Settled | None = None

    @property
    def is_open(self) -> bool:
        """Whether it goes on."""
        return self.ended is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A station's question to the center.

    Attributes:
        number: From 1 within the incident.
        version: The version its text came with.
        by: The station that asked.
        answered: How it was answered; None while it waits.
    """

    number: int
    version: int
    by: OrganisationId
    asked_at: datetime
    answered: Settled | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUpCall:
    """A follow-up call that was made.

    Attributes:
        round: The round whose outcome it asked about.
        reached: Somebody answered; only then there are answers.
        satisfaction: From 1 to 5, where it was asked for.
    """

    round: int
    called_at: datetime
    by: Actor
    reached: bool
    satisfied: bool | None = None
    satisfaction: int | None = None
