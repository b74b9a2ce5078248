"""One row of a comparison, trial by trial: how g2g is distributed, and each trial's value."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import Final

import numpy as np

from g2gbench.analysis.comparison import Outcome, Row
from g2gbench.report.figures.drawing import (
    HALF,
    SMALL,
    Canvas,
    FloatArray,
    Illustration,
    dots,
    ticks_along,
)
from g2gbench.report.figures.palette import LIGHT
from g2gbench.report.text.headline import short_cell
from g2gbench.report.text.numbers import Scale, label, plural, scale, single

_LEFT: Final = 78
_QUANTILES: Final = np.linspace(0, 1, 301)
_COLOURS: Final[dict[Outcome | None, str]] = {
    "regression": "fail",
    "improvement": "pass",
    "inconclusive": "network",
    "no difference": "network",
}


def compared(
    row: Row, base: Sequence[FloatArray], candidate: Sequence[FloatArray], name: str
) -> Illustration:
    """The trials of a row on both sides; ``base`` and ``candidate`` are g2g in ms, or empty."""
    alt = (
        f"{label(row.metric)}, {short_cell(row.cell)}: "
        f"{plural(len(row.base_values), 'trial')} of the base around "
        f"{single(row.metric, row.base)}, {len(row.candidate_values)} of the candidate around "
        f"{single(row.metric, row.candidate)}."
    )
    caption = "Dots: trials. Tall mark: their median. The horizontal axis does not start at zero."
    if base and candidate:
        caption = f"Thin lines: the frames of one trial each. {caption}"
    return Illustration(
        name, alt, caption, (SMALL, HALF), lambda width: _draw(row, base, candidate, width)
    )


def _draw(
    row: Row, base: Sequence[FloatArray], candidate: Sequence[FloatArray], width: int
) -> Canvas:
    curves = bool(base and candidate)
    top = 190 if curves else 0
    canvas = Canvas(width, top + 118)
    colour = LIGHT[_COLOURS.get(row.outcome, "network")]
    form = scale(row.metric, (*row.base_values, *row.candidate_values))
    values = [np.array(side) / form.divisor for side in (row.base_values, row.candidate_values)]
    edges = _edges(values, [*base, *candidate] if curves else [])
    if curves:
        _curves(canvas, base, candidate, colour, edges)
    _trials(canvas, values, colour, edges, top, _unit(row, form))
    return canvas


def _curves(
    canvas: Canvas,
    base: Sequence[FloatArray],
    candidate: Sequence[FloatArray],
    colour: str,
    edges: tuple[float, float],
) -> None:
    axes = canvas.axes(_LEFT, 22, canvas.width - _LEFT - 12, 150)
    for side, ink in ((base, LIGHT["muted"]), (candidate, colour)):
        for frames in side:
            axes.plot(np.quantile(frames, _QUANTILES), 100 * _QUANTILES, color=ink, lw=1.1)
    axes.set_xlim(edges)
    axes.set_ylim(0, 103)
    axes.set_yticks([0, 50, 95])
    axes.tick_params(labelbottom=False)
    canvas.text(0, 8, "frames at or below, %", size=11.5, color=LIGHT["muted"])


def _trials(
    canvas: Canvas,
    values: Sequence[FloatArray],
    colour: str,
    edges: tuple[float, float],
    top: float,
    unit: str,
) -> None:
    axes = canvas.axes(_LEFT, top + 14, canvas.width - _LEFT - 12, 62)
    axes.set_xlim(edges)
    axes.set_ylim(2, 0)
    axes.set_yticks([])
    axes.grid(visible=True, axis="x")
    ticks_along(axes, 6 if canvas.width > SMALL else 4)
    axes.set_xlabel(unit, labelpad=4)
    for i, (name, side, ink) in enumerate(
        zip(("base", "candidate"), values, (LIGHT["muted"], colour), strict=True)
    ):
        y = i + 0.5
        axes.axhline(y, color=LIGHT["grid"], lw=1, zorder=0)
        dots(axes, side, np.full(len(side), y), ink, 7, alpha=0.85, zorder=3)
        if len(side):
            axes.vlines(median(side.tolist()), y - 0.34, y + 0.34, color=ink, lw=2.4, zorder=4)
        canvas.text(0, top + 29 + 31 * i, name, size=11.5, weight="bold", color=ink)


def _edges(values: Sequence[FloatArray], frames: Sequence[FloatArray]) -> tuple[float, float]:
    """Return where the axis begins and ends: it has every trial, and most frames of a usual one."""
    known = np.concatenate(values)
    low, high = float(known.min()), float(known.max())
    if frames:
        low = min(low, median(float(np.quantile(some, 0.005)) for some in frames))
        high = max(high, median(float(np.quantile(some, 0.96)) for some in frames))
    room = 0.06 * (high - low) or 1.0
    return low - room, high + room


def _unit(row: Row, form: Scale) -> str:
    return f"{label(row.metric)}, {form.unit}" if form.unit else label(row.metric)
