"""Two bands above a trial's latency: the quality of each second, and the one that was held."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from matplotlib.axes import Axes

from g2gbench.report.figures.drawing import Canvas
from g2gbench.report.figures.palette import LIGHT
from g2gbench.report.views.quality_view import LETTERS, QualityView, Stretch

HEIGHT: Final = 36
"""Of both bands together, in page pixels."""

KEY: Final = (
    "Bands: C critical, P poor, F fair, G good, ? unknown; above of each second alone, below as it "
    "was held; pale: provisional."
)

_BAND: Final = 0.84
_NARROWEST: Final = 11
_PALE: Final = 0.45
_WORDS_FIT: Final = 400


def bands(canvas: Canvas, axes: Axes, view: QualityView, top: float, width: float) -> None:
    """Draw both; ``top`` and ``width`` are those of the axes, in page pixels."""
    axes.set_ylim(2, 0)
    axes.set_yticks([])
    axes.grid(visible=False)
    axes.tick_params(labelbottom=False, bottom=False)
    axes.spines["bottom"].set_visible(False)
    seconds = "each second" if width > _WORDS_FIT else "each s"
    for i, (name, stretches) in enumerate(((seconds, view.alone), ("held", view.held))):
        canvas.text(0, top + HEIGHT * (i + 0.5) / 2, name, size=11.5)
        _band(axes, stretches, i + 0.5, width)


def _band(axes: Axes, stretches: Sequence[Stretch], middle: float, width: float) -> None:
    begin, end = axes.get_xlim()
    for one in stretches:
        axes.barh(
            middle,
            one.length_s,
            _BAND,
            left=one.start_s,
            color=LIGHT[f"level-{one.level}"],
            alpha=_PALE if one.provisional else 1.0,
            lw=0,
        )
        if one.length_s / (end - begin) * width >= _NARROWEST:
            axes.text(
                (one.start_s + one.end_s) / 2,
                middle,
                LETTERS[one.level],
                size=10.5,
                weight="bold",
                color=LIGHT["level-ink"],
                ha="center",
                va="center_baseline",
            )
