"""A history: the value of each run, the levels between changes, and where they changed."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

from g2gbench.report.figures.drawing import (
    LARGE,
    Canvas,
    Illustration,
    scaled_from_zero,
    ticks_along,
)
from g2gbench.report.figures.palette import LIGHT
from g2gbench.report.formats.trend import Line, Trend, change_words, when
from g2gbench.report.text.headline import DEFAULT_CELL, short_cell
from g2gbench.report.text.numbers import label, plural, scale
from g2gbench.store.files import directory_name

_LEFT, _RIGHT, _TOP, _HEIGHT, _PITCH = 64, 120, 34, 110, 168
_COLOURS = {"worse": "fail", "better": "pass", "changed": "ink"}


def figures(trend: Trend) -> list[Illustration]:
    """A figure for each cell with a value, a panel for each metric that has some."""
    shown = [line for line in trend.lines if line.values]
    cells = dict.fromkeys(line.cell for line in shown)
    return [_figure(trend, [line for line in shown if line.cell == cell]) for cell in cells]


def _figure(trend: Trend, lines: Sequence[Line]) -> Illustration:
    history, cell = trend.history, lines[0].cell
    place = "" if cell == DEFAULT_CELL else f" {short_cell(cell)}"
    parts = [f"{label(line.metric)} {change_words(line, c)}" for line in lines for c in line.found]
    alt = f"{history.name}{place} over {plural(len(history.runs), 'run')}: "
    alt += "; ".join(parts) or "no change of level"
    name = f"trend-{history.name}-{history.scenario_id}"
    name += "" if cell == DEFAULT_CELL else f"-{cell}"
    return Illustration(directory_name(name), alt, "", (LARGE,), lambda width: _draw(lines, width))


def _draw(lines: Sequence[Line], width: int) -> Canvas:
    canvas = Canvas(width, _PITCH * len(lines) + 12)
    for number, line in enumerate(lines):
        _panel(canvas, line, _PITCH * number + _TOP, width - _LEFT - _RIGHT)
    return canvas


def _panel(canvas: Canvas, line: Line, top: float, width: float) -> None:
    form = scale(line.metric, line.values)
    values = np.asarray(line.values) / form.divisor
    numbers = np.arange(1, len(values) + 1)
    axes = canvas.axes(_LEFT, top, width, _HEIGHT)
    canvas.title(0, top - 16, label(line.metric), form.unit)
    axes.plot(numbers, values, "o", color=LIGHT["faint"], ms=5)
    ends = [0, *(one.at for one in line.found), len(values)]
    for i, j in itertools.pairwise(ends):
        if line.enough:
            level = float(np.median(values[i:j]))
            axes.plot([i + 0.6, j + 0.4], [level, level], color=LIGHT["ink"], lw=2)
    upper = scaled_from_zero(axes, float(values.max()) * 1.2 or 1.0, 3)
    for one in line.found:
        colour = LIGHT[_COLOURS[one.way]]
        axes.axvline(one.at + 0.5, color=colour, lw=1.4)
        axes.annotate(
            f"{one.way} since run {one.at + 1}",
            (one.at + 0.5, upper),
            (4, -8),
            textcoords="offset points",
            size=11.5,
            color=colour,
        )
    axes.set_xlim(0.4, len(values) + 0.6)
    ticks_along(axes, 10, whole=True)
    note = "" if line.enough else ", too few to tell a change"
    span = f"runs {when(line.runs[0])} to {when(line.runs[-1])}{note}"
    canvas.text(_LEFT, top + _HEIGHT + 26, span, size=11.5, color=LIGHT["muted"])
