"""The exact rank test of two small samples: how often would chance alone rank them like this?

Mann-Whitney's test (Wilcoxon's rank sum), given the values that were seen: where nothing differs,
each of the C(n + m, n) ways to deal them out to the two sides is equally likely. Equal values share
the mean of their ranks, and stay exact that way. Nothing is assumed of how the values are
distributed, but that they are independent: trials are, frames are not.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt

MOST_EXACT: Final = 60
"""Above so many values on both sides together the normal approximation stands in.

Up to here every count of arrangements fits 64 bits: C(60, 30) is 1.2e17. The approximation corrects
for ties and continuity (Conover, Practical Nonparametric Statistics, 5.1).
"""


@dataclass(frozen=True, slots=True)
class RankTest:
    """One-sided p-values of a comparison.

    ``larger``: how often chance alone ranks the candidate as high as it is, or higher;
    ``smaller``: as low, or lower. ``least_larger`` and ``least_smaller`` are the smallest that
    these values could have given, however they had been dealt out: what is above the level there
    could never have been found.
    """

    larger: float
    smaller: float
    least_larger: float
    least_smaller: float


def rank_test(base: Sequence[float], candidate: Sequence[float]) -> RankTest:
    """The test of ``candidate`` against ``base``; raises ValueError when a side is empty."""
    if not base or not candidate:
        raise ValueError("a rank test needs a value on both sides")
    ranks = doubled_ranks([*base, *candidate])
    size, total = len(candidate), sum(ranks[len(base) :])
    ordered = tuple(sorted(ranks))
    if len(ranks) > MOST_EXACT:
        return _approximate(ordered, size, total)
    counts = arrangements(ordered, size)
    every = math.comb(len(ranks), size)
    lowest, highest = sum(ordered[:size]), sum(ordered[-size:])
    return RankTest(
        larger=int(counts[total:].sum()) / every,
        smaller=int(counts[: total + 1].sum()) / every,
        least_larger=int(counts[highest]) / every,
        least_smaller=int(counts[lowest]) / every,
    )


def doubled_ranks(values: Sequence[float]) -> tuple[int, ...]:
    """Twice the rank of each value, from 2 on: equal values share a mean, which may be a half."""
    ordered = np.sort(np.asarray(values, dtype=np.float64))
    below = np.searchsorted(ordered, values, side="left")
    up_to = np.searchsorted(ordered, values, side="right")
    return tuple((below + up_to + 1).tolist())


@lru_cache(maxsize=4096)
def arrangements(ranks: tuple[int, ...], size: int) -> npt.NDArray[np.int64]:
    """Return how many of the ways to take ``size`` of the ranks have each sum; index: the sum."""
    counts = np.zeros((size + 1, sum(ranks) + 1), dtype=np.int64)
    counts[0, 0] = 1
    for rank in ranks:
        counts[1:, rank:] += counts[:-1, :-rank].copy()
    found: npt.NDArray[np.int64] = counts[size]
    found.flags.writeable = False  # the cache hands it to everybody
    return found


def _approximate(ordered: tuple[int, ...], size: int, total: int) -> RankTest:
    n = len(ordered)
    _, tied = np.unique(np.asarray(ordered), return_counts=True)
    ties = float((tied.astype(np.float64) ** 3 - tied).sum()) / (n * (n - 1))
    deviation = math.sqrt(max(size * (n - size) / 12 * (n + 1 - ties), 0.0))
    middle = size * (n + 1) / 2

    def beyond(above: float) -> float:
        """The upper tail of a rank sum so far above the middle, half a rank nearer to it."""
        if not deviation:
            return 1.0
        return 0.5 * math.erfc((above - 0.5) / deviation / math.sqrt(2))

    most = sum(ordered[-size:]) / 2 - middle
    least = middle - sum(ordered[:size]) / 2
    above = total / 2 - middle
    return RankTest(beyond(above), beyond(-above), beyond(most), beyond(least))
