"""What a leg is judged over: one round of an incident, or all rounds of one of its lives."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from incident.lifecycle import ROUND_STARTS, Incident, Round, RoundCause
from incident.moments import Moment, MomentName

FURTHER_LIVES = frozenset({RoundCause.REOPENED, RoundCause.SPLIT})
"""Rounds that follow an end of the incident."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Rounds that follow one another, with their moments.

    Attributes:
        moments: By name, each in no order; none is empty.
        ended_at: When the last of them was over, or None while it runs.
    """

    rounds: tuple[Round, ...]
    moments: dict[MomentName, list[Moment]]
    ended_at: datetime | None

    def stamped(self, name: MomentName) -> Sequence[Moment]:
        """The moments of a name, in no order."""
        return self.moments.get(name, ())

    def starts(self) -> dict[MomentName, datetime]:
        """When each moment that has begun began what follows it."""
        starts = {
            name: stamped[0].judged_at
            if len(stamped) == 1
            else min(moment.judged_at for moment in stamped)
            for name, stamped in self.moments.items()
        }
        first = self.rounds[0]
        stood_in_for = ROUND_STARTS[first.cause]
        if not (stood_in_for in starts and first.cause is RoundCause.OPENED):
            starts[stood_in_for] = first.started_at
        return starts

    def round_of(self, moment: Moment) -> Round:
        """The round that one of its moments stands in."""
        if len(self.rounds) == 1:
            return self.rounds[0]
        return next(entry for entry in self.rounds if entry.number == moment.round)

    def joined(self, later: "Span") -> "Span":
        """This span and the one that follows it as one."""
        moments = {
            name: [*self.stamped(name), *later.stamped(name)]
            for name in (*self.moments, *later.moments)
        }
        return Span(rounds=self.rounds + later.rounds, moments=moments, ended_at=later.ended_at)


def began_at(round_: Round, name: MomentName, *, stamped: Sequence[Moment]) -> datetime | None:
    """When a moment began what follows it, or None if it has not.

    Where a round's start stands in for the moment, that start counts; only the first round has a
    real moment there.

    Args:
        round_: The round, or the first of several.
        name: The moment.
        stamped: All moments of that name that were stamped, in any order.
    """
    if name is ROUND_STARTS[round_.cause] and not (stamped and round_.cause is RoundCause.OPENED):
        return round_.started_at
    return min((moment.judged_at for moment in stamped), default=None)


def round_spans(incident: Incident) -> list[Span]:
    """Each round by itself, in order."""
    moments: dict[int, dict[MomentName, list[Moment]]] = {
        entry.number: {} for entry in incident.rounds
    }
    for moment in incident.moments:
        moments[moment.round].setdefault(moment.name, []).append(moment)
    return [
        Span(rounds=(entry,), moments=moments[entry.number], ended_at=entry.ended_at)
        for entry in incident.rounds
    ]


def lives(rounds: Sequence[Span]) -> list[Span]:
    """The rounds joined into lives, each up to an end of the incident."""
    joined: list[Span] = []
    for span in rounds:
        if joined and span.rounds[0].cause not in FURTHER_LIVES:
            joined[-1] = joined[-1].joined(span)
        else:
            joined.append(span)
    return joined
