"""Gaps between new frames: freezes, stalls and the harmonic frame rate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from g2gbench.measure.journal import BoolArray, IntArray

FloatArray = npt.NDArray[np.float64]

FREEZE_FACTOR: Final = 3.0
FREEZE_MARGIN_MS: Final = 150.0
FREEZE_WINDOW: Final = 30
"""W3C webrtc-stats, freezeCount: a gap >= max(3 * avg, avg + 150 ms), avg over the last 30."""

STALL_MS: Final = 200.0
"""A stall is a gap longer than this, however slow the stream usually is."""


@dataclass(frozen=True, slots=True)
class Gaps:
    """The steady state cut into gaps by the arrival of new frames: arrays of shape (gaps,), in ms.

    The first gap begins and the last one ends with the steady state, so that they sum up to its
    length and a stall that it ends in is counted. ``usual_ms`` is the mean of the up to 30 gaps
    before each one, NaN where there is none; gaps of the warm-up count there in full.
    """

    length_ms: FloatArray
    usual_ms: FloatArray

    @property
    def freeze_limit_ms(self) -> FloatArray:
        """The length from which on each gap is a freeze of the W3C; NaN where nothing is usual."""
        limit = np.maximum(FREEZE_FACTOR * self.usual_ms, self.usual_ms + FREEZE_MARGIN_MS)
        return np.asarray(limit)

    @property
    def freezes(self) -> BoolArray:
        """Which gaps are freezes as the W3C defines them."""
        return np.asarray(
            self.length_ms >= self.freeze_limit_ms
        )  # False where nothing is usual yet

    @property
    def stalls(self) -> BoolArray:
        """Which gaps are longer than ``STALL_MS``."""
        return np.asarray(self.length_ms > STALL_MS)

    @property
    def harmonic_fps(self) -> float:
        """sum(d) / sum(d^2): the frame rate that an instant chosen at random sees."""
        seconds = self.length_ms / 1e3
        return float(seconds.sum() / np.square(seconds).sum())


def cut(arrivals_ns: IntArray, start_ns: int, end_ns: int) -> Gaps:
    """Cut the time from ``start_ns`` to ``end_ns`` at the sorted ``arrivals_ns`` of new frames."""
    inside = (arrivals_ns >= start_ns) & (arrivals_ns < end_ns)
    edges = np.concatenate(([start_ns], arrivals_ns[inside], [end_ns]))
    history = np.diff(arrivals_ns[arrivals_ns < end_ns]) / 1e6
    # Gap i of the steady state ends with arrival `before + i`: it follows the gaps before that one.
    before = int(np.count_nonzero(arrivals_ns < start_ns))
    ends = np.maximum(before + np.arange(len(edges) - 1) - 1, 0)
    totals = np.concatenate(([0.0], np.cumsum(history)))
    ends = np.minimum(ends, len(history))
    first = np.maximum(ends - FREEZE_WINDOW, 0)
    size = ends - first
    usual = np.full(len(size), np.nan)
    known = size > 0
    usual[known] = (totals[ends[known]] - totals[first[known]]) / size[known]
    return Gaps(length_ms=np.diff(edges) / 1e6, usual_ms=usual)
