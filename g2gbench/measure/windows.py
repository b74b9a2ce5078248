"""Values over time and the second that begins or ends at a moment. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from g2gbench.measure.journal import IntArray
from g2gbench.measure.packets import DIRECTIONS, KINDS, Packets

FloatArray = npt.NDArray[np.float64]

WINDOW_NS: Final = 1_000_000_000
"""What a session does at a moment is judged over windows of this length."""

STEP_NS: Final = 50_000_000
"""So far apart are the windows over what has no moments of its own."""

FULL_WINDOW: Final = 0.5
"""Share of the usual frames that a window needs for its median: stalled is not recovered."""


@dataclass(frozen=True, slots=True)
class Series:
    """Values with their moments, in order: arrays of shape (values,)."""

    at_ns: IntArray
    values: FloatArray

    @classmethod
    def ordered(cls, at_ns: IntArray, values: npt.NDArray[np.generic]) -> Series:
        """Return the values in the order of their moments."""
        order = np.argsort(at_ns, kind="stable")
        return cls(at_ns[order], values[order].astype(np.float64))

    def __len__(self) -> int:
        return len(self.at_ns)

    def between(self, start_ns: int, end_ns: int) -> Series:
        """Return those from ``start_ns`` to before ``end_ns``."""
        low, high = np.searchsorted(self.at_ns, (start_ns, end_ns)).tolist()
        return Series(self.at_ns[low:high], self.values[low:high])

    def sums(self, starts_ns: IntArray, ends_ns: IntArray) -> FloatArray:
        """Return the sum of the values from each start to before its end."""
        total = np.concatenate(([0.0], np.cumsum(self.values)))
        found: FloatArray = (
            total[np.searchsorted(self.at_ns, ends_ns)]
            - total[np.searchsorted(self.at_ns, starts_ns)]
        )
        return found

    def medians(self, ends_ns: IntArray, least: float) -> FloatArray:
        """Return the median over the window that ends at each; NaN where it has too few values."""
        low = np.searchsorted(self.at_ns, ends_ns - WINDOW_NS)
        high = np.searchsorted(self.at_ns, ends_ns)
        return np.array(
            [
                np.median(self.values[a:b]) if b > a and b - a >= least else np.nan
                for a, b in zip(low.tolist(), high.tolist(), strict=True)
            ]
        )


def media(packets: Packets, direction: str) -> Series:
    """Return the bytes of the RTP packets as they passed the client's end of the link."""
    up = direction == "uplink"
    mine = packets[
        (packets["direction"] == DIRECTIONS.index(direction))
        & (packets["kind"] == KINDS.index("rtp"))
    ]
    at_ns = mine["arrived_ns" if up else "left_ns"].astype(np.int64)
    passed = at_ns >= 0
    return Series.ordered(at_ns[passed], mine["size"][passed])
