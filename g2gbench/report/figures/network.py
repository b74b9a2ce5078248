"""A network over time as a picture (PNG)."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from matplotlib.axes import Axes

from g2gbench.report.figures.drawing import PNG_DOTS_PER_INCH, Canvas, plain, style
from g2gbench.report.figures.palette import LIGHT
from g2gbench.scenario.model.network_timeline import Course

_WIDTH, _PANEL, _GAP = 900, 120, 46
_LEFT, _RIGHT, _TOP, _BOTTOM = 70, 24, 122, 46
_STRIP_TOP, _STRIP = 56, 20
_DIGIT: Final = 6.5
"""About how wide a character of a phase's name is."""

_COLOURS: Final = {"uplink": LIGHT["network"], "downlink": LIGHT["ink"], "trace": LIGHT["network"]}
_STYLES: Final = {"uplink": "-", "downlink": "--", "trace": "-"}


def draw(course: Course, path: Path) -> None:
    """Write the picture of a course; OSError when it cannot be written."""
    height = _TOP + 3 * _PANEL + 2 * _GAP + _BOTTOM
    with style(**{"savefig.facecolor": "white"}):
        canvas = Canvas(_WIDTH, height)
        canvas.text(_LEFT, 18, course.name, weight="bold", size=14)
        canvas.text(_LEFT, 38, course.about, color=LIGHT["muted"], size=11)
        panels = (("Capacity", "Mbps, no line: unlimited"), ("Delay", "ms, one way"), ("Loss", "%"))
        axes = []
        for index, (name, unit) in enumerate(panels):
            top = _TOP + index * (_PANEL + _GAP)
            canvas.title(_LEFT, top - 14, name, unit)
            axes.append(canvas.axes(_LEFT, top, _WIDTH - _LEFT - _RIGHT, _PANEL))
        _fill(course, axes)
        axes[-1].set_xlabel("seconds")
        if len(course.phases) > 1:
            _name_phases(course, canvas)
        canvas.figure.savefig(path, dpi=PNG_DOTS_PER_INCH, format="png")


def _fill(course: Course, axes: list[Axes]) -> None:
    for direction in course.phases[0].links:
        points = course.series(direction)
        times = [*(point.at_s for point in points), course.until_s]
        figures: tuple[list[float | None], ...] = (
            [None if p.capacity_bps is None else p.capacity_bps / 1e6 for p in points],
            [p.delay_ms for p in points],
            [p.loss * 100 for p in points],
        )
        for axis, values in zip(axes, figures, strict=True):
            line: list[float] = [float("nan") if value is None else value for value in values]
            axis.plot(
                times,
                [*line, line[-1]],
                drawstyle="steps-post",
                color=_COLOURS[direction],
                linestyle=_STYLES[direction],
                label=direction,
                clip_on=False,
            )
    for axis in axes:
        axis.set_xlim(0, course.until_s)
        axis.set_ylim(0, max(axis.get_ylim()[1], 1.0))
        for phase in course.phases[1:]:
            axis.axvline(phase.start_s, color=LIGHT["edge"], linewidth=1, zorder=0)
    if len(course.phases[0].links) > 1:
        axes[0].legend(loc="lower right", bbox_to_anchor=(1, 0.98), ncols=2, frameon=False)


def _name_phases(course: Course, canvas: Canvas) -> None:
    """A strip above the panels with the names of the phases, as far as each has room."""
    strip = canvas.axes(_LEFT, _STRIP_TOP, _WIDTH - _LEFT - _RIGHT, _STRIP)
    strip.set_axis_off()
    strip.set_xlim(0, course.until_s)
    strip.set_ylim(0, 1)
    ends = [*(phase.start_s for phase in course.phases[1:]), course.until_s]
    for phase, end_s in zip(course.phases, ends, strict=True):
        strip.axvline(phase.start_s, color=LIGHT["edge"])
        pixels = (end_s - phase.start_s) / course.until_s * (_WIDTH - _LEFT - _RIGHT)
        room = int((pixels - 8) / _DIGIT)
        name = phase.label if len(phase.label) <= room else f"{phase.label[: room - 1]}…"
        if room > 1:
            strip.annotate(
                plain(name),
                (phase.start_s, 0.5),
                xytext=(4, 0),
                textcoords="offset points",
                va="center",
                fontsize=10,
                color=LIGHT["muted"],
            )
