"""Every trial of a cell as a small chart, all on one scale."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np

from g2gbench.report.figures.drawing import (
    LARGE,
    MEDIUM,
    SMALL,
    Canvas,
    Illustration,
    scaled_from_zero,
    steps,
    ticks_along,
)
from g2gbench.report.figures.limits import Limit
from g2gbench.report.figures.palette import LIGHT
from g2gbench.report.text.numbers import single
from g2gbench.report.views.series import Series

MOST_CHARTS: Final = 20
"""Of more trials the slowest are shown: they are the ones to look at."""

_COLUMNS = {SMALL: 2, MEDIUM: 4, LARGE: 5}
_LEFT, _GAP, _TOP, _HEIGHT, _PITCH = 36, 16, 26, 96, 150


def trials(
    shown: Sequence[Series],
    limit: Limit | None,
    name: str,
    widths: tuple[int, ...] = (SMALL, MEDIUM, LARGE),
) -> Illustration:
    """Small charts of the trials in ``shown``, those with a delivered frame in the steady state."""
    every = len(shown)
    if every > MOST_CHARTS:
        slowest = sorted(shown, key=_p95_ms, reverse=True)[:MOST_CHARTS]
        shown = sorted(slowest, key=lambda series: series.repeat)
    largest = max(float(series.steady_g2g_ms.max()) for series in shown)
    alt = (
        f"{len(shown)} small charts of g2g latency over time, one a trial, on one scale from 0 to "
        f"{largest:.0f} ms."
    )
    caption = f"Line: p50 of {shown[0].interval}. Grey: its smallest to its largest frame."
    if every > len(shown):
        caption += f" The {len(shown)} of {every} trials with the largest p95."
    return Illustration(name, alt, caption, widths, lambda w: _draw(shown, limit, largest, w))


def _draw(shown: Sequence[Series], limit: Limit | None, largest: float, width: int) -> Canvas:
    columns = min(_COLUMNS[width], max(len(shown), 2))
    rows = math.ceil(len(shown) / columns)
    plot = (width - _LEFT - _GAP * (columns - 1) - 4) / columns
    canvas = Canvas(width, _PITCH * rows + 8)
    end_s = max(series.end_s for series in shown)
    limit_ms = limit.value_ms if limit and limit.within(largest) else None
    largest = max(largest, (limit_ms or 0) * 1.05)
    for i, series in enumerate(shown):
        left = _LEFT + (i % columns) * (plot + _GAP)
        top = _TOP + (i // columns) * _PITCH
        axes = canvas.axes(left, top, plot, _HEIGHT)
        kept = series.edges_s[:-1] >= -0.5
        edges = np.append(series.edges_s[:-1][kept], series.edges_s[-1])
        low, high = series.low_ms[kept], series.high_ms[kept]
        axes.fill_between(
            edges,
            np.append(low, low[-1:]),
            np.append(high, high[-1:]),
            step="post",
            color=LIGHT["faint"],
            alpha=0.35,
            lw=0,
        )
        steps(axes, edges, series.p50_ms[kept], color=LIGHT["ink"], lw=1.6)
        if limit_ms is not None:
            axes.axhline(limit_ms, color=LIGHT["fail"], lw=1)
        axes.set_xlim(0, end_s)
        ticks_along(axes, 4, whole=True)
        scaled_from_zero(axes, largest, 3)
        if i % columns:
            axes.tick_params(labelleft=False)
        words = f"trial {series.repeat}"
        canvas.text(left, top - 12, words, weight="bold", size=12)
        value = _p95_ms(series)
        prefix = "" if width == SMALL else "p95 "
        note = prefix + single("g2g_ms.p95", value) if series.status == "ok" else series.status
        canvas.text(left + plot, top - 12, note, size=11.5, ha="right", color=LIGHT["muted"])
    canvas.text(0, _TOP - 12, "ms", size=11.5, color=LIGHT["muted"])
    canvas.text(
        width - 4, canvas.height - 9, "seconds", size=11.5, color=LIGHT["muted"], ha="right"
    )
    return canvas


def _p95_ms(series: Series) -> float:
    return float(np.percentile(series.steady_g2g_ms, 95))
