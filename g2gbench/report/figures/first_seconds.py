"""The first seconds of one trial: g2g, size, bitrate and picture on one axis."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np
from matplotlib.axes import Axes

from g2gbench.measure import startup
from g2gbench.report.figures.drawing import (
    LARGE,
    MEDIUM,
    SMALL,
    Canvas,
    Illustration,
    dots,
    scaled_from_zero,
    steps,
)
from g2gbench.report.figures.first_frame import NAMES as CONNECTING
from g2gbench.report.figures.palette import LIGHT
from g2gbench.report.text.numbers import plural, single
from g2gbench.report.views.start_view import StartView

_LEFT: Final = 48
_RIGHT: Final = 8
_GAP: Final = 40
_G2G_HEIGHT: Final = 150
_PANEL_HEIGHT: Final = 56
_MOST_CONNECTING_S: Final = 3.0
_WORDS: Final[Mapping[str, str]] = {
    "settled": "settled",
    "full_size": "full size",
    "full_bitrate": "full bitrate",
    "sharp": "sharp",
}
_REACHED_IN: Final[Mapping[str, str]] = {
    "settled": "g2g",
    "full_size": "size",
    "full_bitrate": "bitrate",
    "sharp": "picture",
}
"""The panel that shows when each was reached."""


def first_seconds(
    start: StartView, name: str, widths: tuple[int, ...] = (SMALL, MEDIUM, LARGE)
) -> Illustration:
    """The illustration of one trial's start."""
    reached = [f"{_WORDS[key]} {_after(start, key)}" for key in startup.REACHED]
    frozen = plural(len(start.freezes), "freeze")
    alt = (
        f"The first {start.end_s:.0f} seconds of trial {start.repeat}: {', '.join(reached)}; "
        f"g2g between {np.min(start.g2g_ms):.0f} and {np.max(start.g2g_ms):.0f} ms, {frozen}."
    )
    return Illustration(name, alt, _caption(start), widths, lambda width: _draw(start, width))


def _caption(start: StartView) -> str:
    words = "One dot is one frame, at the moment of its arrival. Green ground: near enough to the "
    words += "steady state. Green line: when it is so for good."
    if start.freezes:
        words += " Red: freezes and stalls."
    if not start.sizes_change:
        words += f" Every frame had {start.lines[0]:.0f} lines."
    within = [
        CONNECTING[metric]
        for metric, at_s in sorted(start.phases.items(), key=lambda phase: phase[1])
        if metric in CONNECTING and at_s >= _begin_s(start)
    ]
    if within:
        words += f" Ticks before 0: {', '.join(within)}."
    return words


def _after(start: StartView, key: str) -> str:
    seconds = start.reached_s.get(key)
    return "not measured" if seconds is None else f"after {single('ttff_ms', 1e3 * seconds)}"


def _begin_s(start: StartView) -> float:
    return max(start.begin_s, -_MOST_CONNECTING_S)


def _draw(start: StartView, width: int) -> Canvas:
    panels: dict[str, tuple[str, str, float, Callable[[Axes, StartView], None]]] = {
        "g2g": ("g2g latency", "ms", _G2G_HEIGHT, _g2g)
    }
    if start.sizes_change:
        panels["size"] = ("size", "lines", _PANEL_HEIGHT, _size)
    if len(start.mbps):
        panels["bitrate"] = ("media sent", "Mbps", _PANEL_HEIGHT, _bitrate)
    if start.scored:
        panels["picture"] = ("PSNR", "dB", _PANEL_HEIGHT, _picture)
    elif len(start.qp):
        panels["picture"] = ("encoder's quantiser", "QP", _PANEL_HEIGHT, _quantiser)
    height = 26 + sum(panel[2] + _GAP for panel in panels.values())
    canvas = Canvas(width, height)
    top = 26.0
    plot = width - _LEFT - _RIGHT
    for key, (title, unit, panel_height, draw) in panels.items():
        axes = canvas.axes(_LEFT, top, plot, panel_height)
        _ground(axes, start, key, last=key == list(panels)[-1])
        canvas.title(0, top - 14, title, unit)
        for reached in startup.REACHED:
            if _REACHED_IN[reached] == key and (reached != "sharp" or start.scored):
                known = reached in start.reached_s
                words = f"{_WORDS[reached]} {_after(start, reached)}"
                colour = LIGHT["pass" if known else "muted"]
                canvas.text(width - _RIGHT, top - 14, words, color=colour, size=11.5, ha="right")
        draw(axes, start)
        top += panel_height + _GAP
    canvas.text(
        _LEFT + plot / 2,
        canvas.height - 8,
        "seconds since the first readable marker",
        color=LIGHT["muted"],
        size=11.5,
        ha="center",
    )
    return canvas


def _ground(axes: Axes, start: StartView, key: str, *, last: bool) -> None:
    begin_s = _begin_s(start)
    axes.set_xlim(begin_s, start.end_s)
    if begin_s < 0:
        axes.axvspan(begin_s, 0, color=LIGHT["band"], lw=0, zorder=0)
    for at_s in start.phases.values():
        if begin_s <= at_s < 0:
            axes.axvline(at_s, 0, 0.12, color=LIGHT["faint"], lw=1, zorder=3)
    for reached, at_s in start.reached_s.items():
        if _REACHED_IN[reached] == key and at_s <= start.end_s:
            axes.axvline(at_s, color=LIGHT["pass"], lw=1.4, zorder=3)
    axes.tick_params(labelbottom=last, bottom=last)


def _near(axes: Axes, start: StartView, low: float, high: float) -> None:
    """Tint what is near enough to the steady state."""
    beyond = max(start.end_s, 0.0)
    axes.fill_between([0, beyond], low, high, color=LIGHT["passbg"], lw=0, zorder=0.5)


def _g2g(axes: Axes, start: StartView) -> None:
    largest = float(np.max(start.g2g_ms))
    usual = start.usual.get("g2g_ms")
    if usual is not None:
        low, high = startup.near_g2g_ms(usual)
        _near(axes, start, low, high)
        largest = max(largest, high)
    scaled_from_zero(axes, largest)
    dots(axes, start.at_s, start.g2g_ms, LIGHT["ink"], 2.6, zorder=4)
    for at_s, length_s in start.freezes:
        axes.plot(
            [at_s, at_s + length_s],
            [0, 0],
            color=LIGHT["fail"],
            lw=8,
            solid_capstyle="butt",
            zorder=5,
        )


def _size(axes: Axes, start: StartView) -> None:
    axes.step(start.at_s, start.lines, where="post", color=LIGHT["ink"], lw=1.7)
    scaled_from_zero(axes, float(np.max(start.lines)) * 1.1, 2)


def _bitrate(axes: Axes, start: StartView) -> None:
    usual = start.usual.get("mbps")
    largest = float(np.max(start.mbps))
    if usual is not None:
        axes.axhline(startup.BITRATE_SHARE * usual, color=LIGHT["pass"], lw=1, ls=(0, (3, 1.6)))
        largest = max(largest, usual)
    steps(axes, start.edges_s, start.mbps, color=LIGHT["network"], lw=1.8)
    scaled_from_zero(axes, largest * 1.1, 2)


def _picture(axes: Axes, start: StartView) -> None:
    known = np.isfinite(start.psnr_db)
    values = start.psnr_db[known]
    usual = start.usual.get("psnr_db")
    low, high = float(values.min()), float(values.max())
    if usual is not None:
        _near(axes, start, usual - startup.WITHIN_DB, high + 2)
        low, high = min(low, usual - startup.WITHIN_DB), max(high, usual)
    # Decibels have no zero: the scale is that of the data.
    axes.set_ylim(low - 1, high + 1)
    dots(axes, start.at_s[known], values, LIGHT["ink"], 2.6, zorder=4)


def _quantiser(axes: Axes, start: StartView) -> None:
    steps(axes, start.qp_edges_s, start.qp, color=LIGHT["ink"], lw=1.7)
    scaled_from_zero(axes, float(np.nanmax(start.qp)) * 1.1, 2)
