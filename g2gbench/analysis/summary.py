"""From trials to the result of a run, and its rows for a table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from g2gbench.analysis.codecs import codecs
from g2gbench.analysis.plain import plain_estimate
from g2gbench.analysis.result import (
    CellResult,
    Estimates,
    JudgedExpectation,
    RunResult,
)
from g2gbench.analysis.spread import spread_of
from g2gbench.analysis.trials import TrialResult, plain_value
from g2gbench.analysis.valid import counting
from g2gbench.analysis.verdict import (
    EXIT_CODES,
    CellPlan,
    CellVerdict,
    Judgement,
    judge_cell,
    run_status,
)
from g2gbench.measure.registry import METRICS
from g2gbench.quality import Level
from g2gbench.statistics.block_bootstrap import METHOD
from g2gbench.statistics.median_interval import NOMINAL_COVERAGE, Estimate

ROW_COLUMNS: Final = (
    "row",
    "cell",
    "repeat",
    "status",
    "metric",
    "unit",
    "value",
    "low",
    "high",
    "interval",
    "coverage",
    "n",
    "reason",
)
"""Columns of summary.csv; ``row`` is ``trial`` or ``cell``, ``repeat`` is empty for a cell."""


def result_of(
    plans: Sequence[CellPlan],
    trials: Sequence[TrialResult],
    *,
    name: str,
    run_dir: str,
    interrupted: bool = False,
) -> RunResult:
    """The result of a run: every cell judged on its trials."""
    verdicts = [
        judge_cell(plan, [t for t in trials if t.cell == plan.cell], interrupted=interrupted)
        for plan in plans
    ]
    status = run_status(verdicts, interrupted=interrupted)
    cells = tuple(_cell(verdict) for verdict in verdicts)
    return RunResult(name, status, int(EXIT_CODES[status]), run_dir, cells, codecs(cells))


def rows(result: RunResult) -> Iterator[dict[str, object]]:
    """One row per trial and metric, then one per metric of the cell, cell by cell."""
    for cell in result.cells:
        for trial in cell.trials:
            for metric, value in trial.metrics.items():
                found = plain_value(value)
                yield _row("trial", cell.cell, trial.repeat, trial.status, metric, found)
        for metric, estimate in cell.metrics.items():
            found = plain_estimate(metric, estimate)
            yield _row("cell", cell.cell, None, cell.status, metric, found)


def _row(
    kind: str, cell: str, repeat: int | None, status: str, metric: str, value: dict[str, object]
) -> dict[str, object]:
    known = {
        "row": kind,
        "cell": cell,
        "repeat": repeat,
        "status": status,
        "metric": metric,
        "unit": METRICS[metric].unit if metric in METRICS else None,
    }
    return known | {column: value.get(column) for column in ROW_COLUMNS if column not in known}


def _cell(cell: CellVerdict) -> CellResult:
    estimate, trial = cell.estimates["quality"], cell.decisive
    found = CellResult(
        cell=cell.plan.cell,
        settings=dict(cell.plan.settings),
        status=cell.status,
        invalid_because=cell.invalid_because,
        repeat=cell.plan.repeat,
        trials=cell.trials,
        metrics=Estimates({n: _within(one, n, cell) for n, one in cell.estimates.items()}),
        expectations=tuple(_expectation(one) for one in cell.judgements),
        spread=spread_of(cell.trials),
    )
    if estimate.value is None or trial is None:
        return replace(found, quality_reason=estimate.reason)
    return replace(
        found,
        quality=Level(int(estimate.value)).word,
        limiting_factor=trial.limiting_factor,
        quality_reasons=trial.quality_reasons,
    )


def _within(estimate: Estimate, name: str, cell: CellVerdict) -> Estimate:
    """The estimate of a single trial with the interval within it, where there is one."""
    found = [t.within[name] for t in counting(cell.trials) if name in t.within]
    if estimate.n != 1 or len(found) != 1 or found[0].low is None:
        return estimate
    low, high = found[0].low, found[0].high
    return replace(estimate, low=low, high=high, interval=METHOD, coverage=NOMINAL_COVERAGE)


def _expectation(judgement: Judgement) -> JudgedExpectation:
    expectation, estimate = judgement.expectation, judgement.estimate
    return JudgedExpectation(
        text=expectation.text,
        metric=expectation.metric,
        operator=expectation.operator,
        limit=expectation.limit,
        unit=METRICS[expectation.metric].unit,
        value=estimate.value,
        low=estimate.low,
        high=estimate.high,
        holds=judgement.holds,
        close=judgement.close,
        reason=judgement.reason,
        code=judgement.code,
    )
