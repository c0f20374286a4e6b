"""What the demo shows: clocks, rows, lines, figures."""

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from rich.console import Console, RenderableType

from incident.directory import Lookup, read_directory
from services.cli.demo.board import LEGS, Board, Mark, Reading, read_leg
from services.cli.demo.case import Case
from services.cli.demo.table import (
    Style,
    Totals,
    clock_text,
    live_table,
    minutes,
    plain_line,
    summary_table,
)
from services.cli.park import DEMO_PARK, read_document
from services.cli.texts import Language
from tests.services.cli.cases import RECEIVED, a_case, assignment, moment

PUSH = LEGS[0]
ZH = Style(language=Language.ZH, zone=ZoneInfo("Asia/Shanghai"))
EN = Style(language=Language.EN, zone=ZoneInfo("Asia/Shanghai"))
LEG: dict[str, Any] = {
    "leg": "push",
    "n": 3,
    "met": 2,
    "breached": 1,
    "void": 0,
    "target_seconds": 60,
    "p50_seconds": 8.0,
    "p90_seconds": 71.5,
    "by": {"person": {"n": 3}},
}


@pytest.fixture(scope="module")
def park() -> Lookup:
    return Lookup(read_directory(read_document(DEMO_PARK), version=1, now=RECEIVED))


def after(seconds: float) -> timedelta:
    return timedelta(seconds=seconds)


def drawn(what: RenderableType) -> str:
    console = Console(width=150, no_color=True)
    with console.capture() as captured:
        console.print(what)
    return captured.get()


def totals(**told: Any) -> Totals:  # noqa: ANN401  # any of its fields
    usual = {"now": RECEIVED + after(30), "speed": 30, "sent": 1, "live": 1, "ended": 0}
    return Totals(**{"figures": {}, "difference": None, **usual, **told})


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (44.9, Mark.RUNNING),
        (45, Mark.AT_RISK),
        (60, Mark.AT_RISK),
        (60.001, Mark.LATE),
    ],
)
def test_a_running_clock_warns_and_then_is_late(seconds: float, expected: Mark) -> None:
    assert read_leg(a_case(), PUSH, RECEIVED + after(seconds)).mark is expected


@pytest.mark.parametrize(("seconds", "expected"), [(60, Mark.MET), (60.001, Mark.BREACHED)])
def test_reached_exactly_when_due_is_met(seconds: float, expected: Mark) -> None:
    case = a_case(moments=[moment("received", 0), moment("pushed", seconds)])

    assert read_leg(case, PUSH, RECEIVED + after(500)).mark is expected


def test_what_never_began_or_ended_without_its_end_is_not_judged() -> None:
    over = a_case(state="cancelled", ended_at=RECEIVED.isoformat())

    assert read_leg(a_case(), LEGS[2], RECEIVED).mark is Mark.WAITING
    assert read_leg(over, PUSH, RECEIVED).mark is Mark.VOID


def test_a_length_reads_as_minutes_and_from_an_hour_on_as_hours() -> None:
    assert [minutes(after(seconds)) for seconds in (5, 245.9, 3845)] == ["0:05", "4:05", "1:04:05"]
    assert clock_text(Reading(mark=Mark.MET, length=after(5))) == "✔ 0:05"


def test_the_newest_state_stands_whatever_comes_later(park: Lookup) -> None:
    board = Board(park)

    assert board.see(a_case(version=3, state="acknowledged"))
    assert not board.see(a_case(version=2, state="pushed"))
    assert [row.case.name for row in board.rows()] == ["acknowledged"]


def test_what_a_lender_of_teams_sees_is_not_shown(park: Lookup) -> None:
    board = Board(park)
    whole = a_case().state
    lent = Case({name: value for name, value in whole.items() if name != "moments"})

    assert not board.see(lent)


def test_the_table_has_the_incident_its_place_its_clocks_and_the_totals(park: Lookup) -> None:
    board = Board(park)
    board.see(a_case())
    shown = drawn(live_table(board.rows(), totals(difference=0, figures={"push": LEG}), ZH))

    for part in (
        "D0001",
        "■黄",
        "口角纠纷",
        "禾岭家居 1号楼 办公 2层",
        "… 0:30",
        "67% (2/3)",
        "守恒差 0",
    ):
        assert part in shown


def test_rows_that_do_not_fit_are_counted(park: Lookup) -> None:
    board = Board(park)
    for number in range(5):
        id_ = f"0190b5a0-0000-7000-8000-00000000000{number}"
        board.see(Case({**a_case().state, "id": id_}))
    few = Style(language=Language.EN, zone=ZH.zone, lines=12)

    assert "2 more not shown" in drawn(live_table(board.rows(), totals(), few))


def test_a_plain_line_says_where_an_incident_stands(park: Lookup) -> None:
    step = "1/auto-assign/1"
    case = a_case(
        state="assigned",
        moments=[moment("received", 0), moment("pushed", 5), moment("assigned", 50)],
        assignments=[assignment(1, "heling-duty-1", step=step)],
    )
    line = plain_line(Board(park).row_of(case), RECEIVED + after(50), EN)

    assert line == (
        "19:30:50  D0001  ■yellow  quarrel  禾岭家居 1号楼 办公 2层  assigned"
        "  push ✔ 0:05  assign ✔ 0:45  auto-assigned"
    )


def test_the_summary_gives_each_share_with_what_it_is_of() -> None:
    shown = drawn(summary_table([LEG], ZH, plain=True))

    assert "67% (2/3)" in shown
    assert "1:11" in shown


def test_a_leg_without_a_target_has_no_share() -> None:
    response = {**LEG, "leg": "response", "target_seconds": None}

    assert "%" not in drawn(summary_table([response], ZH, plain=True))
