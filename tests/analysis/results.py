"""Results of cells and runs made by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from g2gbench.analysis.result import CellResult, Estimates, RunResult
from g2gbench.analysis.trials import TrialResult
from g2gbench.analysis.verdict import RunStatus
from g2gbench.statistics.median_interval import Estimate

NOTHING = CellResult(
    cell="default",
    settings={},
    status="pass",
    invalid_because=(),
    repeat=1,
    trials=(),
    metrics=Estimates(),
    expectations=(),
)


def cell(
    *trials: TrialResult,
    settings: Mapping[str, Any] | None = None,
    metrics: Mapping[str, Estimate] | None = None,
    **fields: Any,
) -> CellResult:
    """A cell, named by its settings where it has any."""
    name = ",".join(f"{field}={value}" for field, value in (settings or {}).items())
    found = replace(
        NOTHING,
        cell=name or NOTHING.cell,
        settings=settings or {},
        trials=trials,
        repeat=max(1, len(trials)),
        metrics=Estimates(metrics or {}),
    )
    return replace(found, **fields)


def estimate(value: float | None, within: float = 0.0, n: int = 3) -> Estimate:
    """An estimate with an interval of so much on either side."""
    if value is None:
        return Estimate(None, None, None, 0, "none", reason="nothing measured it")
    return Estimate(value, value - within, value + within, n, "range")


def run(cells: Sequence[CellResult], status: RunStatus = "pass") -> RunResult:
    """A run of these cells."""
    return RunResult("made by hand", status, 0, "", tuple(cells))
