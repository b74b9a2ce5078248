"""One line for a table cell: the trials, their interval and the limit, drawn from zero."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

WIDTH: Final = 260
HEIGHT: Final = 26
_EDGE: Final = 5
_MIDDLE: Final = HEIGHT / 2


@dataclass(frozen=True, slots=True)
class Strip:
    """Marks on the line; ``value`` None leaves only the limit and its ground."""

    trials: Sequence[float]
    value: float | None
    low: float | None
    high: float | None
    operator: str
    limit: float
    holds: bool | None

    def svg(self) -> str:
        """The line as SVG without a colour of its own: the page's style gives them."""
        bottom, top = self._bounds()

        def x(value: float) -> float:
            return _EDGE + (value - bottom) / (top - bottom) * (WIDTH - 2 * _EDGE)

        parts = [f'<line class="base" x1="{_EDGE}" y1="13" x2="{WIDTH - _EDGE}" y2="13"/>']
        ground = {"<": (bottom, self.limit), ">": (self.limit, top)}.get(self.operator[0])
        if ground:
            name = "zone" if self.holds is not None else "zone off"
            parts.append(_bar(name, x(ground[0]), x(ground[1]), 18))
        if self.low is not None and self.high is not None and self.low < self.high:
            parts.append(_bar("interval", x(self.low), x(self.high), 7))
        parts += [
            f'<circle class="trial" cx="{x(value):.1f}" cy="{_MIDDLE:g}" r="3.5"/>'
            for value in self.trials
        ]
        if self.value is not None:
            parts.append(_tall("value", x(self.value), 8))
        parts.append(_tall("limit broken" if self.holds is False else "limit", x(self.limit), 12.5))
        view = f'viewBox="0 0 {WIDTH} {HEIGHT}"'
        return f'<svg class="strip" {view} aria-hidden="true">{"".join(parts)}</svg>'

    def _bounds(self) -> tuple[float, float]:
        values = [*self.trials, self.limit]
        values += [value for value in (self.value, self.low, self.high) if value is not None]
        bottom, top = min(0.0, *values), max(0.0, *values)
        room = (top - bottom) * 0.08 or 1.0
        return (bottom - room if bottom < 0 else bottom), top + room


def _bar(name: str, left: float, right: float, height: float) -> str:
    y = _MIDDLE - height / 2
    width = max(right - left, 0.0)
    return (
        f'<rect class="{name}" x="{left:.1f}" y="{y:g}" width="{width:.1f}" height="{height:g}"/>'
    )


def _tall(name: str, x: float, half: float) -> str:
    top, bottom = _MIDDLE - half, _MIDDLE + half
    return f'<line class="{name}" x1="{x:.1f}" y1="{top:g}" x2="{x:.1f}" y2="{bottom:g}"/>'
