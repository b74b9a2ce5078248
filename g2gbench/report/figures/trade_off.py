"""Latency against picture quality, a point a cell: one panel for each network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from matplotlib.axes import Axes

from g2gbench.analysis.result import CellResult
from g2gbench.analysis.valid import is_valid
from g2gbench.report.figures.drawing import (
    LARGE,
    MEDIUM,
    SMALL,
    Canvas,
    FloatArray,
    Illustration,
    plain,
)
from g2gbench.report.figures.palette import LIGHT
from g2gbench.report.text.headline import short_cell
from g2gbench.report.text.numbers import label, single

ACROSS: Final = "g2g_ms.p50"
UP: Final = "psnr_db"

_HEIGHT: Final = 230
_GAP: Final = 76
_LEFT: Final = 44
_MOST_NAMED: Final = 8
_LINE: Final = 13.0


@dataclass(frozen=True, slots=True)
class Point:
    """A cell that has both values; ``best``: no cell of its panel is faster and as good."""

    name: str
    across: tuple[float, float, float]
    up: tuple[float, float, float]
    best: bool


def panels_of(cells: Sequence[CellResult]) -> dict[str, list[Point]]:
    """The points of each network, by its name; of judged cells with both values alone.

    Empty where fewer than two cells have both: nothing could be weighed against anything.
    """
    found: dict[str, list[Point]] = {}
    ranges = [
        (cell, across, up)
        for cell in cells
        if is_valid(cell)
        and (across := cell.metrics[ACROSS].range) is not None
        and (up := cell.metrics[UP].range) is not None
    ]
    if len(ranges) < 2:
        return {}
    for cell, across, up in ranges:
        settings = cell.settings
        network = ", ".join(str(settings[f]) for f in settings if f.startswith("network"))
        others = ", ".join(str(settings[f]) for f in settings if not f.startswith("network"))
        point = Point(others or short_cell(cell.cell), across, up, False)
        found.setdefault(network, []).append(point)
    return {network: _with_best(points) for network, points in found.items()}


def trade_off(
    panels: Mapping[str, Sequence[Point]],
    name: str,
    widths: tuple[int, ...] = (SMALL, MEDIUM, LARGE),
) -> Illustration:
    """The panels on common axes."""
    parts = "; ".join(
        f"{network + ': ' if network else ''}"
        + ", ".join(f"{p.name} {single(ACROSS, p.across[0])} {single(UP, p.up[0])}" for p in points)
        for network, points in panels.items()
    )
    caption = (
        f"Left is faster, up is a better picture ({label(UP)} of matched frames: what was dropped "
        "is not in it). Bars: intervals of the cells. Filled: no cell is faster and at least as "
        "good. The axes do not start at zero."
    )
    if any(len(points) > _MOST_NAMED for points in panels.values()):
        caption += " Of many points those that are filled have their names."
    alt = f"{label(ACROSS)} against {label(UP)}: {parts}."
    return Illustration(name, alt, caption, widths, lambda width: _draw(panels, width))


def _with_best(points: Sequence[Point]) -> list[Point]:
    return [replace(p, best=not any(_beats(q, p) for q in points)) for p in points]


def _beats(one: Point, other: Point) -> bool:
    """At least as fast and as good, and not the same in both."""
    faster, better = one.across[0] <= other.across[0], one.up[0] >= other.up[0]
    return faster and better and (one.across[0], one.up[0]) != (other.across[0], other.up[0])


def _draw(panels: Mapping[str, Sequence[Point]], width: int) -> Canvas:
    columns = min({SMALL: 1, MEDIUM: 2}.get(width, 3), len(panels))
    rows = -(-len(panels) // columns)
    canvas = Canvas(width, rows * (_HEIGHT + _GAP))
    across, up = _limits(panels, 0), _limits(panels, 1)
    space = width / columns
    for place, (network, points) in enumerate(panels.items()):
        left = space * (place % columns) + _LEFT
        top = (_HEIGHT + _GAP) * (place // columns) + 30
        canvas.title(left - _LEFT, top - 18, network or label(UP), "dB")
        axes = canvas.axes(left, top, space - _LEFT - 14, _HEIGHT)
        axes.set_xlim(*across)
        axes.set_ylim(*up)
        axes.grid(visible=True)
        axes.set_xlabel(f"{label(ACROSS)}, ms", labelpad=4)
        for point in points:
            _mark(axes, point)
        _name(axes, points, _HEIGHT / (up[1] - up[0]))
    return canvas


def _limits(panels: Mapping[str, Sequence[Point]], axis: int) -> tuple[float, float]:
    """Room for every interval, and for the names beside the points."""
    ranges = [(p.across, p.up)[axis] for points in panels.values() for p in points]
    low, high = min(r[1] for r in ranges), max(r[2] for r in ranges)
    spread = (high - low) or max(abs(high), 1.0) * 0.1
    return low - 0.08 * spread, high + (0.35 if axis == 0 else 0.1) * spread


def _mark(axes: Axes, point: Point) -> None:
    (x, left, right), (y, low, high) = point.across, point.up
    colour = LIGHT["ink" if point.best else "faint"]
    axes.plot([left, right], [y, y], color=colour, lw=1.4, alpha=0.6, solid_capstyle="butt")
    axes.plot([x, x], [low, high], color=colour, lw=1.4, alpha=0.6, solid_capstyle="butt")
    face = colour if point.best else LIGHT["surface"]
    axes.plot([x], [y], marker="o", ms=6.5, mfc=face, mec=colour, mew=1.4, ls="none")


def _name(axes: Axes, points: Sequence[Point], per_unit: float) -> None:
    """Names right of their points, moved apart where two would cover each other."""
    named = [p for p in points if p.best] if len(points) > _MOST_NAMED else list(points)
    named.sort(key=lambda point: point.up[0])
    places = _apart(np.array([point.up[0] * per_unit for point in named]))
    for point, place in zip(named, places, strict=True):
        axes.annotate(
            plain(point.name),
            (point.across[2], point.up[0]),
            (6, place - point.up[0] * per_unit),
            textcoords="offset points",
            size=11,
            va="center",
            color=LIGHT["ink" if point.best else "muted"],
        )


def _apart(places: FloatArray) -> FloatArray:
    """Rising places with at least a line between them."""
    found = places.copy()
    for i in range(1, len(found)):
        found[i] = max(found[i], found[i - 1] + _LINE)
    return found
