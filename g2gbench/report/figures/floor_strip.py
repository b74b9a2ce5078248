"""One line for a row of a comparison: its interval in units of its effect floor, right is worse."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from g2gbench.analysis.comparison import Row
from g2gbench.measure.registry import METRICS

WIDTH: Final = 260
HEIGHT: Final = 26
MOST_FLOORS: Final = 6.0
"""The axis ends here at the latest; what lies beyond is drawn at its end, as an arrow."""

_EDGE: Final = 8
_MIDDLE: Final = HEIGHT / 2


@dataclass(frozen=True, slots=True)
class Span:
    """A difference with its interval in effect floors, turned so that more is worse."""

    value: float
    low: float
    high: float


def span_of(row: Row) -> Span | None:
    """The span of a row; None where nothing was measured. Without a direction it is not turned."""
    if row.shift is None or row.floor is None or not row.floor.value:
        return None
    values = [v / row.floor.value for v in (row.shift.value, row.shift.low, row.shift.high)]
    if METRICS[row.metric].direction == "higher":
        return Span(-values[0], -values[2], -values[1])
    return Span(*values)


def reach(rows: Iterable[Row]) -> float:
    """Return how many floors the common axis of all rows shows to either side."""
    spans = [span for row in rows if (span := span_of(row)) is not None]
    largest = max((max(abs(span.low), abs(span.high)) for span in spans), default=0.0)
    return min(max(2.0, largest * 1.08), MOST_FLOORS)


def axis(most: float) -> str:
    """The head of the column: where zero and a whole number of floors are."""
    step = 1 if most <= 3 else 2
    ticks = range(-int(most) // step * step, int(most) + 1, step)
    words = [
        f'<text x="{_x(tick, most):.1f}" y="22" text-anchor="middle">'
        f"{'0' if not tick else f'{tick}×'.replace('-', '−')}</text>"
        for tick in ticks
        if abs(tick) <= most
    ]
    words.append(f'<text x="{_EDGE}" y="9" class="end">better</text>')
    words.append(f'<text x="{WIDTH - _EDGE}" y="9" class="end" text-anchor="end">worse</text>')
    return f'<svg class="floors" viewBox="0 0 {WIDTH} 26" aria-hidden="true">{"".join(words)}</svg>'


def svg(row: Row, most: float) -> str:
    """The line of a row as SVG without a colour of its own: the page's style gives them."""
    span = span_of(row)
    parts = [
        f'<rect class="within" x="{_x(-1, most):.1f}" y="3" '
        f'width="{_x(1, most) - _x(-1, most):.1f}" height="{HEIGHT - 6}"/>',
        f'<line class="zero" x1="{_x(0, most):.1f}" y1="3" x2="{_x(0, most):.1f}" '
        f'y2="{HEIGHT - 3}"/>',
    ]
    if span is not None:
        low, high = _x(span.low, most), _x(span.high, most)
        parts.append(_line(low, high))
        parts += [_end(span.low, most), _end(span.high, most)]
        kind = "point hollow" if row.outcome == "inconclusive" else "point"
        parts.append(
            f'<circle class="{kind}" cx="{_x(span.value, most):.1f}" cy="{_MIDDLE:g}" r="4"/>'
        )
    view = f'viewBox="0 0 {WIDTH} {HEIGHT}"'
    return f'<svg class="strip floors" {view} aria-hidden="true">{"".join(parts)}</svg>'


def _line(low: float, high: float) -> str:
    return f'<line class="span" x1="{low:.1f}" y1="{_MIDDLE:g}" x2="{high:.1f}" y2="{_MIDDLE:g}"/>'


def _end(value: float, most: float) -> str:
    """The end of an interval; an arrow where it lies beyond the axis."""
    x = _x(value, most)
    if abs(value) <= most:
        return f'<line class="span" x1="{x:.1f}" y1="8" x2="{x:.1f}" y2="18"/>'
    back = x - 5 * (1 if value > 0 else -1)
    return f'<path class="span" d="M{back:.1f} 8L{x:.1f} {_MIDDLE:g}L{back:.1f} 18"/>'


def _x(floors: float, most: float) -> float:
    held = min(max(floors, -most), most)
    return _EDGE + (held + most) / (2 * most) * (WIDTH - 2 * _EDGE)
