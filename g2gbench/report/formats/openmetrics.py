"""A run in the OpenMetrics text format, for Prometheus and what reads as it does."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from prometheus_client.metrics_core import Metric
from prometheus_client.openmetrics.exposition import generate_latest

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
    written: bytes = generate_latest(_Families(run))  # type: ignore[no-untyped-call] # the library's
    return written.decode()


class _Families:
    """Metric families of an exposition."""

    def __init__(self, run: Run) -> None:
        self._run = run

    def collect(self) -> Iterator[Metric]:
        """The families, in the order of the exposition."""
        run, result, scenario = self._run, self._run.result, {"scenario": self._run.name}
        info = _gauge("g2gbench_run_info", "What was run.")
        version = run.file.g2gbench
        info.add_sample(info.name, {**scenario, "run": run.path.name, "version": version}, 1)
        yield info
        yield _status(result, scenario)
        code = _gauge("g2gbench_exit_code", "What the run ended with.")
        code.add_sample(code.name, scenario, result.exit_code)
        yield code
        for name, at in (("started", run.started), ("ended", run.ended)):
            if at is not None:
                family = f"g2gbench_{name}_timestamp_seconds"
                when = _gauge(family, f"When the run {name}.", "seconds")
                when.add_sample(family, scenario, at.timestamp())
                yield when
        yield _trials(result, scenario)
        yield from _expectations(result, scenario)
        for metric in METRICS:
            values = _values(result, scenario, metric)
            if values.samples:
                yield values


def _status(result: RunResult, labels: Mapping[str, str]) -> Metric:
    family = _gauge("g2gbench_status", "The verdict on the run: 1 for the one that it is.")
    for status in _STATUSES:
        of_one = {**labels, "g2gbench_status": status}
        family.add_sample(family.name, of_one, int(status == result.status))
    return family


def _trials(result: RunResult, labels: Mapping[str, str]) -> Metric:
    family = _gauge("g2gbench_trials", "Trials by what became of them.")
    for cell in result.cells:
        statuses = [trial.status for trial in cell.trials]
        for status in dict.fromkeys(["ok", *statuses]):
            of_status = {**labels, **_cell(cell), "status": status}
            family.add_sample(family.name, of_status, statuses.count(status))
    return family


def _expectations(result: RunResult, labels: Mapping[str, str]) -> Iterator[Metric]:
    rows = [(cell, e) for cell in result.cells for e in cell.expectations]
    judged = [(cell, e.text, e.holds) for cell, e in rows if e.holds is not None]
    doubt = _gauge("g2gbench_expectations_not_judged", "Expectations without a verdict.")
    doubt.add_sample(doubt.name, dict(labels), len(rows) - len(judged))
    yield doubt
    if not judged:
        return
    meaning = "Whether an expectation holds, 1, or not, 0; one that was not judged is not here."
    family = _gauge("g2gbench_expectation_holds", meaning)
    for cell, text, holds in judged:
        family.add_sample(family.name, {**labels, **_cell(cell), "expectation": text}, int(holds))
    yield family


def _values(result: RunResult, labels: Mapping[str, str], metric: str) -> Metric:
    registered = METRICS[metric]
    unit = _UNITS.get(registered.unit, registered.unit)
    family = _gauge(f"g2gbench_{_safe(metric)}", f"{registered.definition} Unit: {unit}.")
    for cell in valid_cells(result.cells):
        one = cell.metrics[metric]
        for bound, value in zip(_BOUNDS, (one.value, one.low, one.high), strict=True):
            if value is not None:
                of_bound = {**labels, **_cell(cell), "bound": bound}
                family.add_sample(family.name, of_bound, value)
    return family


def _cell(cell: CellResult) -> dict[str, str]:
    """The cell's name, and each of its settings as a label of its own."""
    labels = {"cell": cell.cell}
    for path, value in cell.settings.items():
        name = f"set_{_safe(path)}"
        while name in labels:  # of two paths that differ in what no label may hold
            name += "_"
        labels[name] = str(value)
    return labels


def _safe(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9_]", "_", name)


def _gauge(name: str, meaning: str, unit: str = "") -> Metric:
    return Metric(name, meaning, "gauge", unit)
