from __future__ import annotations

import numpy as np
import pytest

from g2gbench.statistics.median_interval import aggregate


def test_the_value_is_the_median_of_the_trials() -> None:
    assert aggregate([9, 1, 5]).value == 5
    assert aggregate([4, 1, 2, 3]).value == 2.5


def test_between_two_ordinal_values_the_lower_one_is_the_median() -> None:
    assert aggregate([3, 1, 2, 0], ordinal=True).value == 1
    assert aggregate([3, 1, 2], ordinal=True).value == 2


@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_below_five_trials_their_range_is_told_without_a_coverage(n: int) -> None:
    found = aggregate(range(n))
    assert (found.low, found.high, found.n) == (0, n - 1, n)
    assert (found.interval, found.coverage) == ("range", None)


def test_one_trial_is_its_own_interval() -> None:
    found = aggregate([7])
    assert found.low == found.high == found.value == 7


@pytest.mark.parametrize(
    ("n", "rank", "coverage"),
    [(5, 1, 0.9375), (6, 1, 0.96875), (8, 1, 0.9921875), (9, 2, 0.9609375), (20, 6, 0.9586105)],
)
def test_from_five_trials_on_the_interval_is_of_order_statistics_with_its_real_coverage(
    n: int, rank: int, coverage: float
) -> None:
    found = aggregate(range(1, n + 1))
    assert (found.low, found.high) == (rank, n + 1 - rank)
    assert found.interval == "order statistics"
    assert found.coverage == pytest.approx(coverage, abs=1e-7)


def test_the_coverage_is_what_repeated_drawing_finds() -> None:
    rng = np.random.default_rng(4)
    draws = rng.exponential(size=(4000, 9))
    found = [aggregate(draw) for draw in draws.tolist()]
    covers = np.mean([e.low <= np.log(2) <= e.high for e in found if e.low and e.high])
    assert covers == pytest.approx(0.961, abs=0.012)


def test_without_values_the_estimate_is_null_with_the_reason() -> None:
    found = aggregate([], reason="no link counted packets")
    assert (found.value, found.low, found.high, found.n) == (None, None, None, 0)
    assert (found.interval, found.reason) == ("none", "no link counted packets")
