"""Quantiles are values that were measured, by nearest rank."""

import pytest

from loadtests.quantiles import quantiles, rank


def test_each_quantile_is_the_smallest_sample_that_so_many_do_not_exceed() -> None:
    found = quantiles(range(1000, 0, -1))

    assert (found.n, found.p50, found.p90, found.p99) == (1000, 500, 900, 990)
    assert (found.p999, found.maximum) == (999, 1000)


def test_one_slow_sample_in_a_hundred_is_the_maximum_and_not_the_p99() -> None:
    found = quantiles([1.0] * 99 + [30.0])

    assert (found.p99, found.p999, found.maximum) == (1.0, 30.0, 30.0)


def test_a_single_sample_is_every_quantile() -> None:
    found = quantiles([7.0])

    assert {found.p50, found.p90, found.p99, found.p999, found.maximum} == {7.0}


def test_there_is_no_quantile_of_nothing() -> None:
    with pytest.raises(ValueError, match="no samples"):
        quantiles([])


@pytest.mark.parametrize("percent", [0, -1, 100.1])
def test_a_rank_lies_within_a_hundred_percent(percent: float) -> None:
    with pytest.raises(ValueError, match="percent"):
        rank([1.0], percent)
