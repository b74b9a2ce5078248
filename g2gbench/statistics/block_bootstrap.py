"""Intervals of a percentile within one trial: from its frames, in blocks, for they hang together.

The circular block bootstrap (Politis and Romano 1992) draws blocks of neighbouring frames from the
session taken as a circle. How long a block must be comes from the autocorrelation (Politis and
White 2004, corrected 2009). Drawn is the share of frames at or below the percentile; the spread of
that share, wider by Student's factor for so few blocks, is turned back into frames.

Such an interval says how steady a value is within this one session. It says nothing of how another
session would come out: for that there are trials.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Final

import numpy as np
import numpy.typing as npt

from g2gbench.statistics.median_interval import NOMINAL_COVERAGE

FloatArray = npt.NDArray[np.float64]

METHOD: Final = "block bootstrap"
FEWEST_BLOCKS: Final = 10
"""A session that holds fewer blocks than this is too short to tell: there is no interval."""

LONGER: Final = 2.0
"""Blocks are so much longer than what estimates a mean best: too short ones claim too much."""

_MOST_BLOCKS: Final = 1000
_DRAWS: Final = 1000


@dataclass(frozen=True, slots=True)
class WithinTrial:
    """A percentile of one session between ``low`` and ``high``, from blocks of ``block`` frames.

    ``low`` and ``high`` are None, with the ``reason``, where the session is too short.
    """

    value: float
    low: float | None
    high: float | None
    block: int
    reason: str = ""


def percentile_interval(
    values: Sequence[float] | FloatArray, q: float, *, seed: int
) -> WithinTrial:
    """The ``q``-th percentile of a session's frames in their order, with its interval.

    Raises ValueError without any value.
    """
    frames = np.asarray(values, dtype=np.float64)
    if not len(frames):
        raise ValueError("an interval needs frames")
    value = float(np.percentile(frames, q))
    apart = LONGER * max(block_length(frames), block_length(frames <= value))
    block = math.ceil(max(apart, len(frames) / _MOST_BLOCKS))
    count = len(frames) // block
    if count < FEWEST_BLOCKS:
        why = f"its frames hang together over about {block} frames: {count} such blocks"
        return WithinTrial(value, None, None, block, f"{why}, {FEWEST_BLOCKS} needed")
    # Far out a share has too few excursions to tell its own spread: the middle tells half of it.
    reach = math.sqrt(
        _reach(frames <= value, block, count, seed)
        * max(_reach(frames <= at, block, count, seed) for at in (value, np.median(frames)))
    )
    middle = math.asin(math.sqrt(q / 100))
    edges = [min(max(middle + side * reach, 0.0), math.pi / 2) for side in (-1, 1)]
    low, high = (math.sin(edge) ** 2 for edge in edges)
    bounds = np.percentile(frames, [100 * low, 100 * high])
    return WithinTrial(value, float(bounds[0]), float(bounds[1]), block)


def block_length(values: npt.ArrayLike) -> float:
    """Mean length of the blocks to draw, in frames; 1 where neighbours have nothing in common."""
    series = np.asarray(values, dtype=np.float64)
    n = len(series)
    apart = autocovariance(series)
    if n < 10 or apart[0] <= 0:
        return 1.0
    last = _last_that_matters(apart / apart[0], n)
    lags = np.arange(-last, last + 1)
    window = np.clip(2 * (1 - np.abs(lags) / last), 0, 1)  # flat, then falling to zero
    covariance = apart[np.abs(lags)]
    slope = float((window * np.abs(lags) * covariance).sum())
    spectrum = float((window * covariance).sum())
    if slope <= 0 or spectrum <= 0:
        return 1.0
    return max(1.0, math.cbrt(1.5 * n * (slope / spectrum) ** 2))


def autocovariance(series: FloatArray) -> FloatArray:
    """The autocovariance of a series at every lag, by way of its spectrum."""
    n = len(series)
    spectrum = np.fft.rfft(series - series.mean(), 2 * n)
    found: FloatArray = np.fft.irfft(spectrum * np.conj(spectrum), 2 * n)[:n] / n
    return found


def student(freedom: int, p: float) -> float:
    """Quantile of Student's distribution, to 0.2 % from 5 degrees of freedom on.

    Cornish and Fisher's expansion (Abramowitz and Stegun 26.7.5).
    """
    z, n = NormalDist().inv_cdf(p), freedom
    return (
        z
        + (z**3 + z) / (4 * n)
        + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * n**2)
        + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * n**3)
    )


def _last_that_matters(correlation: FloatArray, n: int) -> int:
    """Twice the lag after which several in a row are no larger than chance makes them."""
    row = max(5, math.ceil(math.sqrt(math.log10(n))))
    most = min(n // 4, n - row - 1)
    limit = 2 * math.sqrt(math.log10(n) / n)
    small = np.abs(correlation[1 : most + row + 1]) < limit
    runs = np.convolve(small, np.ones(row), "valid") >= row - 1e-9
    first = int(np.argmax(runs)) if runs.any() else most
    return min(2 * max(first, 1), n - 1)


def _reach(below: npt.NDArray[np.bool_], block: int, count: int, seed: int) -> float:
    """Return how far the share of frames ``below`` may be off, as the arcsine of its root.

    On this scale a share scatters alike near its ends and in the middle.
    """
    rng = np.random.default_rng(seed)
    sums = np.concatenate([[0], np.cumsum(np.concatenate([below, below[:block]]))])
    starts = rng.integers(0, len(below), (_DRAWS, count))
    drawn = (sums[starts + block] - sums[starts]).mean(axis=1) / block
    apart = np.arcsin(np.sqrt(np.clip(drawn, 0, 1))) - math.asin(math.sqrt(float(below.mean())))
    tail = (1 + NOMINAL_COVERAGE) / 2
    wider = student(count - 1, tail) / NormalDist().inv_cdf(tail) * math.sqrt(count / (count - 1))
    return float(np.quantile(np.abs(apart), NOMINAL_COVERAGE)) * wider
