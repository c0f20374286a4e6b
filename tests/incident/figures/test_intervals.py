"""Shares, medians and changes, against published values and plain properties."""

from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incident.figures.intervals import (
    median_change,
    median_interval,
    median_of,
    rate_change,
    share_change,
    share_of,
)

SECONDS = st.lists(st.floats(1, 10_000), min_size=1, max_size=60)


def test_a_share_of_nothing_is_none() -> None:
    share = share_of(0, 0)
    assert (share.share, share.interval, share.few) == (None, None, True)


@given(n=st.integers(1, 300), data=st.data())
def test_a_share_lies_within_its_interval_and_all_of_n_is_never_sure(
    n: int, data: st.DataObject
) -> None:
    k = data.draw(st.integers(0, n))
    share = share_of(k, n)
    assert share.interval is not None
    assert share.share is not None
    assert 0 <= share.interval.low <= share.share <= share.interval.high <= 1
    assert share.few is (n < 10)
    assert share.interval.low < 1
    assert share.interval.high > 0


def test_medians() -> None:
    assert median_of([]) is None
    assert median_of([3, 1, 2]) == 2
    assert median_of([1, 2, 4, 9]) == 3


@pytest.mark.parametrize("n", [0, 1, 5])
def test_few_values_give_a_median_no_interval(n: int) -> None:
    assert median_interval(range(n)) is None


@given(n=st.integers(6, 200))
def test_the_interval_of_a_median_covers_95_percent_and_no_rank_narrower_does(n: int) -> None:
    interval = median_interval(range(1, n + 1))
    assert interval is not None
    rank = int(interval.low)
    assert interval.high == n + 1 - rank

    def outside(low: int) -> float:
        return 2 * sum(comb(n, below) for below in range(low)) / float(2**n)

    assert outside(rank) <= 0.05 < outside(rank + 1)


def test_a_change_from_or_to_nothing_is_none() -> None:
    assert median_change([], [1]) is None
    assert median_change([1], []) is None


def test_single_values_change_without_an_interval() -> None:
    change = median_change([100], [40])
    assert change is not None
    assert (change.difference, change.interval, change.ratio_interval) == (-60, None, None)
    assert change.ratio == pytest.approx(-0.6)


@given(old=SECONDS, new=SECONDS)
def test_a_changed_median_lies_within_its_intervals(old: list[float], new: list[float]) -> None:
    change = median_change(old, new)
    assert change is not None
    assert change == median_change(list(reversed(old)), sorted(new))
    for value, interval in (
        (change.difference, change.interval), (change.ratio, change.ratio_interval)
    ):  # fmt: skip
        assert value is not None
        if interval is not None:
            assert interval.low <= value + 1e-9
            assert interval.high >= value - 1e-9


def test_the_interval_of_a_difference_is_that_of_price_and_bonett() -> None:
    old, new = [float(n) for n in range(1, 26)], [float(n) for n in range(11, 36)]
    change = median_change(old, new)
    assert change is not None
    assert change.interval is not None
    # n = 25: ranks 8 and 18 lie 10 apart, their z is that of P(X <= 7), X ~ B(25, 1/2) = 0.02164
    error = 10 / (2 * 2.0207)
    spread = 1.959964 * (2 * error**2) ** 0.5
    assert change.interval.low == pytest.approx(10 - spread, abs=0.01)
    assert change.interval.high == pytest.approx(10 + spread, abs=0.01)


def test_the_interval_of_two_shares_is_that_of_newcombe() -> None:
    # Newcombe 1998, table II, example (a): 56/70 and 48/80, 0.2000 (0.0524, 0.3339)
    change = share_change(share_of(48, 80), share_of(56, 70))
    assert change is not None
    assert change.difference == pytest.approx(0.2)
    assert change.interval is not None
    assert change.interval.low == pytest.approx(0.0524, abs=5e-5)
    assert change.interval.high == pytest.approx(0.3339, abs=5e-5)
    assert share_change(share_of(0, 0), share_of(1, 2)) is None
    assert share_change(share_of(1, 2), share_of(0, 0)) is None


def test_a_rate_changes_with_the_logarithm() -> None:
    change = rate_change((100, 10), (50, 10))
    assert change.difference == -5
    assert change.ratio == pytest.approx(-0.5)
    assert change.ratio_interval is not None
    assert change.ratio_interval.low < -0.5 < change.ratio_interval.high < 0
    assert change.interval is not None
    assert change.interval.low < -5 < change.interval.high < 0


def test_from_or_to_no_event_a_rate_has_no_interval() -> None:
    assert rate_change((0, 7), (7, 7)).ratio is None
    gone = rate_change((7, 7), (0, 7))
    assert (gone.ratio, gone.interval, gone.difference) == (-1, None, -1)
