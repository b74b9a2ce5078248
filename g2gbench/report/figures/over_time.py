"""One trial over time: g2g latency, frames received, bitrate sent and frames lost on one axis."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from matplotlib.axes import Axes

from g2gbench.measure.journal import BoolArray
from g2gbench.report.figures import link_panels, quality_bands
from g2gbench.report.figures.drawing import (
    LARGE,
    MEDIUM,
    SMALL,
    Canvas,
    Illustration,
    beside,
    dots,
    plain,
    scaled_from_zero,
    steps,
)
from g2gbench.report.figures.limits import Limit
from g2gbench.report.figures.palette import LIGHT, PHASE_COLOURS
from g2gbench.report.text.numbers import label, plural
from g2gbench.report.views import quality_view
from g2gbench.report.views.link_view import LinkView
from g2gbench.report.views.quality_view import QualityView
from g2gbench.report.views.series import FloatArray, Series

MOST_DOTS: Final = 4000
_GAP: Final = 40
_RATE_HEIGHT: Final = 56
_MARK_HEIGHT: Final = 18
_LETTER: Final = 6.6
_SHORTEST_NAME: Final = 8


@dataclass(frozen=True, slots=True)
class _Layout:
    """Layout of the panels at one width."""

    width: int
    left: int
    right: int
    g2g_height: int
    row_height: int

    @property
    def plot_width(self) -> int:
        return self.width - self.left - self.right

    @property
    def wide(self) -> bool:
        return self.width > MEDIUM


_LAYOUTS: Final = {
    SMALL: _Layout(SMALL, 40, 6, 200, 30),
    MEDIUM: _Layout(MEDIUM, 112, 6, 220, 19),
    LARGE: _Layout(LARGE, 112, 128, 260, 19),
}


def over_time(
    series: Series,
    limit: Limit | None,
    name: str,
    widths: tuple[int, ...],
    link: LinkView | None = None,
    quality: QualityView | None = None,
) -> Illustration:
    """The illustration of one trial.

    ``link`` where a link logged its packets, ``quality`` where its seconds were judged.
    """
    lost = {row: len(at_s) for row, at_s in series.lost_s.items() if len(at_s)}
    words = ", ".join(f"{count} {label(row)}" for row, count in lost.items()) or "none"
    g2g_ms = series.steady_g2g_ms if series.steady.any() else series.g2g_ms
    low, high = np.min(g2g_ms), np.max(g2g_ms)
    alt = (
        f"g2g latency of trial {series.repeat} over {series.end_s:.0f} seconds: between {low:.0f} "
        f"and {high:.0f} ms, {plural(len(series.freezes), 'freeze')}; frames lost: {words}."
    )
    if series.marks:
        alt += " " + "; ".join(f"at {at_s:.1f} s {name}" for at_s, name in series.marks) + "."
    if link is not None:
        alt += f" {link_panels.words(link)}"
    if quality is not None:
        alt += f" {quality_view.words(quality)}"
    caption = _caption(series, link, quality)
    return Illustration(
        name, alt, caption, widths, lambda width: _draw(series, limit, width, link, quality)
    )


def _caption(series: Series, link: LinkView | None, quality: QualityView | None) -> str:
    words = "One dot is one frame, at the moment of its capture. "
    if len(series.g2g_ms) > MOST_DOTS:
        words = (
            f"Dots: {MOST_DOTS} of {len(series.g2g_ms)} frames, evenly chosen, and the slowest. "
        )
    words += f"Solid: p50 of {series.interval}; dashed: p95 of {series.interval}."
    if series.warm and series.begin_s < 0:
        words += " Tinted: the warm-up, which no number counts."
    if not series.warm:
        words += " The warm-up was never over: nothing here is steady state."
    if series.impaired_s:
        words += " Blue ground: the timeline impairs the network."
    if quality is not None:
        words += f" {quality_bands.KEY}"
    return words if link is None else f"{words} {link_panels.words(link)}"


def _draw(
    series: Series,
    limit: Limit | None,
    width: int,
    link: LinkView | None,
    quality: QualityView | None,
) -> Canvas:
    layout = _LAYOUTS[width]
    rows = [name for name, at_s in series.lost_s.items() if len(at_s)]
    rows = (["freezes"] if series.freezes else []) + rows
    tops, end = _tops(series, layout, len(rows), link, quality)
    canvas = Canvas(width, end)
    for name, (top, height) in tops.items():
        axes = canvas.axes(layout.left, top, layout.plot_width, height)
        _ground(axes, series, last=name == list(tops)[-1])
        match name:
            case "quality" if quality is not None:
                canvas.title(0, top - 12, "quality")
                quality_bands.bands(canvas, axes, quality, top, layout.plot_width)
            case "g2g":
                above = top - 14 - (_MARK_HEIGHT if series.marks else 0)
                canvas.title(0, above, "g2g latency", "ms")
                _g2g(axes, series, limit, layout)
                _limit_words(canvas, axes, series, limit, layout, above)
            case "fps":
                canvas.title(0, top - 14, "new frames received", "fps")
                _frame_rate(axes, series, layout)
            case "rate":
                canvas.title(0, top - 14, "video sent", "Mbps")
                _bitrate(axes, series)
            case "link" if link is not None:
                canvas.title(0, top - 14, *link_panels.BITRATE)
                link_panels.bitrate(axes, link)
            case "link drops" if link is not None:
                canvas.title(0, top - 14, *link_panels.drops_title(link))
                link_panels.drops(axes, link)
            case _:
                canvas.title(
                    0, top - 14, "lost frames" + (" and freezes" if series.freezes else "")
                )
                _losses(canvas, axes, series, rows, layout, top)
    zero = "measuring began" if series.warm else "the first capture"
    canvas.text(
        layout.left + layout.plot_width / 2,
        canvas.height - 8,
        f"seconds since {zero}",
        color=LIGHT["muted"],
        size=11.5,
        ha="center",
    )
    return canvas


def _tops(
    series: Series, layout: _Layout, rows: int, link: LinkView | None, quality: QualityView | None
) -> tuple[dict[str, tuple[float, float]], float]:
    """Top and height of every panel, and where the figure ends."""
    heights: dict[str, float] = {"g2g": layout.g2g_height, "fps": _RATE_HEIGHT}
    if rows:
        heights["lost"] = layout.row_height * rows
    # What the client reports as sent arrives at the link: one of the two is enough.
    if link is not None:
        heights["link"] = _RATE_HEIGHT
        if any(link.drops.values()):
            heights["link drops"] = _RATE_HEIGHT
    elif len(series.sent_mbps):
        heights["rate"] = _RATE_HEIGHT
    tops: dict[str, tuple[float, float]] = {}
    top = 26.0
    if quality is not None:
        tops["quality"] = (top, quality_bands.HEIGHT)
        top += quality_bands.HEIGHT + _GAP
    top += _MARK_HEIGHT if series.marks else 0
    for name, height in heights.items():
        tops[name] = (top, height)
        top += height + _GAP
    return tops, top


def _ground(axes: Axes, series: Series, *, last: bool) -> None:
    axes.set_xlim(series.begin_s, series.end_s)
    if series.warm and series.begin_s < 0:
        axes.axvspan(series.begin_s, 0, color=LIGHT["band"], lw=0, zorder=0)
    for start_s, until_s in series.impaired_s:
        axes.axvspan(start_s, until_s, color=LIGHT["network"], alpha=0.1, lw=0, zorder=0)
    for at_s, _ in series.marks:
        axes.axvline(at_s, color=LIGHT["faint"], lw=1, ls=(0, (2, 2)), zorder=1)
    axes.tick_params(labelbottom=last, bottom=last)


def _g2g(axes: Axes, series: Series, limit: Limit | None, layout: _Layout) -> None:
    at_s, g2g_ms, steady = _thinned(series)
    largest = float(np.max(g2g_ms))
    drawn = limit is not None and limit.within(largest)
    upper = scaled_from_zero(axes, max(largest, limit.value_ms * 1.05 if limit and drawn else 0))
    over = steady & (g2g_ms > limit.value_ms) if limit else np.zeros(len(g2g_ms), dtype=np.bool_)
    size = 2.8 if layout.width > SMALL else 2.0
    dots(axes, at_s[~over], g2g_ms[~over], LIGHT["faint"], size, alpha=0.8, zorder=2)
    dots(axes, at_s[over], g2g_ms[over], LIGHT["fail"], size, alpha=0.85, zorder=2)
    p95 = {"color": LIGHT["ink"], "lw": 1.1, "ls": (0, (3, 1.6)), "zorder": 4}
    steps(axes, series.edges_s, series.p95_ms, **p95)
    steps(axes, series.edges_s, series.p50_ms, color=LIGHT["ink"], lw=1.7, zorder=4)
    if limit and drawn:
        axes.axhline(limit.value_ms, color=LIGHT["fail"], lw=1.1, zorder=3)
    worst = int(np.argmax(np.where(steady, g2g_ms, -np.inf))) if steady.any() else None
    if worst is not None:
        right = at_s[worst] > series.end_s - 0.12 * (series.end_s - series.begin_s)
        axes.annotate(
            f"{g2g_ms[worst]:.0f} ms",
            (at_s[worst], g2g_ms[worst]),
            (-7 if right else 7, 4),
            textcoords="offset points",
            size=11.5,
            weight="bold",
            va="center",
            ha="right" if right else "left",
        )
    if (
        series.warm
        and not series.steady.all()
        and -series.begin_s > 0.12 * (series.end_s - series.begin_s)
    ):
        # Where its frames leave room: at the top, or at the bottom.
        below = np.median(series.g2g_ms[~series.steady]) > upper / 2
        axes.text(
            series.begin_s / 2,
            upper * (0.03 if below else 0.97),
            "warm-up",
            size=11,
            color=LIGHT["muted"],
            ha="center",
            va="bottom" if below else "top",
        )
    _name_marks(axes, series, layout)
    if layout.wide:
        _name_lines(axes, series, upper)


def _thinned(series: Series) -> tuple[FloatArray, FloatArray, BoolArray]:
    count = len(series.g2g_ms)
    if count <= MOST_DOTS:
        return series.captured_s, series.g2g_ms, series.steady
    even = np.linspace(0, count - 1, MOST_DOTS).astype(np.int64)
    # The slowest one is named, and says whether the limit has room on the scale.
    slowest = [np.argmax(series.g2g_ms), np.argmax(np.where(series.steady, series.g2g_ms, -np.inf))]
    kept = np.union1d(even, slowest)
    return series.captured_s[kept], series.g2g_ms[kept], series.steady[kept]


def _limit_words(
    canvas: Canvas,
    axes: Axes,
    series: Series,
    limit: Limit | None,
    layout: _Layout,
    above: float,
) -> None:
    """Beside its line where there is room, else above the panel."""
    if limit is None:
        return
    drawn = limit.within(float(np.max(series.g2g_ms)))
    if layout.wide and drawn:
        beside(axes, series.end_s, limit.value_ms, limit.words, color=LIGHT["fail"])
        return
    words = limit.words if drawn else f"{limit.words}, above this scale"
    colour = LIGHT["fail" if drawn else "muted"]
    x = layout.left + layout.plot_width
    canvas.text(x, above, words, color=colour, size=11, ha="right")


def _name_marks(axes: Axes, series: Series, layout: _Layout) -> None:
    """The events' names above the panel, those that would overlap left out."""
    span = series.end_s - series.begin_s
    free_from = -np.inf
    for at_s, name in series.marks:
        x = (at_s - series.begin_s) / span * layout.plot_width
        right, left = layout.plot_width - x, x - max(free_from, 0.0)
        at_end = _LETTER * len(name) > right and left > right
        fitting = int(max(left if at_end else right, 0.0) / _LETTER)
        if x < free_from or fitting < min(len(name), _SHORTEST_NAME):
            continue
        words = name if len(name) <= fitting else f"{name[: fitting - 1]}…"
        axes.annotate(
            plain(words),
            (at_s, 1),
            (0, 4),
            xycoords=("data", "axes fraction"),
            textcoords="offset points",
            size=11,
            color=LIGHT["muted"],
            ha="right" if at_end else "left",
        )
        free_from = x if at_end else x + _LETTER * len(words)


def _name_lines(axes: Axes, series: Series, upper: float) -> None:
    known = np.flatnonzero(~np.isnan(series.p50_ms))
    if not len(known):
        return
    p50, p95 = float(series.p50_ms[known[-1]]), float(series.p95_ms[known[-1]])
    apart = 0.075 * upper
    middle = (p50 + p95) / 2
    if p95 - p50 < apart:
        p50 = max(middle - apart / 2, 0.03 * upper)
        p95 = p50 + apart
    beside(axes, series.end_s, p95, f"p95 of {series.interval}")
    beside(axes, series.end_s, p50, f"p50 of {series.interval}", weight="bold")


def _frame_rate(axes: Axes, series: Series, layout: _Layout) -> None:
    fps = series.asked_fps
    if fps is not None:
        axes.axhline(fps, color=LIGHT["faint"], lw=1)
    steps(axes, series.edges_s, series.fps, color=LIGHT["ink"], lw=1.7)
    scaled_from_zero(axes, max(float(series.fps.max()), fps or 0) * 1.1, 2)
    if fps is not None and layout.wide:
        beside(axes, series.end_s, fps, f"asked for: {fps:g}", color=LIGHT["muted"])


def _bitrate(axes: Axes, series: Series) -> None:
    edges, sent = series.sent_edges_s, series.sent_mbps
    axes.fill_between(
        edges, np.append(sent, sent[-1]), step="post", color=LIGHT["network"], alpha=0.22, lw=0
    )
    steps(axes, edges, sent, color=LIGHT["network"], lw=1.8)
    scaled_from_zero(axes, float(sent.max()) * 1.1, 2)


def _losses(
    canvas: Canvas, axes: Axes, series: Series, rows: list[str], layout: _Layout, top: float
) -> None:
    axes.set_ylim(len(rows), 0)
    axes.set_yticks([])
    axes.grid(visible=False)
    narrow = layout.width <= SMALL
    for i, row in enumerate(rows):
        base = i + (0.72 if narrow else 0.5)
        axes.axhline(base, color=LIGHT["grid"], lw=1, zorder=0)
        count = len(series.freezes) if row == "freezes" else len(series.lost_s[row])
        y = top + layout.row_height * i + (9 if narrow else layout.row_height / 2)
        canvas.text(0, y, f"{label(row)}  {count}" if narrow else label(row), size=11.5)
        if not narrow:
            canvas.text(layout.left - 10, y, str(count), size=11.5, ha="right", weight="bold")
        if row == "freezes":
            for start_s, length_ms in series.freezes:
                axes.plot(
                    [start_s, start_s + length_ms / 1e3],
                    [base, base],
                    color=LIGHT["fail"],
                    lw=8,
                    solid_capstyle="butt",
                )
        else:
            colour = LIGHT[PHASE_COLOURS.get(row, "odd")]
            axes.vlines(series.lost_s[row], base - 0.3, base + 0.3, color=colour, lw=1.6, zorder=3)
