"""Repeats that would decide what a comparison leaves open."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist
from typing import Final

from g2gbench.statistics.hodges_lehmann import interval_rank
from g2gbench.statistics.holm import LEVEL
from g2gbench.statistics.median_interval import NOMINAL_COVERAGE

MOST: Final = 200
"""More trials a side than this are not asked for: the difference lies too close to its floor."""

_EFFICIENCY: Final = 3 / math.pi
"""Of ranks against means where trials scatter normally (Lehmann, Nonparametrics, 2.4)."""

_RESERVE: Final = 0.84
"""Standard deviations: so that the repeats asked for decide in four of five cases, not in half."""


def more_repeats(
    base: Sequence[float],
    candidate: Sequence[float],
    difference: float,
    floor: float,
    family: int,
) -> int | None:
    """Return how many more trials a side would decide, if they scatter as those there do.

    ``family`` is how many tests share the level. None: not even ``MOST`` a side, or there is but
    one trial on both sides, which tells nothing of the spread.
    """
    spread = pooled_deviation(base, candidate)
    have = min(len(base), len(candidate))
    if spread is None:
        return None
    for n in range(max(len(base), len(candidate)) + 1, MOST + 1):
        if decides(n, spread, difference, floor, family):
            return n - have
    return None


def decides(n: int, spread: float, difference: float, floor: float, family: int) -> bool:
    """Return whether ``n`` trials a side are expected to decide."""
    _, coverage = interval_rank(n, n)
    if coverage < NOMINAL_COVERAGE:
        return False
    error = spread * math.sqrt(2 / n / _EFFICIENCY)
    half = NormalDist().inv_cdf(1 - (1 - coverage) / 2) * error
    reserve = _RESERVE * error
    if abs(difference) <= floor:
        return abs(difference) + half + reserve <= floor
    found = family / math.comb(2 * n, n) <= LEVEL
    needed = max(half, NormalDist().inv_cdf(1 - LEVEL / max(family, 1)) * error)
    # The difference itself may come out nearer to its floor next time.
    return found and abs(difference) >= max(needed, floor) + reserve


def pooled_deviation(base: Sequence[float], candidate: Sequence[float]) -> float | None:
    """The standard deviation of trials around the mean of their side; None with one a side."""
    freedom = len(base) + len(candidate) - 2
    if freedom < 1:
        return None
    squares = sum(
        sum((value - sum(side) / len(side)) ** 2 for value in side) for side in (base, candidate)
    )
    return math.sqrt(squares / freedom)
