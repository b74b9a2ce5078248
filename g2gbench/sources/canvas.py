"""Drawing of still scenes and figures, once, before the first frame."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from g2gbench.sources.texture import Field

Colour: TypeAlias = tuple[int, int, int]  # y, u, v
Mask: TypeAlias = npt.NDArray[np.bool_]


class Canvas:
    """A picture at full size in all three components, with the share of it that is covered.

    ``cover`` is 0 where nothing has been painted, 256 elsewhere: a figure's outline.
    """

    def __init__(self, width: int, height: int) -> None:
        self.width = width
        self.height = height
        self.y = np.zeros((height, width), np.int32)
        self.u = np.full((height, width), 128, np.int32)
        self.v = np.full((height, width), 128, np.int32)
        self.cover = np.zeros((height, width), np.int32)

    def rectangle(self, left: int, top: int, right: int, bottom: int, colour: Colour) -> None:
        """Fill a rectangle; right and bottom are excluded, what lies outside is cut off."""
        if right > 0 and bottom > 0:
            where = (slice(max(top, 0), bottom), slice(max(left, 0), right))
            self.y[where], self.u[where], self.v[where] = colour
            self.cover[where] = 256

    def ellipse(self, x: int, y: int, radius_x: int, radius_y: int, colour: Colour) -> None:
        """Fill an ellipse around (x, y)."""
        radius_x, radius_y = max(radius_x, 1), max(radius_y, 1)
        left, top = max(x - radius_x, 0), max(y - radius_y, 0)
        right, bottom = min(x + radius_x + 1, self.width), min(y + radius_y + 1, self.height)
        if left >= right or top >= bottom:
            return
        dx = (np.arange(left, right) - x) * radius_y
        dy = (np.arange(top, bottom) - y) * radius_x
        inside = dx * dx + (dy * dy)[:, np.newaxis] <= (radius_x * radius_y) ** 2
        where = (slice(top, bottom), slice(left, right))
        for plane, level in zip((self.y, self.u, self.v, self.cover), (*colour, 256), strict=True):
            plane[where][inside] = level

    def shade(self, field: Field, numerator: int, denominator: int) -> None:
        """Add a share of a texture of the canvas' size to the luma of what is covered."""
        share = field * numerator
        share //= denominator
        share[self.cover == 0] = 0
        self.y += share

    def clipped(self) -> tuple[Field, Field, Field]:
        """The components within the limited range that video uses: y 16..235, u and v 16..240."""
        return self.y.clip(16, 235), self.u.clip(16, 240), self.v.clip(16, 240)
