"""Every method that is written here, held against SciPy's where SciPy has it."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from scipy import stats

from g2gbench.statistics.block_bootstrap import student
from g2gbench.statistics.clopper_pearson import CONFIDENCE, interval
from g2gbench.statistics.hodges_lehmann import interval_rank
from g2gbench.statistics.mann_whitney import MOST_EXACT, rank_test
from g2gbench.statistics.median_interval import NOMINAL_COVERAGE, aggregate


@pytest.mark.parametrize(("n", "m"), [(2, 2), (3, 5), (5, 5), (8, 13), (25, 25)])
def test_rank_test_without_ties(n: int, m: int) -> None:
    rng = np.random.default_rng(n * 100 + m)
    base, candidate = rng.permutation(n + m)[:n].astype(float), np.empty(0)
    candidate = np.setdiff1d(np.arange(n + m), base).astype(float)
    found = rank_test(base.tolist(), candidate.tolist())
    for mine, alternative in ((found.larger, "greater"), (found.smaller, "less")):
        theirs = stats.mannwhitneyu(candidate, base, alternative=alternative, method="exact")
        assert mine == pytest.approx(theirs.pvalue)


def test_rank_test_with_ties() -> None:
    base, candidate = [1.0, 1, 2, 3, 3], [2.0, 3, 3, 4]

    def rank_sum(one: np.ndarray, other: np.ndarray) -> float:
        ranks = stats.rankdata(np.concatenate([one, other]))
        return float(ranks[: len(one)].sum())

    found = rank_test(base, candidate)
    for mine, alternative in ((found.larger, "greater"), (found.smaller, "less")):
        theirs = stats.permutation_test(
            (np.array(candidate), np.array(base)),
            rank_sum,
            alternative=alternative,
            n_resamples=np.inf,
        )
        assert mine == pytest.approx(theirs.pvalue)


def test_rank_test_of_many_values_is_the_normal_approximation() -> None:
    rng = np.random.default_rng(7)
    base, candidate = rng.integers(0, 40, MOST_EXACT), rng.integers(5, 45, MOST_EXACT)
    found = rank_test(base.tolist(), candidate.tolist())
    theirs = stats.mannwhitneyu(candidate, base, alternative="greater", method="asymptotic")
    assert found.larger == pytest.approx(theirs.pvalue, rel=1e-6)


@pytest.mark.parametrize(("count", "whole"), [(1, 2), (3, 7), (5, 10), (26, 29), (99, 100)])
def test_interval_of_a_proportion(count: int, whole: int) -> None:
    theirs = stats.binomtest(count, whole).proportion_ci(CONFIDENCE, "exact")
    assert interval(count, whole) == pytest.approx((theirs.low, theirs.high))


@pytest.mark.parametrize(("count", "side"), [(0, "less"), (20, "greater")])
def test_interval_of_none_or_all(count: int, side: str) -> None:
    theirs = stats.binomtest(count, 20, alternative=side).proportion_ci(CONFIDENCE, "exact")
    assert interval(count, 20) == pytest.approx((theirs.low, theirs.high))


@pytest.mark.parametrize("n", [5, 6, 9, 20, 51])
def test_interval_of_a_median(n: int) -> None:
    found = aggregate([float(i) for i in range(1, n + 1)])
    assert found.low is not None
    outside = stats.binom.cdf(found.low - 1, n, 0.5)  # fewer than so many lie below the median
    assert found.coverage == pytest.approx(1 - 2 * outside)
    one_further = 1 - 2 * stats.binom.cdf(found.low, n, 0.5)
    assert one_further < NOMINAL_COVERAGE


@pytest.mark.parametrize(("n", "m"), [(4, 4), (5, 7), (10, 10), (20, 31)])
def test_interval_of_a_shift(n: int, m: int) -> None:
    rank, coverage = interval_rank(n, m)
    # SciPy has the distribution of U as the p-values of samples with each U: the first has none.
    ordered = [float(i) for i in range(n)], [float(n + i) for i in range(m)]
    assert stats.mannwhitneyu(*ordered, method="exact").statistic == 0
    tail = _at_most(rank - 1, n, m)
    assert coverage == pytest.approx(1 - 2 * tail)
    assert 1 - 2 * _at_most(rank, n, m) < NOMINAL_COVERAGE


def _at_most(u: int, n: int, m: int) -> float:
    """How likely Mann-Whitney's U is ``u`` or less, where nothing differs."""
    taken = np.zeros(n, dtype=int)  # how far each of the first sample's ranks is moved up
    for i in reversed(range(n)):
        taken[i] = min(m, u - taken.sum())
    first = np.arange(n) + taken
    assert all(b > a for a, b in pairwise(first))
    second = np.setdiff1d(np.arange(n + m), first)
    found = stats.mannwhitneyu(first, second, alternative="less", method="exact")
    assert found.statistic == u
    return float(found.pvalue)


@pytest.mark.parametrize("freedom", [5, 10, 30, 200])
def test_quantile_of_students_distribution(freedom: int) -> None:
    assert student(freedom, 0.975) == pytest.approx(stats.t.ppf(0.975, freedom), rel=2e-3)
