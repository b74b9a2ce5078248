"""A network over time, drawn in the cells of a terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

from g2gbench.scenario import Profile
from g2gbench.scenario.fields.quantities import BITRATE, DURATION, RATIO
from g2gbench.scenario.model.network_timeline import Course, Point, worst
from g2gbench.scenario.model.timeline import describe

WIDTH = 80
_LABEL, _AXIS = 10, 10
_COLUMNS = WIDTH - _LABEL - _AXIS - 1
_ROWS = 3
_BARS = " ▁▂▃▄▅▆▇█"
_FIGURES: tuple[tuple[str, Callable[[Point], float | None]], ...] = (
    ("capacity", lambda point: point.capacity_bps),
    ("delay", lambda point: point.delay_ms),
    ("loss", lambda point: point.loss),
)


def chart(course: Course) -> str:
    """The course as text of at most 80 columns."""
    lines = [course.name, *_wrapped(course.about), *_wrapped(course.source, "source: ")]
    for direction in course.phases[0].links:
        points = _columns(course.series(direction))
        lines += ["", direction]
        for name, value_of in _FIGURES:
            lines += _panel(name, [value_of(point) for point in points])
    right = f"{_seconds(course.until_s):>{_COLUMNS - 2}}"
    lines += [f"{'':{_LABEL + _AXIS + 1}}0s{right}", ""]
    for phase in course.phases:
        lines += _wrapped(f"{_seconds(phase.start_s):>8}  {phase.label}", indent=" " * 10)
        for name, link in phase.links.items():
            lines += _wrapped(f"{name}: {describe(link)}", " " * 10, " " * 12)
    return "\n".join(lines) + "\n"


def listing(profiles: dict[str, Profile]) -> str:
    """All profiles with their figures, as text of at most 80 columns."""
    lines: list[str] = []
    for name, profile in profiles.items():
        lines += _wrapped(f"{name:<14}{profile.description}", indent=" " * 14)
        for direction, link in zip(("uplink", "downlink"), profile.directions, strict=True):
            lines += _wrapped(f"{direction}: {describe(link)}", "    ", "      ")
    return "\n".join(lines) + "\n"


def _wrapped(text: str, start: str = "", indent: str = "  ") -> list[str]:
    return textwrap.wrap(
        text, WIDTH, initial_indent=start, subsequent_indent=indent, break_on_hyphens=False
    )


def _columns(points: Sequence[Point]) -> list[Point]:
    """One point a column, the worst of those that fall into it."""
    count = min(_COLUMNS, len(points))
    edges = [round(index * len(points) / count) for index in range(count + 1)]
    few = [worst(points[a:b]) for a, b in pairwise(edges)]
    return [few[index * count // _COLUMNS] for index in range(_COLUMNS)]


def _panel(name: str, values: Sequence[float | None]) -> Iterator[str]:
    shown = _write(name)
    if len(set(values)) == 1:
        yield f"  {name:<{_LABEL}}{shown(values[0])}"
        return
    top = max(value for value in values if value is not None)
    heights = [_ROWS * 8 if value is None else _height(value, top) for value in values]
    for row in reversed(range(_ROWS)):
        edge = shown(top) if row == _ROWS - 1 else shown(0.0) if row == 0 else ""
        cells = "".join(_BARS[min(8, max(0, height - row * 8))] for height in heights)
        title = name if row == _ROWS - 1 else ""
        yield f"  {title:<{_LABEL - 2}}{edge:>{_AXIS}}│{cells}".rstrip()


def _height(value: float, top: float) -> int:
    """In eighths of a row; what is more than nothing shows."""
    return max(1, round(value / top * _ROWS * 8)) if value > 0 else 0


def _write(name: str) -> Callable[[float | None], str]:
    return {"capacity": _capacity, "delay": _delay, "loss": _loss}[name]


def _capacity(value: float | None) -> str:
    return "unlimited" if value is None else BITRATE.write(float(f"{value:.3g}"))


def _delay(value: float | None) -> str:
    return DURATION.write(round((value or 0.0) / 1000, 6))


def _loss(value: float | None) -> str:
    return RATIO.write(float(f"{value or 0.0:.3g}"))


def _seconds(value: float) -> str:
    return f"{value:g}s"
