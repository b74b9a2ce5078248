"""Picture quality and latency over the measured bitrate: a line a codec."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, NullLocator

from g2gbench.analysis.codecs import LATENCY, QUALITY, RATE
from g2gbench.analysis.result import CodecComparison
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
from g2gbench.report.text.numbers import single

MARKS: Final[Mapping[str, str]] = {"vp8": "o", "h264": "s", "vp9": "^", "av1": "D", "h265": "v"}
"""Beside its colour each codec has a shape of its own."""

_PANELS: Final = ((QUALITY, "PSNR displayed", "dB"), (LATENCY, "g2g p50", "ms"))
_HEIGHT: Final = 240
_NAME: Final = 46  # room right of a line for its name
_LEFT: Final = 40
_LINE: Final = 13.0


@dataclass(frozen=True, slots=True)
class Line:
    """A codec's points: (rate in bits per second, value, low, high), in the order of the rates."""

    codec: str
    points: tuple[tuple[float, float, float, float], ...]


def lines_of(comparison: CodecComparison, metric: str) -> list[Line]:
    """The curves of one metric; codecs without a point are left out."""
    found = []
    for curve in comparison.curves:
        points = tuple(
            (rate, *found_range)
            for point in curve.points
            if point.counts
            if (rate := point.metrics[RATE].value)
            and (found_range := point.metrics[metric].range) is not None
        )
        if points:
            found.append(Line(curve.codec, points))
    return found


def rate_curves(
    comparison: CodecComparison, name: str, widths: tuple[int, ...] = (SMALL, MEDIUM, LARGE)
) -> Illustration | None:
    """Both panels; one that nothing was measured of is left out, None where that is all."""
    panels = [
        (metric, title, unit, lines)
        for metric, title, unit in _PANELS
        if (lines := lines_of(comparison, metric))
    ]
    if not panels:
        return None
    parts = "; ".join(
        f"{title} of {line.codec}: "
        + ", ".join(f"{single(metric, p[1])} at {single(RATE, p[0])}" for p in line.points)
        for metric, title, _, lines in panels
        for line in lines
    )
    caption = (
        "Across: the bitrate that was measured on the uplink, in steps of equal ratio. Points: "
        "medians of the valid trials; bars: their intervals. Neither axis starts at zero."
    )
    titles = [(title, unit, lines) for _, title, unit, lines in panels]
    return Illustration(name, f"{parts}.", caption, widths, lambda width: _draw(titles, width))


def _draw(panels: Sequence[tuple[str, str, Sequence[Line]]], width: int) -> Canvas:
    columns = 1 if width == SMALL else len(panels)
    space = width / columns
    rows = -(-len(panels) // columns)
    canvas = Canvas(width, rows * (_HEIGHT + 76))
    for place, (title, unit, lines) in enumerate(panels):
        left = space * (place % columns) + _LEFT
        top = (_HEIGHT + 76) * (place // columns) + 30
        canvas.title(left - _LEFT, top - 18, title, unit)
        axes = canvas.axes(left, top, space - _LEFT - _NAME, _HEIGHT)
        _panel(axes, lines)
    return canvas


def _panel(axes: Axes, lines: Sequence[Line]) -> None:
    every: FloatArray = np.array([point for line in lines for point in line.points])
    axes.set_xscale("log")
    axes.set_xlim(every[:, 0].min() / 1.15, every[:, 0].max() * 1.15)
    low, high = float(every[:, 2].min()), float(every[:, 3].max())
    room = 0.08 * ((high - low) or max(abs(high), 1.0))
    axes.set_ylim(low - room, high + room)
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xticks(_round_rates(every[:, 0].min(), every[:, 0].max()))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda rate, _: f"{rate / 1000:g}"))
    axes.set_xlabel("measured uplink bitrate, kbps", labelpad=4)
    for line in lines:
        colour = LIGHT[f"codec-{line.codec}"]
        rates, values, lows, highs = np.array(line.points).T
        axes.vlines(rates, lows, highs, color=colour, lw=4, alpha=0.3)
        axes.plot(rates, values, color=colour, marker=MARKS[line.codec], ms=6.5, lw=1.8)
    _name(axes, lines, _HEIGHT / (high - low + 2 * room))


def _round_rates(least: float, most: float) -> list[float]:
    steps = [m * 10**e for e in range(3, 9) for m in (1, 2, 5)]
    return [step for step in steps if least / 1.15 <= step <= most * 1.15]


def _name(axes: Axes, lines: Sequence[Line], per_unit: float) -> None:
    """Each line's name at its end, moved apart where two would cover each other."""
    place = -np.inf
    for line in sorted(lines, key=lambda one: one.points[-1][1]):
        rate, value, *_ = line.points[-1]
        place = max(place + _LINE, value * per_unit)
        axes.annotate(
            plain(line.codec),
            (rate, value),
            (9, place - value * per_unit),
            textcoords="offset points",
            size=11.5,
            weight="bold",
            va="center",
            color=LIGHT[f"codec-{line.codec}"],
            annotation_clip=False,
        )
