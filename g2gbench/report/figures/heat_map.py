"""A matrix as a grid: one field across, the others down, g2g p95 in steps of one colour."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator

from g2gbench.analysis.result import CellResult
from g2gbench.report.figures.drawing import LARGE, MEDIUM, SMALL, Canvas, FloatArray, Illustration
from g2gbench.report.figures.palette import HEAT, LIGHT
from g2gbench.report.text.numbers import Scale, label, scale

METRIC: Final = "g2g_ms.p95"
MOST_ACROSS: Final = 6
"""More columns than that leave no room for their numbers on a phone."""

_ROW: Final = 46
_TOP: Final = 44


@dataclass(frozen=True, slots=True)
class Grid:
    """Cells by place: ``across`` is the field whose values are the ``columns``.

    ``rows`` names what all other fields are set to; a place that no cell fills is missing.
    """

    across: str
    columns: tuple[str, ...]
    rows: tuple[str, ...]
    places: Mapping[tuple[int, int], CellResult]


def grid_of(cells: Sequence[CellResult]) -> Grid | None:
    """The grid of a matrix; None where fewer than two fields vary, or none fits across."""
    fields = tuple(cells[0].settings) if cells else ()
    values = {f: list(dict.fromkeys(str(c.settings.get(f)) for c in cells)) for f in fields}
    fitting = [f for f in fields if 1 < len(values[f]) <= MOST_ACROSS]
    if sum(len(found) > 1 for found in values.values()) < 2 or not fitting:
        return None
    across = max(reversed(fitting), key=lambda field: len(values[field]))
    named = {_others(cell, across): None for cell in cells}
    rows, columns = tuple(named), tuple(values[across])
    places = {
        (rows.index(_others(cell, across)), columns.index(str(cell.settings[across]))): cell
        for cell in cells
    }
    return Grid(across, columns, rows, places)


def heat_map(
    grid: Grid, name: str, widths: tuple[int, ...] = (SMALL, MEDIUM, LARGE)
) -> Illustration | None:
    """The grid in colour; None where no cell has a value."""
    known = [v for c in grid.places.values() if (v := c.value(METRIC)) is not None]
    if not known:
        return None
    form, edges = scale(METRIC, (max(known),)), _edges(known)
    parts = "; ".join(
        f"{grid.rows[row]}, {grid.columns[column]}: {_words(cell, form)}"
        for (row, column), cell in sorted(grid.places.items(), key=lambda place: place[0])
    )
    caption = (
        f"{label(METRIC)} in {form.unit}, below it its interval: the darker, the slower. Across: "
        f"{grid.across}. A cross in a frame: an expectation does not hold. Hatched: could not be "
        "judged, and is not ranked."
    )
    alt = f"{label(METRIC)} by {grid.across} across and all else down: {parts}."
    return Illustration(name, alt, caption, widths, lambda width: _draw(grid, form, edges, width))


def _others(cell: CellResult, across: str) -> str:
    return ", ".join(str(v) for field, v in cell.settings.items() if field != across)


def _edges(values: Sequence[float]) -> FloatArray:
    """Round bounds between the steps of the colour, over the range of the values."""
    low, high = min(values), max(values)
    ticks = MaxNLocator(len(HEAT) - 1).tick_values(low, high)
    inside = np.array([tick for tick in ticks if low < tick <= high], dtype=np.float64)
    return inside[: len(HEAT) - 1]


def _words(cell: CellResult, form: Scale) -> str:
    value = cell.metrics[METRIC].value
    if not _judged(cell):
        return cell.status
    text = "not measured" if value is None else form.with_unit(form.number(value))
    return f"{text}, {cell.status}"


def _judged(cell: CellResult) -> bool:
    return cell.status in ("pass", "fail")


def _draw(grid: Grid, form: Scale, edges: FloatArray, width: int) -> Canvas:
    longest = max(len(row) for row in grid.rows)
    above = width == SMALL and longest > 8  # on a phone long names are above their row
    row_height = _ROW + (18 if above else 0)
    left = 0.0 if above else min(0.4 * width, 7.4 * longest + 14)
    height = row_height * len(grid.rows)
    canvas = Canvas(width, _TOP + height + 44)
    canvas.text(0, 10, grid.across, size=11.5, color=LIGHT["muted"])
    across = (width - left) / len(grid.columns)
    for column, words in enumerate(grid.columns):
        canvas.text(left + across * (column + 0.5), _TOP - 12, words, size=12, ha="center")
    axes = canvas.axes(left, _TOP, width - left, height)
    axes.set_xlim(0, width - left)
    axes.set_ylim(height, 0)
    axes.axis("off")
    most = int(max(left, width if above else 0) / 7.2)
    for row, words in enumerate(grid.rows):
        top = row_height * row
        middle = _TOP + top + (9 if above else _ROW / 2)
        cut = words if len(words) <= most else f"{words[: most - 1]}…"
        canvas.text(0, middle, cut, size=12, weight="bold")
        for column in range(len(grid.columns)):
            cell = grid.places.get((row, column))
            if cell is not None:
                corner = (across * column + 1, top + (18 if above else 0) + 1)
                _place(axes, cell, form, edges, corner, across - 2)
    _legend(canvas, form, edges, left, _TOP + height + 14)
    return canvas


def _place(
    axes: Axes,
    cell: CellResult,
    form: Scale,
    edges: FloatArray,
    corner: tuple[float, float],
    width: float,
) -> None:
    estimate, (x, y), height = cell.metrics[METRIC], corner, _ROW - 2
    if not _judged(cell) or estimate.range is None:
        patch = Rectangle(corner, width, height, fc="none", ec=LIGHT["faint"], hatch="////", lw=0.8)
        axes.add_patch(patch)
        words = cell.status if not _judged(cell) else "not measured"
        ground = {"fc": LIGHT["surface"], "ec": "none", "pad": 2}
        axes.text(
            x + width / 2, y + height / 2, words, ha="center", va="center", size=10.5, bbox=ground
        )
        return
    value, low, high = estimate.range
    step = int(np.searchsorted(edges, value, side="right"))
    ink = LIGHT["surface" if step >= 4 else "ink"]
    axes.add_patch(Rectangle(corner, width, height, fc=LIGHT[HEAT[step]], ec="none"))
    several = estimate.n > 1
    middle = x + width / 2
    number = form.number(value)
    centre = y + height * (0.36 if several else 0.5)
    written = axes.text(middle, centre, number, size=13, weight="bold")
    written.set(ha="center", va="center", color=ink)
    if several:
        interval = f"{form.number(low)}–{form.number(high)}"
        written = axes.text(middle, y + height * 0.74, interval, size=10)
        written.set(ha="center", va="center", color=ink)
    if cell.status == "fail":
        frame = Rectangle(
            (x + 1, y + 1), width - 2, height - 2, fc="none", ec=LIGHT["fail"], lw=2.2
        )
        axes.add_patch(frame)
        axes.add_patch(Rectangle((x + width - 14, y + 1), 13, 13, fc=LIGHT["fail"], ec="none"))
        axes.text(
            x + width - 7.5, y + 7.5, "✕", size=8.5, weight="bold", ha="center", va="center",
            color=LIGHT["surface"],
        )  # fmt: skip


def _legend(
    canvas: Canvas,
    form: Scale,
    edges: FloatArray,
    left: float,
    top: float,
) -> None:
    """The steps with the bounds between them."""
    count = len(edges) + 1
    step = min(44.0, (canvas.width - left - 30) / count)
    axes = canvas.axes(left, top, step * count, 10)
    axes.set_xlim(0, count)
    axes.set_ylim(0, 1)
    axes.axis("off")
    for place in range(count):
        axes.add_patch(Rectangle((place, 0), 0.97, 1, fc=LIGHT[HEAT[place]], ec="none"))
    for place, edge in enumerate(edges, 1):
        canvas.text(
            left + step * place, top + 19, form.limit(edge), size=10.5, ha="center",
            color=LIGHT["muted"],
        )  # fmt: skip
    canvas.text(left + step * count + 6, top + 5, form.unit, size=11, color=LIGHT["muted"])
