"""What a scenario found, beside its goal: as a table for people and as JSON for machines."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.table import Table

Json = dict[str, Any]
"""A JSON object; its members are any of six types."""

NOT_MEASURED = "not measured"


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """What is asked for: a bound on the figure, and one on its ratio to the floor.

    Attributes:
        at_least: The least figure that reaches it.
        at_most: The largest figure that reaches it.
        ratio_at_least: The least ratio to the floor, which was measured in the same run.
        ratio_at_most: The largest ratio to the floor.
    """

    at_least: float | None = None
    at_most: float | None = None
    ratio_at_least: float | None = None
    ratio_at_most: float | None = None

    def text(self, unit: str) -> str:
        """Say it in a line."""
        bounds = (
            (">=", self.at_least, unit),
            ("<=", self.at_most, unit),
            (">=", self.ratio_at_least, "x floor"),
            ("<=", self.ratio_at_most, "x floor"),
        )
        return ", ".join(
            f"{sign} {bound:g} {of}" for sign, bound, of in bounds if bound is not None
        )

    def held(self, measured: float, ratio: float | None) -> bool:
        """Whether a figure reaches it; a bound on a ratio that is not known is not reached."""
        pairs = (
            (self.at_least, measured, 1),
            (self.at_most, measured, -1),
            (self.ratio_at_least, ratio, 1),
            (self.ratio_at_most, ratio, -1),
        )
        return all(
            found is not None and found * way >= bound * way
            for bound, found, way in pairs
            if bound is not None
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One figure of a scenario.

    Attributes:
        scenario: Which scenario.
        what: What was measured, within the scenario.
        unit: Of `measured` and `floor`.
        measured: The figure; None where it could not be had, and `fault` says why.
        goal: What is asked for; None for a figure that is only stated.
        floor: What the bare parts do in the same run.
        sound: False where something beside the figure spoils it, such as an error; see `fault`.
        fault: What is wrong.
        details: Further figures.
    """

    scenario: str
    what: str
    unit: str
    measured: float | None
    goal: Goal | None = None
    floor: float | None = None
    sound: bool = True
    fault: str | None = None
    details: Mapping[str, object] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Names it among all figures: `push p99`."""
        return f"{self.scenario} {self.what}"

    @property
    def ratio(self) -> float | None:
        """The figure over the floor."""
        return self.measured / self.floor if self.measured is not None and self.floor else None

    @property
    def held(self) -> bool | None:
        """Whether it reaches its goal; None where none is set. What was not measured does not."""
        if self.goal is None:
            return None
        if self.measured is None or not self.sound:
            return False
        return self.goal.held(self.measured, self.ratio)

    def document(self) -> Json:
        """The result as a JSON object."""
        return {
            "name": self.name,
            "scenario": self.scenario,
            "unit": self.unit,
            "goal": None if self.goal is None else self.goal.text(self.unit),
            "measured": _short(self.measured),
            "floor": _short(self.floor),
            "ratio": _short(self.ratio),
            "held": self.held,
            "fault": self.fault,
            "details": dict(self.details),
        }


def missing(scenario: str, fault: str) -> Result:
    """The result of a scenario that could not be measured."""
    return Result(
        scenario=scenario, what=NOT_MEASURED, unit="", measured=None, fault=fault, sound=False
    )


def write(results: Sequence[Result], path: Path) -> None:
    """Write results as a JSON list, making the folder; the file is whole or as it was."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(path.name + ".new")
    documents = [result.document() for result in results]
    new.write_text(json.dumps(documents, indent=2, ensure_ascii=False, default=str) + "\n", "utf-8")
    new.replace(path)


def table(results: Sequence[Result]) -> Table:
    """Lay results out for people; what is wrong stands below its figure."""
    laid = Table(title="load bench", title_justify="left")
    laid.add_column("figure")
    laid.add_column("goal")
    for heading in ("measured", "floor", "ratio"):
        laid.add_column(heading, justify="right")
    laid.add_column("held")
    for result in results:
        laid.add_row(
            result.name,
            "" if result.goal is None else result.goal.text(result.unit),
            NOT_MEASURED if result.measured is None else f"{result.measured:.4g} {result.unit}",
            "" if result.floor is None else f"{result.floor:.4g}",
            "" if result.ratio is None else f"{result.ratio:.2f}",
            _HELD[result.held],
        )
        if result.fault is not None:
            laid.add_row(f"  {result.fault}")
    return laid


_HELD = {True: "yes", False: "NO", None: ""}


def _short(figure: float | None) -> float | None:
    return None if figure is None else float(f"{figure:.5g}")
