"""Figures in pixels of the page: where things are, and in which style they are drawn."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from matplotlib.text import Text
from matplotlib.ticker import MaxNLocator

from g2gbench.report.figures.palette import LIGHT
from g2gbench.report.text.one_line import for_a_line

FloatArray = npt.NDArray[np.float64]

SMALL: Final = 340
MEDIUM: Final = 700
LARGE: Final = 1100
HALF: Final = 520
"""Widths in page pixels: a phone, a small window, a desktop; half of a desktop's."""

DOTS_PER_INCH: Final = 72
"""One unit of a figure is one CSS pixel, so that font sizes are those of the page."""

PNG_DOTS_PER_INCH: Final = 144

_STYLE: Final[dict[object, object]] = {
    "font.family": "DejaVu Sans",  # ships with matplotlib: the same layout on every machine
    "font.size": 12,
    "text.color": LIGHT["ink"],
    "text.parse_math": False,  # a dollar of a prompt is a dollar
    "svg.fonttype": "none",  # real text: takes the page's font, can be selected and searched
    "figure.dpi": DOTS_PER_INCH,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "axes.edgecolor": LIGHT["edge"],
    "axes.labelcolor": LIGHT["muted"],
    "axes.labelsize": 11.5,
    "axes.linewidth": 1,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.axisbelow": True,
    "axes.unicode_minus": True,
    "grid.color": LIGHT["grid"],
    "grid.linewidth": 1,
    "xtick.color": LIGHT["edge"],
    "ytick.color": LIGHT["edge"],
    "xtick.labelcolor": LIGHT["muted"],
    "ytick.labelcolor": LIGHT["muted"],
    "xtick.labelsize": 11.5,
    "ytick.labelsize": 11.5,
    "xtick.major.size": 4,
    "ytick.major.size": 0,
    "xtick.major.width": 1,
    "xtick.major.pad": 4,
    "ytick.major.pad": 6,
    "lines.linewidth": 1.8,
    "lines.solid_capstyle": "round",
    "lines.solid_joinstyle": "round",
    "hatch.linewidth": 1,
    "path.simplify": True,
    "path.simplify_threshold": 0.3,
}

_OF_FONTS: Final = ("Glyph .* missing", "Matplotlib currently does not support")
"""What matplotlib warns of when words have letters that its font lacks: the page's has them."""

_DRAWING = threading.RLock()


@contextmanager
def style(**more: object) -> Iterator[None]:
    """Draw in the style of the reports.

    matplotlib reads some of its settings only while it writes a file, from one table a process:
    it is set for this block alone, by one thread at a time, and restored. What a user's own
    matplotlibrc says counts for nothing.
    """
    settings: dict[Any, object] = {**_STYLE, **more}
    with _DRAWING, mpl.rc_context(), warnings.catch_warnings():
        mpl.rcdefaults()
        mpl.rcParams.update(settings)
        for words in _OF_FONTS:
            warnings.filterwarnings("ignore", words, UserWarning)
        yield


@dataclass(frozen=True, slots=True)
class Illustration:
    """A figure that can be drawn at any of its ``widths``, in page pixels.

    ``name`` is its file name without the suffix, ``alt`` says in words what it shows.
    """

    name: str
    alt: str
    caption: str
    widths: tuple[int, ...]
    draw: Callable[[int], Canvas]


class Canvas:
    """A figure of ``width`` by ``height`` page pixels, measured from its top left corner."""

    def __init__(self, width: float, height: float) -> None:
        self.width = width
        self.height = height
        self.figure = Figure(figsize=(width / DOTS_PER_INCH, height / DOTS_PER_INCH))
        self._agg = FigureCanvasAgg(self.figure)

    def axes(self, left: float, top: float, width: float, height: float) -> Axes:
        """Axes whose upper left corner is at (left, top)."""
        bottom = 1 - (top + height) / self.height
        return self.figure.add_axes(
            (left / self.width, bottom, width / self.width, height / self.height)
        )

    def text(self, x: float, y: float, words: str, **style_of: Any) -> Text:
        """Words whose middle line is at y; Text properties of matplotlib as keywords."""
        return self.figure.text(
            x / self.width, 1 - y / self.height, plain(words), **{"va": "center", **style_of}
        )

    def title(self, x: float, y: float, name: str, unit: str = "") -> None:
        """A panel's name with its unit beside it."""
        written = self.text(x, y, name, weight="bold", size=12.5)
        if unit:
            end = written.get_window_extent(self._agg.get_renderer()).x1  # type: ignore[no-untyped-call] # matplotlib's
            self.text(end + 6, y, unit, color=LIGHT["muted"], size=11.5)


def plain(words: str) -> str:
    """Text that can be drawn: a space in the place of a control character."""
    return for_a_line(words)


def dots(
    axes: Axes, x: FloatArray, y: FloatArray, color: str, size: float, **style_of: object
) -> None:
    """Many dots as one path of lines without length: a fifth of the bytes of markers."""
    if not len(x):
        return
    points = np.repeat(np.column_stack([x, y]), 2, axis=0)
    points[1::2, 0] += 1e-6
    path = Path(points, np.tile([Path.MOVETO, Path.LINETO], len(x)))
    path.should_simplify = False
    patch = PathPatch(path, fill=False, edgecolor=color, linewidth=size, capstyle="round")
    # Rounded to whole pixels, a line this short would vanish from a PNG.
    patch.set(snap=False, **style_of)
    axes.add_patch(patch)


def steps(axes: Axes, edges: FloatArray, values: FloatArray, **style_of: Any) -> None:
    """A value for each interval between two edges, as a line of steps; NaN leaves a hole."""
    if len(values):
        axes.step(edges, np.append(values, values[-1]), where="post", **style_of)


def beside(axes: Axes, x: float, y: float, words: str, **style_of: Any) -> None:
    """Words right of a point of the data, where a line ends; Text properties as keywords."""
    axes.annotate(
        plain(words),
        (x, y),
        (8, 0),
        textcoords="offset points",
        size=11.5,
        va="center",
        annotation_clip=False,
        **style_of,
    )


def scaled_from_zero(axes: Axes, top: float, most_ticks: int = 4) -> float:
    """Give the y axis round ticks from 0 to at least ``top``; gives its upper end."""
    ticks = np.asarray(_round_ticks(most_ticks).tick_values(0, max(top, 1e-9)))
    upper = float(ticks[-1]) if ticks[-1] >= top else float(top)
    axes.set_ylim(0, upper)
    axes.set_yticks(ticks[ticks <= upper])
    return upper


def ticks_along(axes: Axes, most: int, *, whole: bool = False) -> None:
    """Give the x axis at most so many round ticks; ``whole`` numbers alone where asked."""
    axes.xaxis.set_major_locator(_round_ticks(most, whole=whole))


def _round_ticks(most: int, *, whole: bool = False) -> MaxNLocator:
    return MaxNLocator(most, steps=[1, 2, 2.5, 5, 10], integer=whole)
