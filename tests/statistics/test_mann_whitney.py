from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from g2gbench.statistics.mann_whitney import MOST_EXACT, arrangements, doubled_ranks, rank_test

FEW = st.lists(st.integers(0, 4), min_size=1, max_size=5)


def by_enumeration(base: Sequence[float], candidate: Sequence[float]) -> tuple[float, float]:
    """Both p-values by dealing out every arrangement."""
    ranks = doubled_ranks([*base, *candidate])
    stands = sum(ranks[len(base) :])
    sums = [sum(dealt) for dealt in combinations(ranks, len(candidate))]
    larger = sum(s >= stands for s in sums) / len(sums)
    return larger, sum(s <= stands for s in sums) / len(sums)


@settings(max_examples=60, deadline=None)
@given(FEW, FEW)
def test_it_counts_every_arrangement_ties_included(base: list[int], candidate: list[int]) -> None:
    found = rank_test(base, candidate)
    assert (found.larger, found.smaller) == pytest.approx(by_enumeration(base, candidate))


@pytest.mark.parametrize(("n", "smallest"), [(3, 1 / 20), (4, 1 / 70), (5, 1 / 252), (6, 1 / 924)])
def test_apart_as_far_as_can_be_is_one_arrangement_of_all(n: int, smallest: float) -> None:
    found = rank_test(range(n), range(n, 2 * n))
    assert found.larger == pytest.approx(smallest)
    assert found.least_larger == found.least_smaller == pytest.approx(smallest)
    assert found.smaller == 1


def test_equal_values_say_nothing_and_never_could_have() -> None:
    found = rank_test([7] * 5, [7] * 5)
    assert (found.larger, found.smaller, found.least_larger, found.least_smaller) == (1, 1, 1, 1)


def test_ties_raise_what_can_be_found_at_best() -> None:
    found = rank_test([0, 0, 0, 0, 0], [0, 0, 0, 0, 1])
    assert found.least_larger == pytest.approx(0.5)
    assert found.larger == pytest.approx(0.5)


def test_the_two_sides_are_mirror_images() -> None:
    one, other = rank_test([1, 4, 6], [2, 5, 9, 9]), rank_test([2, 5, 9, 9], [1, 4, 6])
    assert one.larger == pytest.approx(other.smaller)


def test_above_the_limit_the_approximation_agrees_with_the_count() -> None:
    rng = np.random.default_rng(3)
    base, candidate = rng.normal(0, 1, 29).round(1), rng.normal(0.4, 1, 31).round(1)
    assert len(base) + len(candidate) == MOST_EXACT
    exact = rank_test(base.tolist(), candidate.tolist())
    # One value more that is a tie changes the test by little, and its method.
    more = rank_test([*base.tolist(), float(np.median(base))], candidate.tolist())
    assert more.larger == pytest.approx(exact.larger, rel=0.2)
    assert rank_test([1.0] * 40, [1.0] * 40).larger == 1


def test_the_largest_count_fits_its_numbers() -> None:
    assert math.comb(MOST_EXACT, MOST_EXACT // 2) < 2**63
    ranks = tuple(range(2, 2 * MOST_EXACT + 1, 2))
    counted = arrangements(ranks, MOST_EXACT // 2)
    assert int(counted.sum()) == math.comb(MOST_EXACT, MOST_EXACT // 2)


@pytest.mark.parametrize(("base", "candidate"), [([], [1.0]), ([1.0], [])])
def test_an_empty_side_is_refused(base: list[float], candidate: list[float]) -> None:
    with pytest.raises(ValueError, match="both sides"):
        rank_test(base, candidate)
