"""History of a metric over runs: where it changed for good, and since which run it is worse."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from g2gbench.analysis.effect_floors import Floor, default_floor
from g2gbench.errors import InputError
from g2gbench.measure.registry import METRICS

Way: TypeAlias = Literal["worse", "better", "changed"]
"""``changed`` where neither direction of the metric is an improvement."""

FEWEST_RUNS: Final = 8
"""Fewer runs of one kind say nothing about when something changed."""

SHORTEST: Final = 3
"""A level is one that was held by so many runs; a single outlier changes nothing."""

PENALTY: Final = 8.0
"""What a change must explain, times the noise variance and the logarithm of the number of runs.

In histories without any change one is found in at most 5 % (docs/trend.md has the table).
"""


@dataclass(frozen=True, slots=True)
class Change:
    """From run ``at`` on (from 0) the level is ``after``; up to there it was ``before``."""

    at: int
    before: float
    after: float
    way: Way


def changes(values: Sequence[float], metric: str, floor: Floor | None = None) -> tuple[Change, ...]:
    """The changes of level in a history, oldest first; none with fewer than FEWEST_RUNS values.

    Change points of the mean by PELT (Killick, Fearnhead, Eckley 2012), each of at least the effect
    floor of the metric, between the medians on either side. Raises InputError without the package
    that finds them.
    """
    if len(values) < FEWEST_RUNS:
        return ()
    series = np.asarray(values, dtype=np.float64)
    ends = [0, *_change_points(series), len(series)]
    floor = floor or default_floor(metric)
    while True:
        levels = [median(series[i:j]) for i, j in itertools.pairwise(ends)]
        steps = [
            abs(after - before) / max(floor.of(before), 1e-12)
            for before, after in itertools.pairwise(levels)
        ]
        if not steps or min(steps) >= 1:
            break
        del ends[steps.index(min(steps)) + 1]
    return tuple(
        Change(at, float(before), float(after), _way(metric, before, after))
        for at, before, after in zip(ends[1:], levels, levels[1:], strict=False)
    )


def first_bad(found: Sequence[Change]) -> int | None:
    """The run that began the present level, if that is worse than the one before; else None."""
    return found[-1].at if found and found[-1].way == "worse" else None


def noise_of(series: npt.NDArray[np.float64]) -> float:
    """The standard deviation from run to run, whatever steps there are.

    From the differences of neighbours: of those a step makes one large. Where most are the same, a
    share of their standard deviation stands in.
    """
    differences = np.diff(series)
    middle = float(np.median(np.abs(differences - np.median(differences))))
    return max(1.4826 * middle, 0.5 * float(differences.std())) / math.sqrt(2)


def _change_points(series: npt.NDArray[np.float64]) -> list[int]:
    noise = noise_of(series)
    if noise == 0:  # all are the same
        return []
    try:
        import ruptures  # late: it brings scipy along, and only a trend needs it
    except ImportError as error:
        raise InputError(
            f"a trend needs the package ruptures, which cannot be loaded ({error}): "
            "pip install 'g2gbench[reports]'"
        ) from error
    search = ruptures.Pelt(model="l2", min_size=SHORTEST, jump=1)
    found = search.fit((series / noise).reshape(-1, 1)).predict(pen=PENALTY * math.log(len(series)))
    return [int(end) for end in found[:-1]]


def _way(metric: str, before: float, after: float) -> Way:
    direction = METRICS[metric].direction
    if direction == "neither":
        return "changed"
    return "worse" if (after > before) == (direction == "lower") else "better"
