"""Results say whether a goal was held, and have one form as JSON."""

import json
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from loadtests import costs
from loadtests.processes import Cost
from loadtests.results import Goal, Result, missing, table, write

P99 = Goal(at_most=60, ratio_at_most=2)


def result(measured: float | None, floor: float | None = 40.0, *, sound: bool = True) -> Result:
    return Result(
        scenario="push",
        what="p99",
        unit="ms",
        measured=measured,
        goal=P99,
        floor=floor,
        sound=sound,
    )


def test_the_form_as_json(tmp_path: Path) -> None:
    write([result(51.23456)], tmp_path / "results" / "latest.json")

    assert json.loads((tmp_path / "results" / "latest.json").read_text()) == [
        {
            "name": "push p99",
            "scenario": "push",
            "unit": "ms",
            "goal": "<= 60 ms, <= 2 x floor",
            "measured": 51.235,
            "floor": 40.0,
            "ratio": 1.2809,
            "held": True,
            "fault": None,
            "details": {},
        }
    ]


@pytest.mark.parametrize(
    ("measured", "floor", "held"),
    [(60.0, 40.0, True), (60.1, 40.0, False), (50.0, 20.0, False), (50.0, None, False)],
)
def test_a_goal_is_held_when_the_figure_and_its_ratio_reach_it(
    measured: float, floor: float | None, held: bool
) -> None:
    assert result(measured, floor).held is held


def test_a_goal_from_below() -> None:
    goal = Goal(at_least=700, ratio_at_least=0.7)

    assert goal.text("alerts/s") == ">= 700 alerts/s, >= 0.7 x floor"
    assert [goal.held(rate, rate / 1000) for rate in (699, 700, 1200)] == [False, True, True]


def test_a_figure_that_errors_spoil_does_not_hold_its_goal() -> None:
    assert result(1.0, sound=False).held is False


def test_a_figure_without_a_goal_is_neither_held_nor_missed() -> None:
    stated = Result(scenario="life", what="saturation", unit="incidents/s", measured=41.0)

    assert stated.held is None
    assert stated.document()["goal"] is None


def test_what_was_not_measured_says_why() -> None:
    told = missing("push", "the generator lagged").document()

    assert (told["name"], told["measured"]) == ("push not measured", None)
    assert told["fault"] == "the generator lagged"


def test_the_table_shows_what_was_missed_and_why() -> None:
    console = Console(width=160, record=True, file=StringIO())

    console.print(table([result(99.0), missing("life", "the generator lagged")]))

    shown = console.export_text()
    assert "NO" in shown
    assert "the generator lagged" in shown


def test_costs_are_per_act_and_in_all() -> None:
    cost = Cost(core_seconds={"intake": 2.0, "postgres": 1.0}, seconds=10.0)

    told = costs.describe(cost, 1000, act="alert accepted")

    assert told["core_ms_per_act"] == {"intake": 2.0, "postgres": 1.0, "all": 3.0}
    assert told["cores"] == {"intake": 0.2, "postgres": 0.1}
    with_cost = Result(
        scenario="accept", what="rate", unit="/s", measured=1.0, details={costs.COST: told}
    )
    assert costs.table([result(1.0)]) is None
    assert costs.table([with_cost]) is not None
