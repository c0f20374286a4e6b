"""What is said of a leg."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from incident.alert import OrganisationId
from incident.moments import ActorKind, Proof, Via


class Outcome(StrEnum):
    """What became of a leg."""

    PENDING = "pending"
    MET = "met"
    BREACHED = "breached"
    VOID = "void"
    NOT_MEASURED = "not_measured"
    MEASURED = "measured"


@dataclass(frozen=True, slots=True, kw_only=True)
class WarningPoint:
    """A share of the target in percent, and when it will be used up."""

    percent: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the clock of one leg says.

    Incident and round and leg name it for good. With both moments (`n` in figures) are those
    that have `seconds`; `start` without `end` is an open or a missing end.

    Attributes:
        round: The round; for a leg of the whole incident the first one it was judged over, and for
            a supervision its number.
        organisation: Whom it is charged to.
        amended: A breach on record was disproved later.
        due: The last moment at which it is met; None without target or start.
        end: The end that was judged; None while pending and for void.
        seconds: From start to end, as reported, so negative for an end before its start.
        by: Whether a person or a machine stamped the end.
        via: How the end was learned.
        proof: What the end rests on.
        warnings: When the leg is at risk, earliest first.
    """

    leg: str
    round: int
    organisation: OrganisationId
    outcome: Outcome
    amended: bool = False
    target_seconds: int | None = None
    start: datetime | None = None
    due: datetime | None = None
    end: datetime | None = None
    seconds: float | None = None
    by: ActorKind | None = None
    via: Via | None = None
    proof: Proof | None = None
    warnings: tuple[WarningPoint, ...] = ()
