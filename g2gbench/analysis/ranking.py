"""Cells from best to worst, in groups of those that their trials cannot tell apart.

The best of those left leads a group; with it go all that are not worse by an exact one-sided rank
test over trials, Holm's steps holding the error of the group's comparisons. Then the next group.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

from g2gbench.statistics.holm import LEVEL, holm
from g2gbench.statistics.mann_whitney import rank_test

_MOST_REPEATS: Final = 100


@dataclass(frozen=True, slots=True)
class Ranking:
    """Names by group, best first, and within a group by median.

    ``note`` says where there are too few trials to tell anything apart, and how many could.
    """

    groups: tuple[tuple[str, ...], ...]
    note: str = ""


def rank(values: Mapping[str, Sequence[float]], *, higher: bool) -> Ranking:
    """Rank names by the values of their trials; those without any are left out."""
    sign = -1.0 if higher else 1.0
    left = {name: [sign * v for v in found] for name, found in values.items() if found}
    ordered = sorted(left, key=lambda name: median(left[name]))
    note = _too_few(left)
    groups = []
    while ordered:
        best, *others = ordered
        p_values = [rank_test(left[best], left[name]).larger for name in others]
        worse = {n for n, p in zip(others, holm(p_values), strict=True) if p <= LEVEL}
        groups.append(tuple(name for name in ordered if name not in worse))
        ordered = [name for name in ordered if name in worse]
    return Ranking(tuple(groups), note)


def repeats_needed(cells: int) -> int:
    """The fewest repeats with which the best of so many cells can be told from all others."""
    return next(
        (k for k in range(1, _MOST_REPEATS) if (cells - 1) / math.comb(2 * k, k) <= LEVEL),
        _MOST_REPEATS,
    )


def _too_few(values: Mapping[str, Sequence[float]]) -> str:
    cells = len(values)
    repeats = min((len(found) for found in values.values()), default=0)
    if cells < 2 or repeats >= repeats_needed(cells):
        return ""
    ways = math.comb(2 * repeats, repeats)
    trials = "1 valid trial" if repeats == 1 else f"{repeats} valid trials"
    return (
        f"{trials} a cell cannot tell the best of {cells} from all others: the smallest p-value "
        f"is 1/{ways}, times {cells - 1} comparisons {(cells - 1) / ways:.3g}; "
        f"{repeats_needed(cells)} can"
    )
