from __future__ import annotations

import numpy as np
import pytest

from g2gbench.statistics.hodges_lehmann import interval_rank, shift
from g2gbench.statistics.mann_whitney import MOST_EXACT


def test_the_shift_is_the_median_of_all_differences() -> None:
    assert shift([1, 2, 9], [4, 6, 8]).value == 3  # of -5 -3 -1 2 3 4 5 6 7
    assert shift([10.0], [13.0]).value == 3


@pytest.mark.parametrize(
    ("n", "m", "rank", "coverage"),
    [(3, 3, 1, 0.9), (4, 4, 1, 1 - 2 / 70), (5, 5, 3, 1 - 8 / 252), (6, 6, 6, 1 - 38 / 924)],
)
def test_the_interval_has_its_exact_coverage(n: int, m: int, rank: int, coverage: float) -> None:
    found, covers = interval_rank(n, m)
    assert found == rank
    assert covers == pytest.approx(coverage)


def test_five_a_side_leave_out_two_differences_at_either_end() -> None:
    base, candidate = [0.0, 1, 2, 3, 4], [10.0, 21, 32, 43, 54]
    apart = sorted(c - b for b in base for c in candidate)
    found = shift(base, candidate)
    assert (found.low, found.high) == (apart[2], apart[-3])


@pytest.mark.parametrize(("n", "trusted"), [(1, False), (3, False), (4, True), (5, True)])
def test_fewer_than_four_a_side_give_no_interval_that_covers_enough(n: int, trusted: bool) -> None:
    assert shift(list(range(n)), list(range(n))).trusted is trusted


def test_the_coverage_is_what_repeated_drawing_finds() -> None:
    rng = np.random.default_rng(5)
    base, candidate = rng.exponential(size=(3000, 5)), rng.exponential(size=(3000, 5)) + 2
    found = [shift(b, c) for b, c in zip(base.tolist(), candidate.tolist(), strict=True)]
    assert np.mean([one.low <= 2 <= one.high for one in found]) == pytest.approx(0.968, abs=0.01)


def test_above_the_limit_the_rank_goes_on_where_the_count_ends() -> None:
    half = MOST_EXACT // 2
    exact, _ = interval_rank(half, half)
    approximate, coverage = interval_rank(half, half + 1)
    assert 0 <= approximate - exact <= half
    assert coverage == 0.95


def test_an_empty_side_is_refused() -> None:
    with pytest.raises(ValueError, match="both sides"):
        shift([], [1.0])
