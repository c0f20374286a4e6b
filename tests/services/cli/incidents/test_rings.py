"""The clocks as text: a bar while they run, a sign when they are over."""

from datetime import timedelta
from typing import Any

import pytest

from services.cli.incidents.following import Seen
from services.cli.incidents.rings import is_late, ring, shown
from services.cli.incidents.watching import verdict
from services.cli.texts import Language
from tests.services.cli.cases import RECEIVED, a_case


def a_leg(outcome: str = "pending", **told: object) -> dict[str, Any]:
    return {
        "leg": "push", "round": 1, "outcome": outcome, "target_seconds": 60,
        "start": RECEIVED.isoformat(), "end": None, "seconds": None, **told,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (0, "推送 [··········] 0:00/1:00"),
        (30, "推送 [█████·····] 0:30/1:00"),
        (44, "推送 [███████···] 0:44/1:00"),
        (45, "推送 [███████···] ! 0:45/1:00"),
        (60, "推送 [██████████] ! 1:00/1:00"),
        (72, "推送 [▓▓▓▓▓▓▓▓▓▓] ✘ 超时 +0:12"),
    ],
)
def test_a_running_clock_fills_warns_and_counts_on(after: int, expected: str) -> None:
    assert ring(a_leg(), RECEIVED + timedelta(seconds=after), Language.ZH) == expected


@pytest.mark.parametrize(
    ("leg", "expected"),
    [
        (a_leg("met", end="x", seconds=34.2), "push ✔ 0:34"),
        (a_leg("breached", end="x", seconds=80), "push ✘ 1:20"),
        (a_leg("measured", end="x", seconds=3661, target_seconds=None), "push 1:01:01"),
        (a_leg("void"), "push –"),
        (a_leg("not_measured", start=None), "push –"),
        (a_leg(target_seconds=None), "push 0:10"),
        (a_leg(leg="on_scene"), "on scene [█·········] 0:10/1:00"),
        (a_leg("breached"), "push [█·········] 0:10/1:00"),
    ],
)
def test_a_clock_that_is_over_bears_a_sign(leg: dict[str, Any], expected: str) -> None:
    assert ring(leg, RECEIVED + timedelta(seconds=10), Language.EN) == expected


def test_only_clocks_of_the_last_round_and_those_that_run_are_shown() -> None:
    legs = [
        a_leg("met", round=1),
        a_leg("pending", round=1, leg="total"),
        a_leg("pending", round=2),
        a_leg("not_measured", round=2, start=None),
    ]

    assert [(leg["leg"], leg["round"]) for leg in shown(legs)] == [("total", 1), ("push", 2)]


@pytest.mark.parametrize(
    ("state", "moments", "outcome", "code"),
    [
        ("closed", ["acknowledged"], "met", 0),
        ("closed", ["acknowledged"], "breached", 3),
        ("closed", [], "met", 4),
        ("closed", [], "breached", 3),
        ("cancelled", [], "met", 0),
    ],
)
def test_the_exit_code_says_how_it_went(
    state: str, moments: list[str], outcome: str, code: int
) -> None:
    incident = dict(a_case(state=state, moments=[{"name": name} for name in moments]).state)
    seen = Seen(incident=incident, legs=[a_leg(outcome)], as_of=RECEIVED)

    assert verdict(seen) == code
    assert is_late(seen.legs) is (code == 3)
