"""What a campaign came to: a table for people, JSON for machines."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.table import Table

from loadtests.chaos.campaign import Ordeal, Result
from loadtests.chaos.checker.clocks import count_taken_back
from loadtests.chaos.checker.findings import DOUBLED, LOST, listed
from loadtests.chaos.checker.operations import operations_of
from loadtests.chaos.history import Kind, Line
from loadtests.chaos.meanwhile import Meanwhile, look

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """All ordeals of one kind together."""

    name: str
    ordeals: Sequence[Ordeal]
    seen: Sequence[Meanwhile]

    @property
    def held(self) -> bool:
        """Whether each was over within its goal."""
        return all(ordeal.held for ordeal in self.ordeals)

    def worst(self, what: str) -> float | None:
        """The longest of `ready`, `alive`, `silence` or `slowest`; None where one never came."""
        sources: Sequence[object] = self.ordeals if what in {"ready", "alive"} else self.seen
        found = [getattr(source, what) for source in sources]
        if what == "slowest":
            found = [each for each in found if each is not None]
        return None if None in found else max(found, default=0.0)

    def answers(self, who: str) -> Counter[str]:
        """What somebody was answered in all of them."""
        return sum((seen.answers.get(who, Counter()) for seen in self.seen), Counter[str]())


def rows_of(result: Result, lines: Sequence[Line]) -> list[Row]:
    """Put ordeals of one kind together, in the order in which each kind came first."""
    grouped: dict[str, list[Ordeal]] = {}
    for ordeal in result.ordeals:
        grouped.setdefault(ordeal.fault.name, []).append(ordeal)
    return [
        Row(
            name=name,
            ordeals=ordeals,
            seen=[look(lines, since=each.began, until=each.ended) for each in ordeals],
        )
        for name, ordeals in grouped.items()
    ]


def table(rows: Sequence[Row]) -> Table:
    """Lay the table out."""
    laid = Table(title="Faults", title_justify="left")
    for column in ("fault", "times", "ready s", "works s", "goal s", "held"):
        laid.add_column(column, justify="left" if column == "fault" else "right")
    for column in ("station saw", "actors saw", "console: reopened, silence s", "pushed: worst s"):
        laid.add_column(column)
    for row in rows:
        reopened = sum(seen.reopened for seen in row.seen)
        alerts, late = (
            sum(getattr(seen, name) for seen in row.seen) for name in ("alerts", "late")
        )
        laid.add_row(
            row.name,
            str(len(row.ordeals)),
            _number(row.worst("ready")),
            _number(row.worst("alive")),
            f"{row.ordeals[0].fault.goal:g}",
            "yes" if row.held else "MISSED",
            _counted(row.answers("station")),
            _counted(row.answers("actor")),
            f"{reopened}, {_number(row.worst('silence'))}",
            f"{_number(row.worst('slowest'))} of {alerts}" + (f", {late} late" if late else ""),
        )
    return laid


def summary(result: Result, lines: Sequence[Line]) -> list[str]:
    """What was done, what was lost and doubled, and each finding in a line."""
    done = totals(result, lines)
    counted = {name.replace("_", " "): count for name, count in done.items()}
    last = ("faults", "kills", "lost", "doubled", "goals missed")
    return [
        ", ".join(f"{name} {count}" for name, count in counted.items() if name not in last),
        *(f"goal missed: {missed(each)}" for each in result.ordeals if not each.held),
        *listed(result.findings),
        f"{len(result.findings)} findings" if result.findings else "nothing is wrong",
        ", ".join(f"{name} {counted[name]}" for name in last),
    ]


def missed(ordeal: Ordeal) -> str:
    """Say by how much a fault was not over within its goal."""
    took = "never" if ordeal.alive is None else f"{ordeal.alive:.1f} s"
    return f"{ordeal.fault.name}: {took} instead of {ordeal.fault.goal:g} s"


def totals(result: Result, lines: Sequence[Line]) -> dict[str, int]:
    """Count what clients did, and what was lost and doubled of it."""
    operations = operations_of(lines)
    ends = Counter((each.what, each.end) for each in operations)
    wrongs = Counter(finding.wrong for finding in result.findings)
    return {
        "alerts_promised": ends["alert", Kind.OK],
        "incidents": 0 if result.state is None else len(result.state.incidents),
        "acts_done": ends["act", Kind.OK],
        "acts_refused": ends["act", Kind.FAIL],
        "unknown": sum(times for (_, end), times in ends.items() if end is Kind.UNKNOWN),
        "frames_seen": sum(
            line.kind is Kind.FRAME and line.said.get("sequence") is not None for line in lines
        ),
        "faults": len(result.ordeals),
        "kills": sum(ordeal.kills for ordeal in result.ordeals),
        "breaches_taken_back": 0 if result.state is None else count_taken_back(result.state),
        "lost": sum(wrongs[wrong] for wrong in LOST),
        "doubled": sum(wrongs[wrong] for wrong in DOUBLED),
        "goals_missed": sum(not ordeal.held for ordeal in result.ordeals),
    }


def write(
    path: Path,
    rows: Sequence[Row],
    result: Result,
    *,
    lines: Sequence[Line],
    said: Mapping[str, Any],
) -> None:
    """Write it all as JSON."""
    document = {
        **said,
        "seconds_of_faults": round(result.seconds, 1),
        "totals": totals(result, lines),
        "faults": [_row(row) for row in rows],
        "findings": [
            {"wrong": each.wrong.value, "about": each.about, "detail": each.detail}
            for each in result.findings
        ],
        "held": not result.findings,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _row(row: Row) -> Json:
    return {
        "name": row.name,
        "times": len(row.ordeals),
        "goal_seconds": row.ordeals[0].fault.goal,
        "counts_from": row.ordeals[0].fault.since.value,
        "ready_seconds": [_round(ordeal.ready) for ordeal in row.ordeals],
        "works_seconds": [_round(ordeal.alive) for ordeal in row.ordeals],
        "held": row.held,
        "kills": sum(ordeal.kills for ordeal in row.ordeals),
        "seen": {who: dict(row.answers(who)) for who in ("station", "actor", "console", "reader")},
        "streams_reopened": sum(seen.reopened for seen in row.seen),
        "longest_silence_seconds": _round(row.worst("silence")),
        "alerts": sum(seen.alerts for seen in row.seen),
        "slowest_push_seconds": _round(row.worst("slowest")),
        "pushed_late": sum(seen.late for seen in row.seen),
    }


def _counted(answers: Counter[str]) -> str:
    return ", ".join(f"{answer} x{times}" for answer, times in answers.most_common()) or "-"


def _number(value: float | None) -> str:
    return "never" if value is None else f"{value:.1f}"


def _round(value: float | None) -> float | None:
    return None if value is None or value == float("inf") else round(value, 2)
