"""A run in the JSON form of pytest-benchmark, so that its ``compare`` works on our numbers."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from statistics import fmean, median, quantiles, stdev
from typing import Final

from g2gbench.analysis.result import CellResult
from g2gbench.analysis.valid import valid_cells, values_of
from g2gbench.measure.registry import METRICS
from g2gbench.store.reading import Run

_VERSION: Final = "4.0.0"
"""Of the form: what pytest-benchmark has written since its version 4."""

_TIMES: Final = tuple(
    name for name, metric in METRICS.items() if (metric.unit, metric.direction) == ("ms", "lower")
)
_MACHINE: Final = ("system", "release", "processor", "architecture", "python")


def render(run: Run) -> str:
    """The times of a run: a benchmark for each metric and cell, a round for each valid trial.

    pytest-benchmark shows seconds and takes less for better, so metrics in milliseconds are here
    and no others. What no valid trial has measured is left out, and so is an invalid cell: the
    tables have no place for a mark.
    """
    machine = run.file.machine
    named = {name: getattr(machine, name) for name in _MACHINE}
    data = {
        "machine_info": named | {"cpu": {"count": machine.cores}},
        "commit_info": {},
        "benchmarks": list(_benchmarks(run)),
        "datetime": run.started.isoformat(),
        "version": _VERSION,
    }
    return json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _benchmarks(run: Run) -> Iterator[dict[str, object]]:
    for metric in _TIMES:
        for cell in valid_cells(run.result.cells):
            values = [value / 1000 for value in values_of(cell, metric)]
            if values:
                yield _benchmark(run, cell, metric, values)


def _benchmark(
    run: Run, cell: CellResult, metric: str, values: Sequence[float]
) -> dict[str, object]:
    name = f"{metric}[{cell.cell}]"
    return {
        "group": metric,
        "name": name,
        "fullname": f"{run.name}::{name}",
        "params": dict(cell.settings) or None,
        "param": cell.cell,
        "extra_info": {"run": run.path.name, "status": cell.status},
        "options": {
            "disable_gc": False,
            "timer": "monotonic",
            "min_rounds": len(values),
            "max_time": 0.0,
            "min_time": 0.0,
            "warmup": False,
        },
        "stats": _stats(values),
    }


def _stats(values: Sequence[float]) -> dict[str, object]:
    """Return the statistics of pytest-benchmark's tables; spread is 0 for one round, as there."""
    ordered, mean = sorted(values), fmean(values)
    several = len(values) > 1
    q1, _, q3 = quantiles(ordered, n=4, method="inclusive") if several else [ordered[0]] * 3
    spread, iqr = stdev(values) if several else 0.0, q3 - q1
    mild = [v for v in ordered if q1 - 1.5 * iqr <= v <= q3 + 1.5 * iqr]
    beyond = sum(not mean - spread <= v <= mean + spread for v in ordered)
    return {
        "min": ordered[0],
        "max": ordered[-1],
        "mean": mean,
        "stddev": spread,
        "rounds": len(values),
        "median": median(ordered),
        "iqr": iqr,
        "q1": q1,
        "q3": q3,
        "iqr_outliers": len(ordered) - len(mild),
        "stddev_outliers": beyond,
        "outliers": f"{beyond};{len(ordered) - len(mild)}",
        "ld15iqr": mild[0],
        "hd15iqr": mild[-1],
        "ops": 1 / mean if mean > 0 else 0.0,  # its tables need a number
        "total": sum(values),
        "data": list(values),
        "iterations": 1,
    }
