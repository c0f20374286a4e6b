"""What a replay came to: the document it writes, and the lines it prints."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from services.cli.replay.calls import Selection
from services.cli.replay.outcome import Outcome
from services.cli.replay.plan import Plan
from services.cli.replay.playing import Refusal

MOST_REFUSALS = 200
"""Listed in the document; more are only counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """What a replay came to.

    Attributes:
        accepted: How many alerts were accepted.
        wall_seconds: Real seconds from the first act to the figures.
        most_behind: Real seconds that an act was sent after its moment, at most.
    """

    selection: Selection
    plan: Plan
    outcome: Outcome
    accepted: int
    refused: tuple[Refusal, ...] = ()
    wall_seconds: float = 0.0
    most_behind: float = 0.0

    @property
    def is_accounted_for(self) -> bool:
        """Whether every call is an incident that ended, and every act was taken."""
        opened = self.outcome.opened
        calls = len(self.selection.calls)
        whole = calls == self.accepted == opened.count == opened.ended
        return whole and self.outcome.is_settled and not self.refused

    def document(self) -> dict[str, Any]:
        """The document `--json` writes.

        `closed` counts the incidents that ended; `withdrawn` are those among them that nobody had
        taken. `met` is null for a leg without target. `rows` are those of the calls played;
        `rows_skipped` could not be read and are not known to lie outside the span.
        """
        opened = self.outcome.opened
        return {
            "calls": len(self.selection.calls),
            "accepted": self.accepted,
            "opened": opened.count,
            "closed": opened.ended,
            "withdrawn": opened.withdrawn,
            "rows": self.selection.rows,
            "rows_skipped": len(self.selection.skipped),
            "conservation_difference": self.outcome.conservation_difference,
            "applied": self.outcome.applied,
            "events": opened.events,
            "acts": len(self.plan.acts),
            "refused": [_refusal(self, each) for each in self.refused[:MOST_REFUSALS]],
            "refused_count": len(self.refused),
            "stamps_left_out": {why.value: count for why, count in self.plan.left_out.items()},
            "stamps_disbelieved": dict(opened.disbelieved),
            "wall_seconds": round(self.wall_seconds, 3),
            "most_behind_seconds": round(self.most_behind, 3),
            "legs": {name: _leg(asdict(leg)) for name, leg in self.outcome.legs.items()},
        }

    def lines(self) -> list[str]:
        """The same for people."""
        opened = self.outcome.opened
        calls, rows = len(self.selection.calls), self.selection.rows
        ended = f"{self.accepted} accepted, {opened.count} opened, {opened.ended} closed"
        sent = f"{len(self.plan.acts)} acts, {opened.events} events, {self.wall_seconds:.1f} s"
        lines = [
            f"{calls} calls in {rows} rows, {len(self.selection.skipped)} rows skipped",
            f"{ended}, conservation difference {self.outcome.conservation_difference}",
            f"{sent}, at most {self.most_behind:.1f} s behind",
        ]
        lines += [_told_leg(name, _leg(asdict(leg))) for name, leg in self.outcome.legs.items()]
        lines += [
            f"{count} stamps not sent: {why.value}" for why, count in self.plan.left_out.items()
        ]
        if opened.disbelieved:
            lines.append(
                f"{sum(opened.disbelieved.values())} stamps were not plausible and are judged by"
                f" when they were recorded: {_listed(opened.disbelieved)}"
            )
        reasons = Counter(each.reason for each in self.refused)
        lines += [f"{count} acts refused: {reason}" for reason, count in reasons.most_common(10)]
        if not self.outcome.applied:
            lines.append("the figures do not show everything that was sent")
        return lines


def _refusal(replayed: Replayed, refusal: Refusal) -> dict[str, object]:
    act = refusal.act
    return {
        "call": replayed.selection.calls[act.call].number,
        "act": act.verb.value,
        "unit": act.unit,
        "occurred_at": act.occurred_at.isoformat(),
        "reason": refusal.reason,
    }


def _leg(figures: Mapping[str, Any]) -> dict[str, Any]:
    """Whole seconds as whole numbers."""
    return {
        name: int(value) if isinstance(value, float) and value.is_integer() else value
        for name, value in figures.items()
    }


def _told_leg(name: str, leg: Mapping[str, Any]) -> str:
    met = "" if leg["met"] is None else f", {leg['met']} met"
    return (
        f"{name}: n {leg['n']}{met}, no end {leg['no_end']},"
        f" p50 {leg['p50_seconds']} s, p90 {leg['p90_seconds']} s"
    )


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.items())
