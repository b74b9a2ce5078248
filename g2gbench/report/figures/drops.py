"""Dropped frames by the phase they died in, in the order of a frame's way: one dot a trial."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from g2gbench.measure.registry import DROP_PHASES
from g2gbench.report.figures.drawing import HALF, SMALL, Canvas, Illustration, ticks_along
from g2gbench.report.figures.palette import LIGHT, PHASE_COLOURS
from g2gbench.report.text.numbers import label

_ROW: Final = 28
_LEFT: Final = 112
_TOP: Final = 18


def drops(
    counts: Sequence[Mapping[str, int]], name: str, widths: tuple[int, ...] = (SMALL, HALF)
) -> Illustration:
    """The drops of some trials; ``counts`` gives each trial's by phase.

    A phase that no trial counts has no row.
    """
    median = {phase: float(np.median(of)) for phase, of in _by_phase(counts).items()}
    parts = ", ".join(f"{label(phase)} {value:g}" for phase, value in median.items())
    alt = f"Dropped frames by phase, median of {len(counts)} trials: {parts}."
    caption = "One dot, one trial; the number is their median."
    return Illustration(name, alt, caption, widths, lambda width: _draw(counts, width))


def _by_phase(counts: Sequence[Mapping[str, int]]) -> dict[str, list[int]]:
    found = {phase: [c[phase] for c in counts if phase in c] for phase in DROP_PHASES}
    return {phase: of for phase, of in found.items() if of}


def _draw(counts: Sequence[Mapping[str, int]], width: int) -> Canvas:
    phases = _by_phase(counts)
    height = _ROW * len(phases)
    canvas = Canvas(width, height + 62)
    axes = canvas.axes(_LEFT, _TOP, width - _LEFT - 50, height)
    largest = max(max(of) for of in phases.values())
    axes.set_xlim(-0.04 * largest, largest * 1.06 + 0.5)
    axes.set_ylim(len(phases), 0)
    axes.set_yticks([])
    axes.grid(visible=False)
    ticks_along(axes, 5, whole=True)
    axes.set_xlabel("dropped frames in a trial", labelpad=4)
    for i, (phase, of) in enumerate(phases.items()):
        middle = i + 0.5
        values = np.array(of, dtype=np.float64)
        colour = LIGHT[PHASE_COLOURS[phase]]
        strong = values.any()
        y = _TOP + _ROW * middle
        ink = LIGHT["ink" if strong else "muted"]
        axes.axhline(middle, color=LIGHT["grid"], lw=1, zorder=0)
        canvas.text(0, y, label(phase), size=12, color=ink)
        if strong:
            axes.plot(
                [values.min(), values.max()], [middle, middle], color=colour, lw=6, alpha=0.22
            )
            for value in np.unique(values):
                same = int((values == value).sum())
                for j in range(same):
                    lift = (j - (same - 1) / 2) * min(0.24, 0.8 / same)
                    axes.plot(value, middle + lift, "o", ms=7, color=colour, mec=LIGHT["surface"])
        canvas.text(
            width - 4,
            y,
            f"{np.median(values):g}",
            size=12.5,
            ha="right",
            weight="bold" if strong else "normal",
            color=ink,
        )
    canvas.text(width - 4, 7, "median", size=11, ha="right", color=LIGHT["muted"])
    return canvas
