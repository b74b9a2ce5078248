"""One value of a cell from the values of its trials: their median, with an exact interval."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median, median_low
from typing import Final, Literal, TypeAlias

from g2gbench.measure.metric_value import WhyNot

NOMINAL_COVERAGE: Final = 0.95
"""The interval is the narrowest that covers the median this often, else the widest there is."""

FEWEST_FOR_INTERVAL: Final = 5
"""Fewer trials span no interval that covers 90 %: their range is given instead."""


Interval: TypeAlias = Literal["none", "range", "order statistics", "block bootstrap"]
"""What an interval is, see `Estimate`."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """The median of ``n`` trials between ``low`` and ``high``.

    ``interval`` is ``range`` (smallest and largest trial, no coverage claimed), ``order
    statistics`` (covers the median with probability ``coverage``, whatever the distribution), or,
    of a single trial, ``block bootstrap`` (within it).
    ``value`` is None and ``interval`` ``none``, with the ``reason``, when no trial measured it; a
    reason beside a value is a remark on how every trial measured it. ``code`` is the kind of
    reason.
    """

    value: float | None
    low: float | None
    high: float | None
    n: int
    interval: Interval
    coverage: float | None = None
    reason: str = ""
    code: WhyNot = ""

    @property
    def range(self) -> tuple[float, float, float] | None:
        """Value, low and high of what was measured."""
        if self.value is None or self.low is None or self.high is None:
            return None
        return self.value, self.low, self.high


def aggregate(
    values: Iterable[float],
    *,
    reason: str = "no valid trial measured it",
    ordinal: bool = False,
) -> Estimate:
    """The estimate from one value a valid trial; ``reason`` is given when there is none.

    Of an even number of ``ordinal`` values, between which nothing lies, the median is the lower of
    the two in the middle.
    """
    ordered = sorted(values)
    n = len(ordered)
    if not n:
        return Estimate(None, None, None, 0, "none", reason=reason)
    middle = float(median_low(ordered) if ordinal else median(ordered))
    if n < FEWEST_FOR_INTERVAL:
        return Estimate(middle, ordered[0], ordered[-1], n, "range")
    rank, coverage = _rank(n)
    return Estimate(middle, ordered[rank - 1], ordered[n - rank], n, "order statistics", coverage)


def _rank(n: int) -> tuple[int, float]:
    """Largest rank r for which the r-th smallest to the r-th largest cover often enough.

    Between them lies the median unless fewer than r values are on one side of it: a binomial tail
    on either side (Conover, Practical Nonparametric Statistics, 3.2).
    """
    best = (1, 1 - 2 * 0.5**n)
    outside = 0.0
    for rank in range(1, n // 2 + 1):
        outside += math.comb(n, rank - 1) * 0.5**n
        coverage = 1 - 2 * outside
        if coverage < NOMINAL_COVERAGE:
            break
        best = (rank, coverage)
    return best
