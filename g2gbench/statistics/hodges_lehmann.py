"""By how much two small samples differ: Hodges and Lehmann's shift with its exact interval."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist
from typing import Final

import numpy as np

from g2gbench.statistics.mann_whitney import MOST_EXACT, arrangements
from g2gbench.statistics.median_interval import NOMINAL_COVERAGE

_NORMAL: Final = NormalDist().inv_cdf((1 + NOMINAL_COVERAGE) / 2)
"""How many standard deviations the nominal coverage reaches to either side."""


@dataclass(frozen=True, slots=True)
class Shift:
    """The median of all differences candidate less base, between ``low`` and ``high``.

    The interval covers the true shift with probability ``coverage``, whatever the distribution is;
    with equal values at least so often. It is the narrowest that covers 95 %, or the widest there
    is, from the smallest to the largest difference, where too few values give none.
    """

    value: float
    low: float
    high: float
    coverage: float

    @property
    def trusted(self) -> bool:
        """Whether the interval covers as often as an interval is asked to."""
        return self.coverage >= NOMINAL_COVERAGE


def shift(base: Sequence[float], candidate: Sequence[float]) -> Shift:
    """The shift from ``base`` to ``candidate``; raises ValueError when a side is empty."""
    if not base or not candidate:
        raise ValueError("a shift needs a value on both sides")
    apart = np.subtract.outer(np.asarray(candidate, float), np.asarray(base, float)).ravel()
    apart.sort()
    rank, coverage = interval_rank(len(base), len(candidate))
    return Shift(float(np.median(apart)), float(apart[rank - 1]), float(apart[-rank]), coverage)


def can_show(n: int, m: int) -> bool:
    """Return whether an interval over so many trials a side can cover as often as it must."""
    return interval_rank(n, m)[1] >= NOMINAL_COVERAGE


@lru_cache(maxsize=1024)
def interval_rank(n: int, m: int) -> tuple[int, float]:
    """Return which difference from either end bounds the interval, and how often that covers.

    The k-th smallest difference lies above the true shift just when fewer than k of all pairs lie
    below it: the null distribution of Mann-Whitney's U (Lehmann, Nonparametrics, 2.6).
    """
    if n + m > MOST_EXACT:
        deviation = math.sqrt(n * m * (n + m + 1) / 12)
        return max(1, math.floor(n * m / 2 - _NORMAL * deviation)), NOMINAL_COVERAGE
    ranks = tuple(2 * rank for rank in range(1, n + m + 1))
    counts = arrangements(ranks, m)[m * (m + 1) :: 2]  # by U: half a doubled sum above the least
    every = math.comb(n + m, m)
    best = (1, 1 - 2 * int(counts[0]) / every)
    below = 0
    for rank in range(1, n * m // 2 + 1):
        below += int(counts[rank - 1])
        coverage = 1 - 2 * below / every
        if coverage < NOMINAL_COVERAGE:
            break
        best = (rank, coverage)
    return best
