"""Distance of two rate curves: Bjontegaard's deltas, Akima interpolation.

Rates count by their logarithm. A curve is integrated over what it has in common with the other, and
never beyond its own ends.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Final, TypeAlias

from g2gbench.measure.metric_value import Value, missing

Curve: TypeAlias = Sequence[tuple[float, float]]
"""(bits per second as measured, value) of each point, in any order."""

FEWEST_POINTS: Final = 4
"""Of each curve: fewer do not tell how it bends."""

LEAST_OVERLAP: Final = 0.25
"""Share of what both curves span together that they must have in common."""

INSTALL: Final = "pip install 'g2gbench[reports]'"

_METHOD: Final = "akima"


def rate_delta(anchor: Curve, test: Curve) -> Value:
    """By how many percent more bits ``test`` needs for the same quality; below 0: fewer."""
    one, other = sorted(anchor), sorted(test)
    reason = _unusable(one, other)
    if not reason and not (_rises(one) and _rises(other)):
        reason = "the quality does not rise with the rate"
    if not reason:
        reason = _apart([q for _, q in one], [q for _, q in other], "quality")
    if reason:
        return missing(reason)
    try:
        from bjontegaard import bd_rate  # late: it brings scipy and a plotting library along
    except ImportError as error:
        return missing(_without(error))
    return Value(float(bd_rate(*_columns(one, other), _METHOD, False, min_overlap=0)), n=len(one))


def value_delta(anchor: Curve, test: Curve) -> Value:
    """Return how much larger the value of ``test`` is at the same rate, in the value's own unit."""
    one, other = sorted(anchor), sorted(test)
    reason = _unusable(one, other) or _apart(
        [math.log(r) for r, _ in one], [math.log(r) for r, _ in other], "rate"
    )
    if reason:
        return missing(reason)
    try:
        from bjontegaard import bd_psnr
    except ImportError as error:
        return missing(_without(error))
    return Value(float(bd_psnr(*_columns(one, other), _METHOD, False, min_overlap=0)), n=len(one))


def _without(error: ImportError) -> str:
    """Return why there is none where the package is not installed, or does not load."""
    if isinstance(error, ModuleNotFoundError):
        return f"needs a package that is not installed: {INSTALL}"
    return f"the package bjontegaard does not load ({error})"


def _unusable(one: Curve, other: Curve) -> str:
    least = min(len(one), len(other))
    if least < FEWEST_POINTS:
        return f"needs {FEWEST_POINTS} points of each codec, has {least}"
    if any(a[0] == b[0] for curve in (one, other) for a, b in pairwise(curve)):
        return "two points have the same rate"
    if min(rate for curve in (one, other) for rate, _ in curve) <= 0:
        return "a point has no rate"
    return ""


def _rises(curve: Curve) -> bool:
    return all(b[1] > a[1] for a, b in pairwise(curve))


def _apart(one: Sequence[float], other: Sequence[float], what: str) -> str:
    common = min(max(one), max(other)) - max(min(one), min(other))
    share = common / (max(*one, *other) - min(*one, *other))
    if share >= LEAST_OVERLAP:
        return ""
    overlap = f"{max(share, 0):.0%} of their {what} in common (at least {LEAST_OVERLAP:.0%})"
    return f"the curves have {overlap}"


def _columns(one: Curve, other: Curve) -> tuple[list[float], ...]:
    return tuple([point[i] for point in curve] for curve in (one, other) for i in (0, 1))
