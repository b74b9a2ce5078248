"""Cells from best to worst, in the groups that their trials cannot tell apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from g2gbench.analysis.result import CellResult, CodecRanking
from g2gbench.analysis.valid import is_valid, values_of
from g2gbench.report.figures.drawing import (
    LARGE,
    MEDIUM,
    SMALL,
    Canvas,
    FloatArray,
    Illustration,
    dots,
    ticks_along,
)
from g2gbench.report.figures.palette import LIGHT
from g2gbench.report.text.headline import short_cell
from g2gbench.report.text.numbers import label, single

_ROW = 26
_TOP = 24


def ranking(
    found: CodecRanking,
    cells: Mapping[str, CellResult],
    name: str,
    widths: tuple[int, ...] = (SMALL, MEDIUM, LARGE),
) -> Illustration | None:
    """One ranking; ``cells`` are the summary's by name. None where nothing was ranked."""
    metric = found.metric
    # A run of an older version ranked cells that are invalid, too.
    known = [[name for name in group if is_valid(cells[name])] for group in found.groups]
    groups = [group for group in known if group]
    if not groups:
        return None
    parts = "; ".join(
        f"group {number}: "
        + ", ".join(
            f"{short_cell(cell)} {single(metric, cells[cell].value(metric))}" for cell in group
        )
        for number, group in enumerate(groups, 1)
    )
    order = "best first" if len(groups) > 1 else "none told apart from another"
    caption = (
        f"By {label(metric)}, {order}. Tall mark: median. Dots: valid trials. Within a group, "
        "between two rules, nothing differs significantly from the first. The scale does not "
        "start at zero."
    )
    alt = f"Ranking of {sum(map(len, groups))} cells by {label(metric)}: {parts}."
    return Illustration(name, alt, caption, widths, lambda w: _draw(metric, groups, cells, w))


def _draw(
    metric: str,
    groups: Sequence[Sequence[str]],
    cells: Mapping[str, CellResult],
    width: int,
) -> Canvas:
    ordered = [cell for group in groups for cell in group]
    left, right = (120, 70) if width == SMALL else (200, 90)
    canvas = Canvas(width, _ROW * len(ordered) + _TOP + 34)
    axes = canvas.axes(left, _TOP, width - left - right, _ROW * len(ordered))
    values = {cell: _values(cells[cell], metric) for cell in ordered}
    every = np.concatenate(list(values.values()))
    room = 0.05 * (float(np.ptp(every)) or max(abs(float(every[0])), 1.0))
    axes.set_xlim(float(every.min()) - room, float(every.max()) + room)
    axes.set_ylim(len(ordered), 0)
    axes.set_yticks([])
    axes.grid(visible=True, axis="x")
    axes.grid(visible=False, axis="y")
    ticks_along(axes, 4 if width == SMALL else 7)
    canvas.title(0, 10, label(metric))
    row = 0
    for number, group in enumerate(groups, 1):
        if row:
            axes.axhline(row, color=LIGHT["muted"], lw=1.2)
        for cell in group:
            middle, top = row + 0.5, _TOP + _ROW * (row + 0.5)
            if len(groups) > 1:
                canvas.text(0, top, f"{number}", size=11.5, color=LIGHT["muted"])
            canvas.text(16, top, short_cell(cell), size=11.5)
            dots(axes, values[cell], np.full(len(values[cell]), middle), LIGHT["faint"], 5)
            value = cells[cell].value(metric)
            axes.vlines(
                value or 0.0, middle - 0.32, middle + 0.32, color=LIGHT["ink"], lw=2.4, zorder=4
            )
            canvas.text(width - 2, top, single(metric, value), size=11.5, ha="right", weight="bold")
            row += 1
    return canvas


def _values(cell: CellResult, metric: str) -> FloatArray:
    return np.array(values_of(cell, metric), dtype=np.float64)
