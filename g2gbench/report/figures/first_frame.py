"""The way to the first frame: when each phase of a connection was reached."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from matplotlib.patches import Rectangle

from g2gbench.report.figures.drawing import LARGE, MEDIUM, SMALL, Canvas, Illustration, ticks_along
from g2gbench.report.figures.palette import LIGHT
from g2gbench.report.text.numbers import single

_TOP: Final = 4
_PHASES: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "connect_ms.websocket": ("signalling socket open", ()),
    "connect_ms.room_info": ("room named", ("connect_ms.websocket",)),
    "connect_ms.room": ("room connected", ("connect_ms.room_info",)),
    "connect_ms.publish": ("track published", ("connect_ms.room",)),
    "connect_ms.subscribe": ("remote track subscribed", ("connect_ms.room",)),
    "connect_ms.first_packet": ("first packet", ("connect_ms.subscribe",)),
    "connect_ms.first_frame": (
        "first remote frame",
        ("connect_ms.first_packet", "connect_ms.subscribe", "connect_ms.room"),
    ),
    "ttff_ms": ("first readable marker", ("connect_ms.first_frame",)),
}
"""Name of each phase, and the phases that it follows: the first one that was reached counts."""

NAMES: Final[Mapping[str, str]] = {metric: name for metric, (name, _) in _PHASES.items()}
"""Name of each phase of connecting, by its metric."""


@dataclass(frozen=True, slots=True)
class Step:
    """One phase: reached at ``end_ms`` after the start of the attempt, begun at ``start_ms``."""

    name: str
    start_ms: float
    end_ms: float


def steps_of(metrics: Mapping[str, float | None]) -> list[Step]:
    """The phases that were reached, in the order of the way."""
    found: list[Step] = []
    for metric, (name, before) in _PHASES.items():
        end_ms = metrics.get(metric)
        if end_ms is None:
            continue
        starts = [metrics[b] for b in before if metrics.get(b) is not None]
        start_ms = min(starts[0] or 0.0, end_ms) if starts else 0.0
        found.append(Step(name, start_ms, end_ms))
    return found


def first_frame(
    metrics: Mapping[str, float | None],
    repeat: int,
    name: str,
    widths: tuple[int, ...] = (SMALL, MEDIUM, LARGE),
) -> Illustration:
    """The phases of one trial as bars, each from the phase before it."""
    steps = steps_of(metrics)
    parts = ", ".join(f"{step.name} at {single('ttff_ms', step.end_ms)}" for step in steps)
    alt = f"Connecting in trial {repeat}: {parts}."
    caption = (
        "Each bar runs from the phase that it follows to the moment it was reached; the number is "
        "the time since the connect attempt began."
    )
    return Illustration(name, alt, caption, widths, lambda width: _draw(steps, width))


def _draw(steps: list[Step], width: int) -> Canvas:
    wide = width > SMALL
    row = 27 if wide else 42
    left = 168 if wide else 14
    canvas = Canvas(width, row * len(steps) + 34)
    plot = width - left - 8
    axes = canvas.axes(left, _TOP, plot, row * len(steps))
    last_ms = max(step.end_ms for step in steps)
    axes.set_xlim(0, last_ms * (1.1 if wide else 1.02))
    axes.set_ylim(len(steps), 0)
    axes.set_yticks([])
    axes.grid(visible=True, axis="x")
    ticks_along(axes, 3 if width <= SMALL else 6)
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:g} ms")
    for i, step in enumerate(steps):
        final = step is steps[-1] and step.name == _PHASES["ttff_ms"][0]
        middle = i + (0.5 if wide else 0.72)
        height = 0.52 if wide else 0.36
        axes.add_patch(
            Rectangle(
                (step.start_ms, middle - height / 2),
                max(step.end_ms - step.start_ms, last_ms * 0.003),
                height,
                fc=LIGHT["ink" if final else "faint"],
                ec="none",
                zorder=3,
            )
        )
        weight = "bold" if final else "normal"
        if wide:
            canvas.text(0, _TOP + row * middle, step.name, size=12, weight=weight)
        else:
            canvas.text(0, _TOP + row * (i + 0.32), step.name, size=11.5, weight=weight)
        number = single("ttff_ms", step.end_ms)
        if wide:
            axes.annotate(
                number,
                (step.end_ms, middle),
                (6, 0),
                textcoords="offset points",
                size=11.5,
                va="center",
                weight=weight,
            )
        else:
            y = _TOP + row * (i + 0.32)
            canvas.text(width - 4, y, number, size=11.5, ha="right", weight=weight)
    return canvas
