"""Figure of the distribution of g2g: the share of frames at or below each value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from g2gbench.report.figures.drawing import HALF, SMALL, Canvas, Illustration, dots
from g2gbench.report.figures.palette import LIGHT
from g2gbench.report.text.numbers import plural
from g2gbench.report.views.series import FloatArray, Series
from g2gbench.statistics.median_interval import Estimate

_QUANTILES: Final = np.linspace(0, 1, 301)
_PERCENTILES: Final = (("g2g_ms.p50", 50, -4), ("g2g_ms.p95", 95, -9), ("g2g_ms.p99", 99, 3))
"""Metric, its height, and how far below the curve its name is, in percent."""


def distribution(
    trials: Sequence[Series],
    estimates: Mapping[str, Estimate],
    name: str,
    widths: tuple[int, ...] = (SMALL, HALF),
) -> Illustration:
    """The distribution over the steady frames of ``trials``, with the cell's percentiles."""
    parts = [
        f"{metric.partition('.')[2]} {value:.0f} ms"
        for metric, _, _ in _PERCENTILES
        if (value := estimates[metric].value) is not None
    ]
    frames = sum(len(series.steady_g2g_ms) for series in trials)
    alt = (
        f"Cumulative distribution of the g2g latency of {frames} frames of "
        f"{plural(len(trials), 'trial')}: {', '.join(parts) or 'no percentile was measured'}."
    )
    caption = "The horizontal axis does not start at zero."
    if len(trials) > 1:
        caption = f"Bold: the frames of all trials. Thin: each trial. Grey bar: interval. {caption}"
    return Illustration(name, alt, caption, widths, lambda w: _draw(trials, estimates, w))


def _draw(trials: Sequence[Series], estimates: Mapping[str, Estimate], width: int) -> Canvas:
    canvas = Canvas(width, 300)
    axes = canvas.axes(44, 22, width - 44 - 20, 224)
    percent = _QUANTILES * 100
    values = [series.steady_g2g_ms for series in trials if len(series.steady_g2g_ms)]
    if len(values) > 1:
        for some in values:
            axes.plot(np.quantile(some, _QUANTILES), percent, color=LIGHT["faint"], lw=1)
    every: FloatArray = np.concatenate(values)
    axes.plot(np.quantile(every, _QUANTILES), percent, color=LIGHT["ink"], lw=2.2)
    low, high = float(every.min()), float(every.max())
    span = max(high - low, 1.0)
    axes.set_xlim(low - 0.06 * span, high + 0.14 * span)
    axes.set_ylim(0, 103)
    axes.set_yticks([0, 25, 50, 75, 100])
    for metric, height, lift in _PERCENTILES:
        estimate = estimates[metric]
        if estimate.range is None:
            continue
        value, least, most = estimate.range
        if estimate.n > 1:
            axes.plot(
                [least, most],
                [height, height],
                color=LIGHT["faint"],
                lw=7,
                alpha=0.45,
                solid_capstyle="butt",
                zorder=3,
            )
        at = np.array([value])
        dots(axes, at, np.array([float(height)]), LIGHT["surface"], 10, zorder=4)
        dots(axes, at, np.array([float(height)]), LIGHT["ink"], 7, zorder=5)
        late = value > low + 0.62 * span
        axes.annotate(
            f"{metric.partition('.')[2]}  {value:.0f} ms",
            (value, height + lift),
            (-10 if late else 10, 0),
            textcoords="offset points",
            size=12,
            weight="bold",
            va="center",
            ha="right" if late else "left",
            bbox={"fc": LIGHT["surface"], "ec": "none", "pad": 0.5, "alpha": 0.75},
            zorder=6,
        )
    axes.set_xlabel("g2g latency, ms", labelpad=4)
    canvas.text(0, 8, "frames at or below, %", size=11.5, color=LIGHT["muted"])
    return canvas
