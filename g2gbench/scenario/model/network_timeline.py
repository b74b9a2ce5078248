"""Settings of a network over time: of a scenario, a profile, or a trace. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from g2gbench.scenario.model.scenario import Scenario
from g2gbench.scenario.model.serialisation import document_of
from g2gbench.scenario.model.timeline import changes, label
from g2gbench.scenario.network.link_section import LinkSection
from g2gbench.scenario.network.profiles import Profile
from g2gbench.scenario.network.traces import Trace, TraceRow

STEP_S = 0.1
MOST_POINTS = 2000
STILL_S = 10.0
"""How long a profile is shown in which nothing changes."""


class Point(NamedTuple):
    """One direction at one moment. ``capacity_bps`` None: unlimited; 0 while nothing passes."""

    at_s: float
    capacity_bps: float | None
    delay_ms: float
    loss: float


@dataclass(frozen=True, slots=True)
class Phase:
    """A network that takes effect ``start_s`` after the warm-up.

    ``traced_s``: for how long its traces have been running by then. ``links``: by direction.
    """

    start_s: float
    label: str
    links: dict[str, LinkSection]
    traced_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Course:
    """Phases in order, the first at 0, up to ``until_s``."""

    name: str
    about: str
    source: str
    phases: tuple[Phase, ...]
    until_s: float

    @property
    def step_s(self) -> float:
        """The time between two points."""
        return max(STEP_S, self.until_s / MOST_POINTS)

    def series(self, direction: str) -> tuple[Point, ...]:
        """Return a direction's figures, point by point."""
        count = max(1, round(self.until_s / self.step_s))
        times = [index * self.until_s / count for index in range(count)]
        return tuple(self._point(direction, at_s) for at_s in times)

    def _point(self, direction: str, at_s: float) -> Point:
        # A change between two points shows in the one before it, however soon it is over.
        started = [phase for phase in self.phases if phase.start_s < at_s + self.step_s - 1e-9]
        points = [
            _point(phase.links[direction], max(at_s, phase.start_s), phase, self.step_s)
            for index, phase in enumerate(started)
            if index == len(started) - 1 or started[index + 1].start_s > at_s
        ]
        return worst(points)._replace(at_s=round(at_s, 9))

    @property
    def document(self) -> dict[str, Any]:
        """Everything, as JSON values."""
        directions = self.phases[0].links
        return {
            "name": self.name,
            "description": self.about,
            "source": self.source,
            "until_s": self.until_s,
            "step_s": self.step_s,
            "phases": [
                {
                    "start_s": phase.start_s,
                    "label": phase.label,
                    **{name: document_of(link) for name, link in phase.links.items()},
                }
                for phase in self.phases
            ],
            "series": {name: [p._asdict() for p in self.series(name)] for name in directions},
        }


def worst(points: Sequence[Point]) -> Point:
    """The least capacity, the most delay and the most loss of some points."""
    limited = [point.capacity_bps for point in points if point.capacity_bps is not None]
    return Point(
        points[0].at_s,
        min(limited, default=None),
        max(point.delay_ms for point in points),
        max(point.loss for point in points),
    )


def _point(link: LinkSection, at_s: float, phase: Phase, width_s: float) -> Point:
    within_s = at_s - phase.start_s + phase.traced_s
    row = TraceRow(within_s) if link.trace is None else link.trace.at(within_s, width_s)
    capacity = link.capacity if row.capacity is None else row.capacity
    delay = link.delay if row.delay is None else row.delay
    loss = link.loss if row.loss is None else row.loss
    if link.blackout:
        capacity, loss = 0.0, 1.0
    return Point(at_s, capacity, round(delay * 1000, 6), loss)


def of_scenario(scenario: Scenario, name: str) -> Course:
    """The network of a scenario without a matrix, during its measured time.

    A trace of the first network began before: here with the warm-up, as if nothing passed between
    the start of the link and the session.
    """
    first = Phase(
        0.0,
        label(scenario.network),
        _both(scenario.links()),
        traced_s=scenario.session.usual_warmup,
    )
    later = [
        Phase(change.at_s, change.label, _both(scenario.links(change.network)))
        for change in changes(scenario)
        if change.network is not None
    ]
    # A change at 0 leaves nothing of the first network to see.
    phases = (first, *later) if not later or later[0].start_s > 0 else tuple(later)
    profile = scenario.all_profiles[scenario.network.profile]
    return Course(name, scenario.description, profile.source, phases, scenario.session.duration)


def of_profile(name: str, profile: Profile) -> Course:
    """A profile by itself, for as long as its traces last."""
    traces = [link.trace for link in profile.directions if link.trace is not None]
    until_s = max((trace.period_s for trace in traces), default=STILL_S)
    phases = (Phase(0.0, name, _both(profile.directions)),)
    return Course(name, profile.description, profile.source, phases, until_s)


def of_trace(trace: Trace) -> Course:
    """A trace by itself, once through."""
    phases = (Phase(0.0, trace.name, {"trace": LinkSection(trace=trace)}),)
    about = f"trace of {'opportunities' if trace.at_ms else 'rows'}, sha256 {trace.sha256}"
    return Course(trace.name, about, "", phases, trace.period_s)


def _both(links: tuple[LinkSection, LinkSection]) -> dict[str, LinkSection]:
    return dict(zip(("uplink", "downlink"), links, strict=True))
