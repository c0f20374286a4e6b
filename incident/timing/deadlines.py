"""When the pending legs of an incident are to be looked at again."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from incident.lifecycle import Incident
from incident.timing.judging import judge
from incident.timing.verdicts import Outcome, Verdict

TICK = timedelta(microseconds=1)
"""The smallest step of time: a leg is late one tick after it was due."""


class DeadlineKind(StrEnum):
    """What passes at a deadline."""

    AT_RISK = "at_risk"
    DUE = "due"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """A moment at which a pending leg is to be looked at again.

    Attributes:
        key: Names it within the incident: `2/on_scene/75` for a warning, `2/on_scene/due`.
        due_at: The first moment at which it has passed. For `due` that is one microsecond after
            the verdict's `due`, as a leg reached exactly then is met.
    """

    key: str
    round: int
    leg: str
    kind: DeadlineKind
    due_at: datetime


def deadlines(incident: Incident, *, now: datetime) -> tuple[Deadline, ...]:
    """All deadlines of the legs that are pending at `now`, earliest first."""
    return deadlines_of(judge(incident, now=now))


def deadlines_of(verdicts: Iterable[Verdict]) -> tuple[Deadline, ...]:
    """All deadlines of the pending ones, earliest first.

    A warning that has passed is among them as long as its leg is pending: keep each by its key.
    """
    found = [
        deadline
        for verdict in verdicts
        if verdict.outcome is Outcome.PENDING and verdict.due is not None
        for deadline in _deadlines(verdict, verdict.due)
    ]
    return tuple(sorted(found, key=lambda deadline: (deadline.due_at, deadline.key)))


def _deadlines(verdict: Verdict, due: datetime) -> Iterable[Deadline]:
    name = f"{verdict.round}/{verdict.leg}"
    for point in verdict.warnings:
        yield Deadline(
            key=f"{name}/{point.percent}",
            round=verdict.round,
            leg=verdict.leg,
            kind=DeadlineKind.AT_RISK,
            due_at=point.at,
        )
    yield Deadline(
        key=f"{name}/due",
        round=verdict.round,
        leg=verdict.leg,
        kind=DeadlineKind.DUE,
        due_at=due + TICK,
    )
