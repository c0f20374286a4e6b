"""The formulas of the figures."""

from math import sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incident.figures.intervals import Z_95, wilson_interval
from services.notifier.handlers.statistics import nearest_rank


@pytest.mark.parametrize(
    ("percent", "expected"), [(5, 15), (30, 20), (40, 20), (50, 35), (95, 50), (100, 50)]
)
def test_the_nearest_rank_is_one_of_the_values(percent: int, expected: float) -> None:
    assert nearest_rank([50, 15, 20, 40, 35], percent) == expected


@given(st.lists(st.integers(), min_size=1), st.integers(1, 100))
def test_at_least_the_share_does_not_exceed_it_and_less_than_it_lies_below(
    values: list[int], percent: int
) -> None:
    found = nearest_rank(values, percent)
    assert sum(value <= found for value in values) * 100 >= percent * len(values)
    assert sum(value < found for value in values) * 100 < percent * len(values)


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [
        (0, 10, 0.0, 0.2775),
        (10, 10, 0.7225, 1.0),
        (8, 10, 0.4902, 0.9433),
        (90, 100, 0.8256, 0.9448),
    ],
)
def test_the_interval_is_that_of_the_tables(
    successes: int, trials: int, low: float, high: float
) -> None:
    assert wilson_interval(successes, trials) == pytest.approx((low, high), abs=5e-5)


@given(st.integers(1, 10**6).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_ends_are_the_shares_the_observed_one_lies_z_away_from(pair: tuple[int, int]) -> None:
    """The definition: |observed - p| = z sqrt(p (1 - p) / n) at both ends."""
    successes, trials = pair
    low, high = wilson_interval(successes, trials)
    share = successes / trials
    assert 0 <= low <= share <= high <= 1
    for end in (low, high):
        if 0 < end < 1:
            away = Z_95 * sqrt(end * (1 - end) / trials)
            assert abs(share - end) == pytest.approx(away, rel=1e-6, abs=1e-9)
