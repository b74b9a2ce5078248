"""A second set of trials where a comparison found a regression, before it says so."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from g2gbench.analysis.comparison import Asked, compare_trials, confirmed
from g2gbench.analysis.trials import TrialResult
from g2gbench.process.environment import ENVIRONMENT
from g2gbench.scenario import Cell, Scenario, cells
from g2gbench.store.comparing import Comparison
from g2gbench.store.origin import scenario_of
from g2gbench.store.reading import Run
from g2gbench.workflow.benchmark import run_async
from g2gbench.workflow.trial_series import Progress


@dataclass(frozen=True, slots=True)
class Second:
    """A run that was made to confirm what a cell shows."""

    cell: str
    run: Run


async def confirm(
    comparison: Comparison,
    repeats: int,
    *,
    out: Path | None = None,
    progress: Progress | None = None,
    stop: asyncio.Event | None = None,
) -> Comparison:
    """Measure the cells with a regression ``repeats`` times more, and judge those rows anew.

    The scenario is the candidate's, its secrets those of the environment; the runs are kept beside
    the candidate unless ``out`` says where. A regression that the new trials do not show is
    inconclusive. Raises InputError when the scenario cannot be had again. What ``stop`` keeps from
    being measured stays as it was.
    """
    stop = stop or asyncio.Event()
    candidate = comparison.candidate
    asked = wanted(comparison, scenario_of(candidate.facts, ENVIRONMENT, run_dir=candidate.path))
    second: list[Second] = []
    for cell in asked:
        if stop.is_set():
            break
        run = await run_async(
            again(cell, comparison.candidate.name, repeats),
            out=out or comparison.candidate.path.parent,
            progress=progress,
            stop=stop,
        )
        if run.status != "interrupted":
            second.append(Second(cell.name, run))
    return judged_with(comparison, second)


def wanted(comparison: Comparison, scenario: Scenario) -> list[Cell]:
    """The cells in which something looks worse."""
    worse = {row.cell for row in comparison.rows if row.outcome == "regression"}
    return [cell for cell in cells(scenario) if cell.name in worse]


def again(cell: Cell, name: str, repeats: int) -> Scenario:
    """The scenario of one cell alone, so many times."""
    return cell.scenario.model_copy(update={"name": f"{name}-confirm", "repeat": repeats})


def judged_with(comparison: Comparison, second: Sequence[Second]) -> Comparison:
    """The comparison with its regressions held against a second set of trials."""
    found = [row for row in comparison.rows if row.outcome == "regression"]
    measured = [one.cell for one in second]
    metrics = tuple(dict.fromkeys(row.metric for row in found))
    if not measured:
        return comparison
    rows = compare_trials(
        [trial.result for trial in comparison.base.trials],
        [result for one in second for result in _results(one)],
        measured,
        Asked(metrics, comparison.asked.floors, comparison.asked.noise),
    )
    anew = {(row.cell, row.metric): row for row in rows}
    return replace(
        comparison,
        rows=tuple(
            confirmed(row, anew[row.cell, row.metric])
            if row in found and row.cell in measured
            else row
            for row in comparison.rows
        ),
        second=tuple(one.run for one in second),
    )


def _results(second: Second) -> list[TrialResult]:
    return [replace(trial.result, cell=second.cell) for trial in second.run.trials]
