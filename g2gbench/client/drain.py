"""Draining of the last frames of the steady state. Pure."""

from __future__ import annotations

from typing import Final

RECENT_FRAMES: Final = 512
"""Some seconds of any source: whatever comes back later than that is of no use."""


class DrainTracker:
    """Recognition of frames captured after the steady state, by their numbers.

    A trial that stopped listening earlier would keep the fast frames of its last moments and lose
    the slow ones.

    Args:
        first_number: the marker's number of frame 0.
        bits: of the marker's numbers.

    """

    def __init__(self, first_number: int, bits: int) -> None:
        self._first_number = first_number
        self._mask = (1 << bits) - 1
        self._newest = -1
        self._last: int | None = None

    def captured(self, frame_id: int) -> None:
        """A frame is handed over."""
        self._newest = frame_id

    def is_on_its_way(self, number: int) -> bool:
        """Return whether the number is that of a frame handed over not long ago."""
        return (self._newest - number + self._first_number) & self._mask < min(
            RECENT_FRAMES, self._newest + 1
        )

    def begin(self) -> None:
        """The steady state is over: what is captured from here on does not belong to it."""
        self._last = self._newest

    def is_behind(self, number: int) -> bool:
        """Return whether the number is that of a frame captured after the steady state."""
        if self._last is None:
            return False
        ahead = (number - self._first_number - self._last) & self._mask
        return 0 < ahead <= self._newest - self._last
