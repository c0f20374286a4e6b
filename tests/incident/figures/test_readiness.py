"""Whether 115 would hold right now."""

from datetime import timedelta

import pytest

from incident.figures.readiness import (
    NEEDED,
    POINTS,
    Lack,
    Part,
    Seen,
    Since,
    readiness_of,
)
from tests.builders import RECEIVED

ALL: dict[Part, bool | Since | None] = dict.fromkeys(Part, True)


def test_all_is_100_and_nothing_known_is_0() -> None:
    ready = readiness_of(Seen(console=True, parts=ALL), now=RECEIVED)
    assert (ready.score, ready.holds, ready.reasons) == (100, True, ())
    blind = readiness_of(Seen(console=True, parts={}), now=RECEIVED)
    assert (blind.score, blind.holds) == (0, False)
    assert {reason.lack for reason in blind.reasons} == {Lack.UNKNOWN}
    assert sum(POINTS.values()) == 100


@pytest.mark.parametrize("part", Part)
def test_each_part_costs_its_points_and_says_so(part: Part) -> None:
    found = readiness_of(Seen(console=True, parts={**ALL, part: False}), now=RECEIVED)
    assert found.score == 100 - POINTS[part]
    assert [reason.code for reason in found.reasons] == [f"{part}.no"]
    assert found.holds is (part not in NEEDED)


@pytest.mark.parametrize(
    ("age", "lack"), [(25, None), (26, None), (26.1, Lack.TOO_LONG_AGO), (None, Lack.NEVER)]
)
def test_what_was_seen_counts_for_a_while(age: float | None, lack: Lack | None) -> None:
    at = None if age is None else RECEIVED - timedelta(hours=age)
    parts = {**ALL, Part.CONSOLE_CONNECTED: Since(at=at)}
    found = readiness_of(Seen(console=True, parts=parts), now=RECEIVED)
    assert [reason.lack for reason in found.reasons] == ([lack] if lack else [])
    assert all(reason.at == at for reason in found.reasons)


def test_a_center_without_consoles_needs_none() -> None:
    parts = {**ALL, Part.CONSOLE_CONNECTED: False, Part.TEAMS_ON_DUTY: False}
    found = readiness_of(Seen(console=False, parts=parts), now=RECEIVED)
    assert [reason.part for reason in found.reasons] == [Part.TEAMS_ON_DUTY]
    assert found.score == round(100 * 50 / 75)
