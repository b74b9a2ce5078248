"""Cell means of a marker at many scales at once, for a reader that does not know the scale.

With running sums along x, the mean over any span between two columns is one subtraction, so that
all scales share one matrix product for the rows.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from g2gbench.marker.cells import Weights, inner_weights
from g2gbench.marker.luma import MARKER_HEIGHT, MARKER_WIDTH, Luma

SMALLEST, LARGEST, STEPS = 0.2, 2.5, 254
_BEYOND = 2  # more on either side, so that even a marker at an end has neighbours that read it

SCALES = tuple(
    SMALLEST * (LARGEST / SMALLEST) ** (step / (STEPS - 1))
    for step in range(-_BEYOND, STEPS + _BEYOND)
)
"""The scales of the ladder, each 1 % above the one before."""


@dataclass(frozen=True, slots=True)
class Ladder:
    """Precomputed weights for the scales that fit into one frame size, smallest scale first."""

    scales: tuple[float, ...]
    pixels_x: int
    pixels_y: int
    vertical: Weights  # (scales * rows, pixels_y)
    picks: npt.NDArray[np.intp]  # (scales * rows, columns * 2): running sum before each edge
    shares: Weights  # how far each edge lies into the pixel after it
    spans: Weights  # (scales, 1, 1): width in pixels of what is averaged

    def means(self, luma: Luma, rows: int, columns: int) -> Weights:
        """Cell means in grey levels, shape (scales, rows, columns)."""
        # Grey levels about zero keep the running sums small: float32 has 24 bits.
        region = luma[-self.pixels_y :, : self.pixels_x].astype(np.float32) - 128
        running = np.zeros((self.pixels_y, self.pixels_x + 2), np.float32)
        np.cumsum(region, axis=1, out=running[:, 1:-1])
        running[:, -1] = running[:, -2]
        sums = self.vertical.dot(running).ravel()
        edges = sums[self.picks]
        edges += self.shares * (sums[self.picks + 1] - edges)
        edges = edges.reshape(len(self.scales), rows, 2, columns)
        means: Weights = (edges[:, :, 1] - edges[:, :, 0]) / self.spans + 128
        return means


@lru_cache(maxsize=4)
def ladder(width: int, height: int, rows: int, columns: int) -> Ladder | None:
    """The ladder for a frame size and a grid of cells; None when not even its smallest fits."""
    scales = tuple(s for s in SCALES if MARKER_WIDTH * s <= width and MARKER_HEIGHT * s <= height)
    if not scales:
        return None
    pixels_x = math.ceil(MARKER_WIDTH * scales[-1])
    pixels_y = math.ceil(MARKER_HEIGHT * scales[-1])
    extents = [MARKER_HEIGHT * scale for scale in scales]
    vertical = np.vstack(
        [inner_weights(rows, e, pixels=pixels_y, origin=pixels_y - e) for e in extents]
    )
    size = np.array(scales)[:, np.newaxis] * MARKER_WIDTH / columns
    cell = np.arange(columns)
    edges = np.hstack(((cell + 0.25) * size, (cell + 0.75) * size))
    edges = np.repeat(edges, rows, axis=0)  # (scales * rows, columns * 2): begins, then ends
    before = np.floor(edges).astype(np.intp)
    line = np.arange(len(scales) * rows)[:, np.newaxis] * (pixels_x + 2)
    return Ladder(
        scales,
        pixels_x,
        pixels_y,
        vertical,
        line + before,
        (edges - before).astype(np.float32),
        (size / 2).astype(np.float32)[:, :, np.newaxis],
    )
