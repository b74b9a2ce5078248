"""Trend of the histories of runs: for a program, for a terminal, in Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from g2gbench.analysis.comparison import JUDGED
from g2gbench.analysis.effect_floors import Floor
from g2gbench.analysis.trend import FEWEST_RUNS, Change, changes, first_bad
from g2gbench.measure.registry import METRICS
from g2gbench.report.formats.markdown_text import escaped
from g2gbench.report.text.headline import DEFAULT_CELL, short_cell
from g2gbench.report.text.numbers import label, plural, scale
from g2gbench.store.histories import History, changed_between
from g2gbench.store.reading import Run

SCHEMA: Final = 1
_NOT_COUNTED: Final = "the cell was not judged, or nothing was measured"


@dataclass(frozen=True, slots=True)
class Line:
    """One metric of one cell over the runs that have it."""

    cell: str
    metric: str
    runs: tuple[Run, ...]
    values: tuple[float, ...]
    found: tuple[Change, ...]

    @property
    def enough(self) -> bool:
        """Whether there are runs enough to tell a change."""
        return len(self.values) >= FEWEST_RUNS

    @property
    def bad_since(self) -> Run | None:
        """The run from which on it is worse than before, if it is."""
        at = first_bad(self.found)
        return None if at is None else self.runs[at]


@dataclass(frozen=True, slots=True)
class Trend:
    """A history with its lines."""

    history: History
    lines: tuple[Line, ...]


def trend_of(
    history: History,
    metrics: Sequence[str] = (),
    floors: Mapping[str, Floor] | None = None,
) -> Trend:
    """The changes in a history, of ``metrics`` or the ones that a comparison judges."""
    names = dict.fromkeys(cell.cell for run in history.runs for cell in run.result.cells)
    lines = [
        _line(history, cell, metric, (floors or {}).get(metric))
        for cell in names
        for metric in metrics or JUDGED
    ]
    return Trend(history, tuple(lines))


def _line(history: History, cell: str, metric: str, floor: Floor | None) -> Line:
    measured = [
        (run, float(value))
        for run in history.runs
        for found in run.result.cells
        if found.cell == cell
        and found.status in ("pass", "fail")
        and (value := found.value(metric)) is not None
    ]
    values = tuple(value for _, value in measured)
    runs = tuple(run for run, _ in measured)
    return Line(cell, metric, runs, values, changes(values, metric, floor))


def status_of(trends: Sequence[Trend]) -> str:
    """``worse`` where a line is, else ``steady``; ``too few runs`` where no line has enough."""
    lines = [line for trend in trends for line in trend.lines]
    if any(line.bad_since for line in lines):
        return "worse"
    return "steady" if any(line.enough for line in lines) else "too few runs"


def as_plain(trends: Sequence[Trend]) -> dict[str, object]:
    """Return the object of ``g2gbench trend --json``."""
    return {
        "schema": SCHEMA,
        "status": status_of(trends),
        "histories": [
            {
                "scenario": trend.history.name,
                "scenario_id": trend.history.scenario_id,
                "machine": trend.history.machine,
                "runs": [_plain_run(run) for run in trend.history.runs],
                "left_out": [
                    {"run": run, "because": why} for run, why in trend.history.left_out.items()
                ],
                "lines": [_plain_line(line) for line in trend.lines],
            }
            for trend in trends
        ],
    }


def _plain_run(run: Run) -> dict[str, object]:
    return {
        "run": str(run.path),
        "started": run.file.started,
        "status": run.status,
        "g2gbench": run.file.g2gbench,
    }


def _plain_line(line: Line) -> dict[str, object]:
    bad = line.bad_since
    return {
        "cell": line.cell,
        "metric": line.metric,
        "unit": METRICS[line.metric].unit,
        "values": [
            {"run": str(run.path), "value": value}
            for run, value in zip(line.runs, line.values, strict=True)
        ],
        "enough": line.enough,
        "changes": [
            {
                "run": str(line.runs[one.at].path),
                "before": one.before,
                "after": one.after,
                "difference": one.after - one.before,
                "way": one.way,
                "changed_too": changed_between(line.runs[one.at - 1], line.runs[one.at]),
            }
            for one in line.found
        ],
        "first_bad_run": None if bad is None else str(bad.path),
    }


def text(trends: Sequence[Trend]) -> str:
    """The histories for a terminal, changes first."""
    return "\n\n".join("\n".join(_block(trend)) for trend in trends)


def _block(trend: Trend) -> Iterator[str]:
    history = trend.history
    yield f"{history.title}: {plural(len(history.runs), 'run')}"
    for run, why in history.left_out.items():
        yield f"    left out: {run} ({why})"
    for line in trend.lines:
        yield f"    {_name(line)}: {_values_text(line)}"
        for one in line.found:
            yield f"        {change_words(line, one)}"
            too = changed_between(line.runs[one.at - 1], line.runs[one.at])
            if too:
                yield f"            with it changed: {', '.join(too)}"
        if line.bad_since:
            yield f"        first bad run: {line.bad_since.path}"


def _name(line: Line) -> str:
    place = "" if line.cell == DEFAULT_CELL else f"{short_cell(line.cell)}, "
    return f"{place}{label(line.metric)}"


def _values_text(line: Line) -> str:
    if not line.values:
        return f"no value: {_NOT_COUNTED} in every run"
    if not line.enough:
        runs = plural(len(line.values), "run")
        return f"{runs} with a value, needs {FEWEST_RUNS} to tell a change"
    form = scale(line.metric, (min(line.values), max(line.values)))
    last = form.with_unit(form.number(line.values[-1]))
    runs = plural(len(line.values), "run")
    if not line.found:
        return f"steady over {runs}, last {last}"
    return f"{plural(len(line.found), 'change')} over {runs}, last {last}"


def change_words(line: Line, one: Change) -> str:
    """A change in words: when, from what to what, and whether that is good."""
    form = scale(line.metric, (one.before, one.after))
    before, after = form.number(one.before), form.with_unit(form.number(one.after))
    return f"{when(line.runs[one.at])}: {one.way}, {before} -> {after}"


def when(run: Run) -> str:
    """The day and time at which a run began, UTC."""
    return f"{run.started:%Y-%m-%d %H:%M}"


def markdown(trends: Sequence[Trend]) -> str:
    """The histories as Markdown: a row for each metric and cell."""
    return "\n".join(line for trend in trends for line in _markdown(trend)) + "\n"


def _markdown(trend: Trend) -> Iterator[str]:
    yield f"## {escaped(trend.history.name)}: {plural(len(trend.history.runs), 'run')}"
    yield ""
    yield f"Scenario {trend.history.scenario_id} on {escaped(trend.history.machine)}."
    yield ""
    yield "| cell | metric | what it did | changes | first bad run |"
    yield "|---|---|---|---|---|"
    for line in trend.lines:
        changes = "<br>".join(change_words(line, one) for one in line.found) or "–"
        bad = line.bad_since
        since = "–" if bad is None else f"`{bad.path.name}`"
        cell = escaped(short_cell(line.cell))
        yield f"| {cell} | {label(line.metric)} | {_values_text(line)} | {changes} | {since} |"
    yield ""
