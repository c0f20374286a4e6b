"""What an act costs, by part: core-milliseconds, as the scenarios measured them."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.table import Table

from loadtests.processes import Cost
from loadtests.results import Result

COST = "cost"
PARTS = ("intake", "dispatcher", "notifier", "kafka", "postgres", "generator", "all")


def describe(cost: Cost, acts: int, *, act: str) -> dict[str, object]:
    """Return a cost as details of a result, to stand under `COST`.

    Args:
        cost: What was used.
        acts: How many acts it was used for, at least one.
        act: What one of them is.
    """
    return {
        "act": act,
        "acts": acts,
        "seconds": round(cost.seconds, 1),
        "core_ms_per_act": cost.per_act(acts),
        "cores": cost.cores(),
    }


def table(results: Sequence[Result]) -> Table | None:
    """Lay out what acts cost; None where no result says it."""
    rows = [(result.scenario, found) for result in results if (found := _cost(result))]
    if not rows:
        return None
    laid = Table(title="core-milliseconds per act", title_justify="left")
    laid.add_column("scenario")
    laid.add_column("act")
    for part in PARTS:
        laid.add_column(part, justify="right")
    for scenario, found in rows:
        spent = found["core_ms_per_act"]
        figures = (f"{spent[part]:.2f}" if part in spent else "" for part in PARTS)
        laid.add_row(scenario, found["act"], *figures)
    return laid


def _cost(result: Result) -> Mapping[str, Any] | None:
    found = result.details.get(COST)
    return found if isinstance(found, Mapping) else None
