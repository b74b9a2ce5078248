"""A run in the OpenMetrics text format, for Prometheus and what reads as it does."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from g2gbench.analysis.result import CellResult, RunResult
from g2gbench.analysis.valid import valid_cells
from g2gbench.measure.registry import METRICS
from g2gbench.store.reading import Run

_STATUSES: Final = ("pass", "fail", "invalid", "unreachable", "fault", "interrupted")
_BOUNDS: Final = ("median", "low", "high")
_UNITS: Final[Mapping[str, str]] = {
    "ms": "milliseconds",
    "bps": "bits per second",
    "fps": "frames per second",
    "level": "0 critical, 1 poor, 2 fair, 3 good",
}


def render(run: Run) -> str:
    """The run as one exposition, which readers of Prometheus' text format 0.0.4 take too.

    That form, which a node exporter reads, knows neither ``info`` nor ``stateset``: all metrics are
    gauges. The help of a metric is always the same, since its readers refuse two helps of one.

    A metric of the registry is a gauge of its name, dots as underscores: ``g2gbench_g2g_ms_p50``.
    Its label ``bound`` tells the median of the valid trials from the ends of its interval. What was
    not measured has no sample, and a cell that is invalid has none but those of its trials. Times
    are those of the run, none is attached to a sample.
    """
    return "\n".join([*_lines(run), "# EOF"]) + "\n"


def _lines(run: Run) -> Iterator[str]:
    result = run.result
    scenario = {"scenario": run.name}
    yield from _family("g2gbench_run_info", "What was run.")
    told = {**scenario, "run": run.path.name, "version": run.file.g2gbench}
    yield _sample("g2gbench_run_info", told, 1)
    yield from _family("g2gbench_status", "The verdict on the run: 1 for the one that it is.")
    for status in _STATUSES:
        labels = {**scenario, "g2gbench_status": status}
        yield _sample("g2gbench_status", labels, int(status == result.status))
    yield from _family("g2gbench_exit_code", "What the run ended with.")
    yield _sample("g2gbench_exit_code", scenario, result.exit_code)
    for name, at in (("started", run.started), ("ended", run.ended)):
        if at is not None:
            family = f"g2gbench_{name}_timestamp_seconds"
            yield from _family(family, f"When the run {name}.", "seconds")
            yield _sample(family, scenario, at.timestamp())
    yield from _trials(result, scenario)
    yield from _expectations(result, scenario)
    for metric, registered in METRICS.items():
        samples = list(_values(result, scenario, metric))
        if samples:
            unit = _UNITS.get(registered.unit, registered.unit)
            name = _name(metric)
            yield from _family(name, f"{registered.definition} Unit: {unit}.")
            yield from samples


def _trials(result: RunResult, labels: Mapping[str, str]) -> Iterator[str]:
    yield from _family("g2gbench_trials", "Trials by what became of them.")
    for cell in result.cells:
        statuses = [trial.status for trial in cell.trials]
        for status in dict.fromkeys(["ok", *statuses]):
            of_status = {**labels, **_cell(cell), "status": status}
            yield _sample("g2gbench_trials", of_status, statuses.count(status))


def _expectations(result: RunResult, labels: Mapping[str, str]) -> Iterator[str]:
    rows = [(cell, e) for cell in result.cells for e in cell.expectations]
    judged = [(cell, e.text, e.holds) for cell, e in rows if e.holds is not None]
    yield from _family("g2gbench_expectations_not_judged", "Expectations without a verdict.")
    yield _sample("g2gbench_expectations_not_judged", labels, len(rows) - len(judged))
    if not judged:
        return
    said = "Whether an expectation holds, 1, or not, 0; one that was not judged is not here."
    yield from _family("g2gbench_expectation_holds", said)
    for cell, text, holds in judged:
        of_one = {**labels, **_cell(cell), "expectation": text}
        yield _sample("g2gbench_expectation_holds", of_one, int(holds))


def _values(result: RunResult, labels: Mapping[str, str], metric: str) -> Iterator[str]:
    for cell in valid_cells(result.cells):
        one = cell.metrics[metric]
        for bound, value in zip(_BOUNDS, (one.value, one.low, one.high), strict=True):
            if value is not None:
                yield _sample(_name(metric), {**labels, **_cell(cell), "bound": bound}, value)


def _cell(cell: CellResult) -> dict[str, str]:
    """The cell's name, and each of its settings as a label of its own."""
    labels = {"cell": cell.cell}
    for path, value in cell.settings.items():
        name = f"set_{_safe(path)}"
        while name in labels:  # of two paths that differ in what no label may hold
            name += "_"
        labels[name] = str(value)
    return labels


def _name(metric: str) -> str:
    return f"g2gbench_{_safe(metric)}"


def _safe(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9_]", "_", name)


def _family(name: str, help_text: str, unit: str = "") -> Iterator[str]:
    yield f"# TYPE {name} gauge"
    if unit:
        yield f"# UNIT {name} {unit}"
    yield f"# HELP {name} {help_text}"


def _sample(name: str, labels: Mapping[str, str], value: float) -> str:
    told = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels.items())
    return f"{name}{{{told}}} {value!r}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
