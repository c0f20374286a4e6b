"""Which faults a campaign makes follows from its seed; kills are one in nine seconds."""

from itertools import islice
from typing import Any

import pytest

from loadtests.chaos.campaign import Ordeal, Result
from loadtests.chaos.checker.findings import Finding, Wrong
from loadtests.chaos.faults import FAULTS, named
from loadtests.chaos.faults.fault import Fault
from loadtests.chaos.history import Kind, Line
from loadtests.chaos.plan import SECONDS_A_KILL, Step, each_once, steps
from loadtests.chaos.report import rows_of, summary, table, totals, write
from services.runtime import codec


async def nothing(_: object) -> None:
    """A fault that does nothing."""


def a_fault(name: str, **changes: Any) -> Fault:  # noqa: ANN401  # fields of several types
    return Fault(name=name, inject=nothing, heal=nothing, **changes)


def drawn(count: int, *, seed: int = 1, replicas: int = 1) -> list[Step]:
    return list(islice(steps(FAULTS, seed=seed, replicas=replicas), count))


def test_the_same_seed_makes_the_same_faults() -> None:
    assert drawn(100) == drawn(100)
    assert drawn(100) != drawn(100, seed=2)


@pytest.mark.parametrize("seed", range(5))
def test_half_an_hour_makes_two_hundred_kills(seed: int) -> None:
    seconds, kills = 0.0, 0
    for step in steps(FAULTS, seed=seed, replicas=1):
        seconds, kills = seconds + step.seconds, kills + step.kills
        if seconds >= 1800:
            break

    assert kills >= 1800 / SECONDS_A_KILL == 200


def test_every_fault_comes_before_long() -> None:
    possible = {fault.name for fault in FAULTS if fault.replicas == 1 and fault.weight > 0}

    assert {step.fault.name for step in drawn(500)} == possible


def test_faults_that_need_replicas_come_only_where_there_are_some() -> None:
    assert all(step.fault.replicas == 1 for step in drawn(200))
    assert any(step.fault.replicas == 2 for step in drawn(200, replicas=2))


def test_a_fault_alone_is_made_again_and_again() -> None:
    only = a_fault("only")

    made = islice(steps([only], seed=1, replicas=1), 3)

    assert [step.fault for step in made] == [only] * 3


def test_a_service_is_killed_beside_long_faults_that_bear_it() -> None:
    long = a_fault("long", seconds=15.0)
    lonely = a_fault("lonely", seconds=15.0, crowded=False)
    short = a_fault("short", seconds=1.0)

    made = list(islice(steps([long, lonely, short], seed=1, replicas=1), 90))

    crowded = {step.fault.name for step in made if step.kill_at is not None}
    assert crowded == {"long"}
    assert any(step.kill_at is None for step in made if step.fault is long)


def test_there_must_be_a_fault_to_draw() -> None:
    with pytest.raises(ValueError, match="no fault to draw"):
        next(steps([], seed=1, replicas=1))


def test_faults_have_names_of_their_own_and_are_found_by_them() -> None:
    names = [fault.name for fault in FAULTS]

    assert len(names) == len(set(names))
    assert named(["kafka killed", "intake killed"])[1].name == "intake killed"
    assert named([]) == FAULTS
    with pytest.raises(KeyError):
        named(["a fault of nobody's"])


def an_ordeal(fault: Fault, *, began: float = 0.0, alive: float | None = 3.0) -> Ordeal:
    return Ordeal(fault=fault, began=began, ended=began + 10, ready=2.0, alive=alive, kills=1)


def test_a_row_holds_the_worst_of_its_kind() -> None:
    fault, other = a_fault("one", goal=5.0), a_fault("other", goal=5.0)
    result = Result(
        ordeals=[
            an_ordeal(fault),
            an_ordeal(fault, began=20, alive=6.0),
            an_ordeal(other, began=40, alive=None),
        ]
    )

    rows = rows_of(result, [])

    assert [(row.name, row.worst("alive"), row.held) for row in rows] == [
        ("one", 6.0, False),
        ("other", None, False),
    ]
    assert table(rows).row_count == 2


def test_a_goal_that_was_missed_is_named_and_counted() -> None:
    slow, never = a_fault("slow", goal=5.0), a_fault("never", goal=5.0)
    result = Result(ordeals=[an_ordeal(slow, alive=6.0), an_ordeal(never, alive=None)])

    assert summary(result, [])[1:] == [
        "goal missed: slow: 6.0 s instead of 5 s",
        "goal missed: never: never instead of 5 s",
        "nothing is wrong",
        "faults 2, kills 2, lost 0, doubled 0, goals missed 2",
    ]


def test_each_fault_is_made_once_but_none_that_needs_more_replicas() -> None:
    faults = [a_fault("one"), a_fault("two", replicas=2), a_fault("three")]

    assert [step.fault.name for step in each_once(faults, seed=1, replicas=1)] == ["one", "three"]
    assert len(list(each_once(faults, seed=1, replicas=2))) == 3


def test_what_is_written_is_what_was_found(tmp_path: Any) -> None:  # noqa: ANN401  # a path
    finding = Finding(wrong=Wrong.ALERT_LOST, about="1", detail="no incident")
    result = Result(ordeals=[an_ordeal(a_fault("one"))], findings=[finding], seconds=30.0)
    lines = [Line(at=1, kind=Kind.INVOKE, who="s", what="alert", operation=1, said={"id": "1"})]
    path = tmp_path / "results" / "chaos.json"

    write(path, rows_of(result, lines), result, lines=lines, said={"seed": 7})

    told = codec.decode(path.read_text(), dict)
    assert (told["seed"], told["held"], told["totals"]["lost"]) == (7, False, 1)
    assert told["faults"][0]["works_seconds"] == [3.0]
    assert told["findings"] == [{"wrong": "alert lost", "about": "1", "detail": "no incident"}]
    assert summary(result, lines)[1:] == [
        "alert lost: 1: no incident",
        "1 findings",
        "faults 1, kills 1, lost 1, doubled 0, goals missed 0",
    ]
    assert totals(result, lines)["unknown"] == 1
