"""A source whose pictures never come here: the camera of a page that stamps and sends them."""

from __future__ import annotations

import numpy as np

from g2gbench.sources.i420 import Buffer


class PageCameraSource:
    """Size and pace of pictures that somebody else has; here each of them is black.

    Args:
        width, height: in pixels, even.
        fps: what is asked of the device; it may give fewer.

    """

    def __init__(self, width: int, height: int, fps: float) -> None:
        self.width, self.height, self.fps = width, height, fps

    def due_ns(self, number: int) -> int:
        """Return when a frame would be due, in ns after frame 0."""
        return round(number * 1e9 / self.fps)

    def render(self, number: int, into: Buffer) -> None:
        """Black, in limited range."""
        size = self.width * self.height
        picture = np.frombuffer(into, np.uint8)
        picture[:size], picture[size:] = 16, 128
