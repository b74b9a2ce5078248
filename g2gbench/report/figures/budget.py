"""Figure of the latency budget: stacked bars of mean times on one scale."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from g2gbench.report.figures.drawing import LARGE, MEDIUM, SMALL, Canvas, Illustration, ticks_along
from g2gbench.report.figures.palette import LIGHT
from g2gbench.report.views.budget_view import Budget

COLOURS: Final[Mapping[str, tuple[str, float]]] = MappingProxyType(
    {
        "encode": ("client", 1.0),
        "uplink": ("network", 1.0),
        "service_decode": ("service", 0.55),
        "service": ("service", 1.0),
        "service_encode": ("service", 0.55),
        "downlink": ("network", 1.0),
        "decode": ("client", 1.0),
        "unattributed": ("unknown", 0.6),
        "display": ("client", 0.55),
    }
)
"""Whose time each part is, and how strong: neighbours of one owner differ."""

MOST_LABELLED: Final = 12
"""Of more bars the numbers above them are left out."""

_LEAST_SHARE: Final = 0.01
_BAR: Final = 24
_NAME: Final = 20
_LABELS: Final = 24
_BELOW: Final = 14
_LETTER: Final = 6.4
_FARTHEST: Final = 45

Row = tuple[str, Budget]


def budget(
    rows: Sequence[Row],
    name: str,
    caption: str = "",
    widths: tuple[int, ...] = (SMALL, MEDIUM, LARGE),
) -> Illustration:
    """A bar for each of ``rows``; the name of a row may be empty.

    On a page it is above a table that names the parts by their numbers.
    """
    parts = "; ".join(filter(None, (_words(*row) for row in rows)))
    alt = f"Mean parts of g2g latency: {parts}."
    return Illustration(
        name, alt, caption, widths, lambda width: _draw(rows, width, with_key=False)
    )


def as_file(rows: Sequence[Row], name: str) -> Illustration:
    """The same figure on its own: a line below it names the parts."""
    widths = (LARGE,)
    return replace(budget(rows, name), widths=widths, draw=lambda w: _draw(rows, w, with_key=True))


def _words(name: str, shown: Budget) -> str:
    parts = [
        f"{part.words} {shown.number(part)} ms" for part in shown.all_parts if part.ms is not None
    ]
    whole = f"together {shown.total} ms"
    return (f"{name}: " if name else "") + ", ".join([*parts, whole])


def _draw(rows: Sequence[Row], width: int, *, with_key: bool) -> Canvas:
    labelled = len(rows) <= MOST_LABELLED
    above = (_NAME if any(name for name, _ in rows) else 0) + (_LABELS if labelled else 4)
    pitch = above + _BAR + _BELOW
    height = pitch * len(rows)
    canvas = Canvas(width, height + (64 if with_key else 40))
    axes = canvas.axes(4, 0, width - 8, height)
    largest = max(_drawn(shown) for _, shown in rows)
    # Beside the longest bar is its sum.
    beside = 64 if all(shown.display is None for _, shown in rows) else 104
    per_pixel = (largest or 1.0) / (width - 8 - beside)
    axes.set_xlim(0, per_pixel * (width - 8))
    axes.set_ylim(height, 0)
    axes.set_yticks([])
    axes.grid(visible=True, axis="x")
    axes.grid(visible=False, axis="y")
    ticks_along(axes, 8 if width > SMALL else 4)
    axes.set_xlabel("mean time of a delivered frame, ms", labelpad=4)
    if with_key:
        longest = max((shown.all_parts for _, shown in rows), key=len)
        key = "    ".join(f"{n} {part.words}" for n, part in enumerate(longest, 1))
        canvas.text(4, canvas.height - 8, key, color=LIGHT["muted"], size=11.5)
    for i, (name, shown) in enumerate(rows):
        top = pitch * i
        if name:
            words = name if len(name) * _LETTER < width - 16 else f"{name[: int(width / 8)]}…"
            canvas.text(4, top + 11, words, weight="bold", size=12)
        _bar(axes, shown, top + above, per_pixel)
        if labelled:
            _labels(axes, shown, top + above, per_pixel, width - 8)
    return canvas


def _drawn(shown: Budget) -> float:
    """The length of a bar: a part that came out negative has none."""
    return sum(max(part.ms or 0.0, 0.0) for part in shown.all_parts)


def _bar(axes: Axes, shown: Budget, y: float, per_pixel: float) -> None:
    x = 0.0
    # Below the pale parts, or the grid would show through them.
    axes.add_patch(Rectangle((0, y), _drawn(shown), _BAR, fc=LIGHT["surface"], ec="none", zorder=2))
    for part in shown.all_parts:
        ms = max(part.ms or 0.0, 0.0)
        colour, strength = COLOURS[part.name]
        axes.add_patch(
            Rectangle((x, y), ms, _BAR, fc=LIGHT[colour], alpha=strength, ec="none", zorder=3)
        )
        if x and ms:
            axes.plot([x, x], [y, y + _BAR], color=LIGHT["surface"], lw=1.4, zorder=4)
        x += ms
    axes.text(
        x + 7 * per_pixel,
        y + _BAR / 2,
        f"{shown.total} ms",
        weight="bold",
        size=12.5,
        va="center",
        zorder=5,
    )


def _labels(axes: Axes, shown: Budget, y: float, per_pixel: float, width: float) -> None:
    """Number, name and time of the parts that can be seen, each where its part is."""
    places, texts, sizes, x = [], [], [], 0.0
    for number, part in enumerate(shown.all_parts, 1):
        ms = max(part.ms or 0.0, 0.0)
        if ms > _LEAST_SHARE * shown.total_ms:
            places.append((x + ms / 2) / per_pixel)
            texts.append((f"{number} {part.words} {shown.number(part)}", f"{number}"))
            sizes.append(ms)
        x += ms
    words = [full for full, _ in texts]
    stands = _apart(places, words, width)
    # The smallest parts give up their names first: the table has them.
    for i in sorted(range(len(texts)), key=sizes.__getitem__):
        if max(abs(a - b) for a, b in zip(stands, places, strict=True)) <= _FARTHEST:
            break
        words[i] = texts[i][1]
        stands = _apart(places, words, width)
    for place, at, text in zip(stands, places, words, strict=True):
        axes.text(place * per_pixel, y - 15, text, size=11.5, ha="center", va="center", zorder=5)
        ends = [place * per_pixel, at * per_pixel]
        axes.plot(ends, [y - 7, y - 1], color=LIGHT["edge"], lw=1, zorder=2)


def _apart(places: Sequence[float], words: Sequence[str], end: float) -> list[float]:
    """The places, in pixels, moved as little as it takes that the words fit side by side."""
    widths = [len(text) * _LETTER + 10 for text in words]
    found = list(places)
    for i, width in enumerate(widths):
        least = found[i - 1] + (widths[i - 1] + width) / 2 if i else width / 2
        found[i] = max(found[i], least)
    for i in reversed(range(len(found))):
        beyond = found[i + 1] - (widths[i + 1] + widths[i]) / 2 if i + 1 < len(found) else None
        most = end - widths[i] / 2 if beyond is None else beyond
        found[i] = min(found[i], most)
    return found
