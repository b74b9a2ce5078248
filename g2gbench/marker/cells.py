"""Position of a marker's cells in a frame of any size, and their means.

A cell's value is the mean of its inner half along both axes. Cells of a scaled frame begin and end
between pixels, so a pixel counts by the share of it that lies inside. Both axes are separable: the
means of a whole grid are two small matrix products, ``vertical @ region @ horizontal``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from g2gbench.marker.luma import MARKER_HEIGHT, MARKER_WIDTH, Luma

Weights = npt.NDArray[np.float32]

PROTOCOL_CELL_SIZES = (8, 4, 6, 2, 12, 10, 16, 5, 7, 14, 3)
"""Cell sizes in pixels that the v1 protocol tries when it does not know the scale, in its order."""

_INNER = 0.5
_ROUNDING = 1e-9  # so that 192 * (2 / 3) needs 128 pixels, not 129


def inner_weights(cells: int, extent: float, *, pixels: int, origin: float) -> Weights:
    """Weights (cells, pixels): each row takes the mean over the inner half of one cell.

    ``extent`` is the length in pixels of all cells together and ``origin`` where the first begins.
    """
    size = extent / cells
    begin = origin + (np.arange(cells) + (1 - _INNER) / 2)[:, np.newaxis] * size
    end = begin + size * _INNER
    pixel = np.arange(pixels)
    overlap = np.minimum(end, pixel + 1) - np.maximum(begin, pixel)
    weights: Weights = (overlap.clip(min=0) / (size * _INNER)).astype(np.float32)
    return weights


@dataclass(frozen=True, slots=True)
class Place:
    """Region of a marker in a frame, in the frame's pixels."""

    extent_x: float  # width of the marker in pixels of this frame
    extent_y: float
    pixels_x: int  # whole pixels that hold it
    pixels_y: int

    def vertical(self, cells: int) -> Weights:
        """Weights (cells, pixels_y); the marker ends with the frame's last row."""
        origin = self.pixels_y - self.extent_y
        return inner_weights(cells, self.extent_y, pixels=self.pixels_y, origin=origin)

    def horizontal(self, cells: int) -> Weights:
        """Weights (pixels_x, cells); the marker begins with the frame's first column."""
        return inner_weights(cells, self.extent_x, pixels=self.pixels_x, origin=0.0).T


def place_at(width: int, height: int, scale_x: float, scale_y: float) -> Place | None:
    """The marker's place in a frame of this size that was scaled by these factors since the stamp.

    None when such a marker does not fit into the frame.
    """
    extent_x, extent_y = MARKER_WIDTH * scale_x, MARKER_HEIGHT * scale_y
    pixels_x, pixels_y = math.ceil(extent_x - _ROUNDING), math.ceil(extent_y - _ROUNDING)
    if pixels_x > width or pixels_y > height:
        return None
    return Place(extent_x, extent_y, pixels_x, pixels_y)


def place_of(width: int, height: int, sent_size: tuple[int, int]) -> Place | None:
    """The marker's place in a frame (width, height) that was stamped at ``sent_size``.

    None when a frame of that size is too small to be stamped. Raises ValueError when a size is not
    positive.
    """
    sent_width, sent_height = sent_size
    if sent_width < 1 or sent_height < 1:
        raise ValueError(
            f"sent_size is {sent_size}; allowed: (width, height) of the stamped frame, positive"
        )
    if sent_width < MARKER_WIDTH or sent_height < MARKER_HEIGHT:
        return None
    return place_at(width, height, width / sent_width, height / sent_height)


def places_of_protocol(width: int, height: int) -> tuple[Place, ...]:
    """The marker's possible places when the scale is unknown: those protocol sizes that fit."""
    places = (place_at(width, height, size / 8, size / 8) for size in PROTOCOL_CELL_SIZES)
    return tuple(place for place in places if place is not None)


@dataclass(frozen=True, slots=True)
class Sampler:
    """Reads one frame region through fixed weights: ``vertical @ region @ horizontal``."""

    vertical: Weights
    horizontal: Weights
    rows: slice
    columns: slice

    def __call__(self, luma: Luma) -> Weights:
        """Weighted sums, shape (vertical rows, horizontal columns), in grey levels."""
        region = luma[self.rows, self.columns].astype(np.float32)
        sums: Weights = self.vertical.dot(region).dot(self.horizontal)
        return sums
