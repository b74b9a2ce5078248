"""Noise of a machine: differences between runs of one and the same thing."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

import numpy as np

from g2gbench.analysis.comparison import values_of
from g2gbench.analysis.trials import TrialResult
from g2gbench.measure.registry import METRICS
from g2gbench.statistics.hodges_lehmann import shift

FEWEST: Final = 4
"""Fewer trials in all tell nothing of how halves of them differ."""

_MOST_SPLITS: Final = 1000
_SHARE: Final = 0.95


@dataclass(frozen=True, slots=True)
class Noise:
    """``value``: how far intervals of equal things reach here, in the metric's own unit."""

    value: float
    trials: int


def noise_of(runs: Sequence[Sequence[float]], *, seed: int = 1) -> Noise | None:
    """The noise of one metric from its trials in several ``runs``; None with too few.

    The larger of two. Halves of all trials, dealt out in every way (of more than 1000, in 1000
    drawn by ``seed``), are compared: the 95th percentile of how far the interval reaches from zero.
    With that as its floor a comparison of equal things says *no difference* that often. And how far
    the interval between two of the runs reaches, which tells how the machine drifts.
    """
    every = [value for run in runs for value in run]
    if len(every) < FEWEST:
        return None
    halves = [_reach(one, other) for one, other in _halves(every, seed)]
    between = [_reach(one, other) for one, other in combinations(runs, 2)]
    value = float(np.quantile(halves, _SHARE, method="higher"))
    return Noise(max([value, *between]), len(every))


def _reach(one: Sequence[float], other: Sequence[float]) -> float:
    found = shift(one, other)
    return max(abs(found.low), abs(found.high))


def noise_of_cells(
    runs: Sequence[Sequence[TrialResult]], cells: Sequence[str]
) -> Mapping[str, Mapping[str, Noise]]:
    """The noise of every metric with a direction, by cell and metric; only valid trials count."""
    return {
        cell: {
            name: found
            for name, metric in METRICS.items()
            if metric.direction != "neither"
            and (found := noise_of([v for r in runs if (v := values_of(r, cell, name))]))
        }
        for cell in cells
    }


def _halves(values: Sequence[float], seed: int) -> Iterator[tuple[list[float], list[float]]]:
    half = len(values) // 2
    if math.comb(len(values), half) <= _MOST_SPLITS:
        for chosen in combinations(range(len(values)), half):
            taken = set(chosen)
            yield (
                [values[i] for i in chosen],
                [value for i, value in enumerate(values) if i not in taken],
            )
        return
    rng = np.random.default_rng(seed)
    for _ in range(_MOST_SPLITS):
        dealt = rng.permutation(np.asarray(values, dtype=np.float64)).tolist()
        yield dealt[:half], dealt[half:]
