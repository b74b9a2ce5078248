"""The cells of a matrix below each other on one scale: g2g p95 with its interval and its trials."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from g2gbench.analysis.result import CellResult
from g2gbench.analysis.valid import values_of
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
from g2gbench.report.figures.limits import Limit
from g2gbench.report.figures.palette import LIGHT
from g2gbench.report.text.headline import short_cell
from g2gbench.report.text.numbers import single

METRIC: Final = "g2g_ms.p95"
_WORDS: Final = {"fail": "✕ fail", "pass": "pass"}


def cells(
    shown: Sequence[CellResult],
    limit: Limit | None,
    name: str,
    widths: tuple[int, ...] = (SMALL, MEDIUM, LARGE),
) -> Illustration:
    """The cells in ``shown``; one without a value says why in its row."""
    values = ", ".join(
        f"{short_cell(cell.cell)} {single(METRIC, cell.value(METRIC))}" for cell in shown
    )
    caption = (
        "Tall mark: the cell's g2g p95. Bar: its interval. Dots: its valid trials. "
        "The scale starts at zero."
    )
    alt = f"g2g p95 of {len(shown)} cells: {values}."
    return Illustration(name, alt, caption, widths, lambda width: _draw(shown, limit, width))


def _draw(shown: Sequence[CellResult], limit: Limit | None, width: int) -> Canvas:
    wide = width > SMALL
    row = 28 if wide else 46
    longest = max(len(short_cell(cell.cell)) for cell in shown)
    left = min(300 if width == LARGE else 210, 7.4 * longest + 18) if wide else 10
    right = 100 if wide else 4
    canvas = Canvas(width, row * len(shown) + 58)
    axes = canvas.axes(left, 18, width - left - right, row * len(shown))
    largest = max((v for cell in shown for v in _values(cell)), default=1.0)
    upper = largest * 1.06
    if limit and limit.within(largest):
        upper = max(upper, limit.value_ms * 1.06)
        axes.axvline(limit.value_ms, color=LIGHT["fail"], lw=1.2)
        axes.annotate(
            limit.words,
            (limit.value_ms, 1),
            (0, 5),
            xycoords=("data", "axes fraction"),
            textcoords="offset points",
            size=11,
            color=LIGHT["fail"],
            ha="right" if limit.value_ms > upper * 0.4 else "left",
        )
    axes.set_xlim(0, upper)
    axes.set_ylim(len(shown), 0)
    axes.set_yticks([])
    axes.grid(visible=True, axis="x")
    axes.grid(visible=False, axis="y")
    ticks_along(axes, 7 if wide else 4)
    axes.set_xlabel("g2g p95, ms", labelpad=4)
    for i, cell in enumerate(shown):
        estimate, values = cell.metrics[METRIC], _values(cell)
        middle = i + (0.5 if wide else 0.7)
        top = 18 + row * (i + (0.5 if wide else 0.3))
        most = 40 if width == LARGE else 28
        canvas.text(0, top, _cut(short_cell(cell.cell), most if wide else 32), size=12)
        judged = cell.status in _WORDS
        colour = LIGHT["fail" if cell.status == "fail" else "ink" if judged else "faint"]
        note = single(METRIC, estimate.value)
        if not judged:
            note = f"{note}, {cell.status}" if estimate.value is not None else cell.status
        note = f"✕ {note}" if cell.status == "fail" else note
        axes.axhline(middle, color=LIGHT["grid"], lw=1, zorder=0)
        canvas.text(
            width - 4,
            top,
            note,
            size=12,
            ha="right",
            weight="bold",
            color=colour,
            bbox={"fc": LIGHT["surface"], "ec": "none", "pad": 1},
        )
        if estimate.range is None:
            continue
        value, low, high = estimate.range
        if estimate.n > 1:
            axes.plot(
                [low, high],
                [middle, middle],
                color=colour,
                lw=7,
                alpha=0.25,
                solid_capstyle="butt",
            )
        half = 9 / row
        dots(axes, values, np.full(len(values), middle), LIGHT["faint"], 5, alpha=0.9, zorder=3)
        axes.vlines(value, middle - half, middle + half, color=colour, lw=2.6, zorder=4)
    return canvas


def _values(cell: CellResult) -> FloatArray:
    return np.array(values_of(cell, METRIC), dtype=np.float64)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
