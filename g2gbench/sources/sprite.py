"""Pictures that move by quarters of a pixel: backdrops to pan over and figures to lay on top.

All steps between two pixels are made once, so that a frame is a copy and a few small blends.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from g2gbench.sources.canvas import Canvas
from g2gbench.sources.i420 import Plane, Planes
from g2gbench.sources.texture import Field, halve, soften

QUARTERS = 4
Weights: TypeAlias = npt.NDArray[np.uint16]
Steps: TypeAlias = list[list[tuple[Weights, Weights]]]


def quarters(position: float) -> int:
    """A position in pixels as whole quarters of a pixel, rounded down."""
    return int(position * QUARTERS // 1)


def _moved(field: Field, quarter: int, axis: int) -> Field:
    """The field moved right or down by quarters of a pixel; what comes in repeats the edge."""
    if quarter == 0:
        return field
    edge, rest = (field[:1], field[:-1]) if axis == 0 else (field[:, :1], field[:, :-1])
    before = np.concatenate((edge, rest), axis)
    moved: Field = (field * (QUARTERS - quarter) + before * quarter + QUARTERS // 2) // QUARTERS
    return moved


class Backdrop:
    """A still scene, wider than the frame, seen through a window that pans over it."""

    def __init__(self, canvas: Canvas) -> None:
        y, u, v = canvas.clipped()
        self._y = self._steps(soften(y))
        self._u = self._steps(halve(soften(u)))
        self._v = self._steps(halve(soften(v)))

    @staticmethod
    def _steps(field: Field) -> Plane:
        # The window moves right as the scene moves left.
        mirrored = field[:, ::-1]
        steps = [_moved(mirrored, quarter, 1).astype(np.uint8) for quarter in range(QUARTERS)]
        return np.ascontiguousarray(np.stack(steps)[:, :, ::-1])

    @property
    def steps(self) -> tuple[Plane, Plane, Plane]:
        """Of Y, U and V: the scene (quarter, height, width) moved left by each quarter."""
        return self._y, self._u, self._v

    def draw(self, planes: Planes, x: int, _y: int = 0) -> None:
        """Fill all three planes; ``x`` is the window's left edge in quarters of a luma pixel."""
        for plane, steps, at in (
            (planes.y, self._y, x),
            (planes.u, self._u, x // 2),
            (planes.v, self._v, x // 2),
        ):
            left, quarter = divmod(at, QUARTERS)
            plane[:] = steps[quarter, :, left : left + plane.shape[1]]


class Sprite:
    """A figure with soft edges; quarters of a pixel along x, and along y when it moves there."""

    def __init__(self, canvas: Canvas, *, moves_down: bool = False) -> None:
        cover = soften(canvas.cover)
        small_cover = halve(cover)
        y, u, v = canvas.clipped()
        ways_down = QUARTERS if moves_down else 1
        self.moves_down = moves_down
        # Softened before division into colour and cover, so that edges do not darken.
        self._y = _steps(soften(y * canvas.cover), cover, ways_down)
        self._u = _steps(halve(soften(u * canvas.cover)), small_cover, ways_down)
        self._v = _steps(halve(soften(v * canvas.cover)), small_cover, ways_down)

    @property
    def steps(self) -> tuple[Steps, Steps, Steps]:
        """Of Y, U and V: by quarters down and quarters across, colour times cover and its rest."""
        return self._y, self._u, self._v

    def draw(self, planes: Planes, x: int, y: int) -> None:
        """Lay the figure on a picture; x and y of its corner in quarters of a luma pixel."""
        if not self.moves_down:
            y -= y % (2 * QUARTERS)
        for plane, steps, across, down in (
            (planes.y, self._y, x, y),
            (planes.u, self._u, x // 2, y // 2),
            (planes.v, self._v, x // 2, y // 2),
        ):
            left, quarter_x = divmod(across, QUARTERS)
            top, quarter_y = divmod(down, QUARTERS)
            _blend(plane, left, top, *steps[quarter_y][quarter_x])


def _steps(coloured: Field, cover: Field, ways_down: int) -> Steps:
    """(colour times cover, 256 less cover) for every quarter down and every quarter across."""
    steps = []
    for down in range(ways_down):
        lower = [_moved(field, down, 0) for field in (coloured, cover)]
        steps.append(
            [
                (
                    (_moved(lower[0], across, 1) + 128).astype(np.uint16),
                    (256 - _moved(lower[1], across, 1)).astype(np.uint16),
                )
                for across in range(QUARTERS)
            ]
        )
    return steps


def _blend(plane: Plane, left: int, top: int, coloured: Weights, uncovered: Weights) -> None:
    height, width = coloured.shape
    rows = slice(max(top, 0), min(top + height, plane.shape[0]))
    columns = slice(max(left, 0), min(left + width, plane.shape[1]))
    if rows.start >= rows.stop or columns.start >= columns.stop:
        return
    of_figure = (
        slice(rows.start - top, rows.stop - top),
        slice(columns.start - left, columns.stop - left),
    )
    region = plane[rows, columns]
    mixed = region * uncovered[of_figure]
    mixed += coloured[of_figure]
    mixed >>= 8
    region[:] = mixed
