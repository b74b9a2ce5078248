"""Exact intervals of a proportion (Clopper and Pearson, 1934)."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

CONFIDENCE: Final = 0.95
_STEPS: Final = 60


def interval(count: int, whole: int) -> tuple[float, float]:
    """The proportions that ``count`` of ``whole`` does not rule out.

    One-sided where all or none came out: 0 of 20 rules out what is above 14 %.
    """
    if not 0 <= count <= whole or whole < 1:
        raise ValueError(f"{count} of {whole} is no proportion")
    tail = (1 - CONFIDENCE) if count in (0, whole) else (1 - CONFIDENCE) / 2
    low = 0.0 if count == 0 else _root(lambda p: _at_least(count, whole, p) - tail)
    high = 1.0 if count == whole else _root(lambda p: tail - 1 + _at_least(count + 1, whole, p))
    return low, high


def words(count: int, whole: int) -> str:
    """``at most 14 %``, ``at least 86 %``, or ``73 to 98 %``."""
    low, high = interval(count, whole)
    if count == 0:
        return f"at most {math.ceil(100 * high - 1e-9)} %"
    if count == whole:
        return f"at least {math.floor(100 * low + 1e-9)} %"
    return f"{math.floor(100 * low)} to {math.ceil(100 * high)} %"


def _at_least(count: int, whole: int, p: float) -> float:
    """Return how likely ``count`` or more of ``whole`` are."""
    return math.fsum(
        math.comb(whole, k) * p**k * (1 - p) ** (whole - k) for k in range(count, whole + 1)
    )


def _root(rising: Callable[[float], float]) -> float:
    """Return where a function that rises over [0, 1] is zero."""
    low, high = 0.0, 1.0
    for _ in range(_STEPS):
        middle = (low + high) / 2
        low, high = (low, middle) if rising(middle) > 0 else (middle, high)
    return (low + high) / 2
