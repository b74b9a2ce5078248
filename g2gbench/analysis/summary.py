"""The object that ``run --json`` prints and ``summary.json`` holds, and its rows for a table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from g2gbench.analysis.blocks import METHOD
from g2gbench.analysis.cell import NOMINAL_COVERAGE, Estimate
from g2gbench.analysis.codecs import codecs
from g2gbench.analysis.spread import METRIC, spread_of
from g2gbench.analysis.trials import TrialResult, finite
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

SCHEMA: Final = 1

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


def summarise(
    plans: Sequence[CellPlan],
    trials: Sequence[TrialResult],
    *,
    name: str,
    run_dir: str,
    interrupted: bool = False,
) -> dict[str, Any]:
    """The summary of a run as plain data: JSON-serialisable, None for what was not measured."""
    cells = [
        judge_cell(plan, [t for t in trials if t.cell == plan.cell], interrupted=interrupted)
        for plan in plans
    ]
    status = run_status(cells, interrupted=interrupted)
    plain = [_cell(cell) for cell in cells]
    compared = codecs(plain)
    return {
        "schema": SCHEMA,
        "name": name,
        "status": status,
        "exit_code": int(EXIT_CODES[status]),
        "run_dir": run_dir,
        "cells": plain,
        **({} if compared is None else {"codecs": compared}),
    }


def rows(summary: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """One row per trial and metric, then one per metric of the cell, cell by cell."""
    for cell in summary["cells"]:
        for trial in cell["trials"]:
            for metric, value in trial["metrics"].items():
                yield _row("trial", cell["cell"], trial["repeat"], trial["status"], metric, value)
        for metric, value in cell["metrics"].items():
            yield _row("cell", cell["cell"], None, cell["status"], metric, value)


def _row(
    kind: str, cell: str, repeat: int | None, status: str, metric: str, value: Mapping[str, Any]
) -> dict[str, Any]:
    registered = METRICS.get(metric)
    known = {
        "row": kind,
        "cell": cell,
        "repeat": repeat,
        "status": status,
        "metric": metric,
        "unit": registered.unit if registered else value.get("unit"),
    }
    return known | {column: value.get(column) for column in ROW_COLUMNS if column not in known}


def _cell(cell: CellVerdict) -> dict[str, Any]:
    return {
        "cell": cell.plan.cell,
        "settings": dict(cell.plan.settings),
        "status": cell.status,
        "invalid_because": list(cell.invalid_because),
        **_quality(cell),
        "repeat": cell.plan.repeat,
        "trials": [_trial(trial) for trial in cell.trials],
        "metrics": {
            name: _within(_estimate(name, value), name, cell)
            for name, value in cell.estimates.items()
        },
        "spread": _spread(cell),
        "expectations": [_judgement(judgement) for judgement in cell.judgements],
    }


def _quality(cell: CellVerdict) -> dict[str, Any]:
    """The cell's level as a word, with what limits it; None with the reason where it is unknown."""
    estimate, trial = cell.estimates["quality"], cell.decisive
    if estimate.value is None or trial is None:
        return {"quality": None, "limiting_factor": None, "quality_reason": estimate.reason}
    return {
        "quality": Level(int(estimate.value)).word,
        "limiting_factor": trial.limiting_factor,
        "quality_reasons": list(trial.quality_reasons),
    }


def _spread(cell: CellVerdict) -> dict[str, Any] | None:
    found = spread_of(cell.trials)
    return None if found is None else {"metric": METRIC, "ratio": found.ratio, "text": found.text}


def _trial(trial: TrialResult) -> dict[str, Any]:
    data = trial.as_plain()
    del data["cell"]
    return data


def _estimate(name: str, estimate: Estimate) -> dict[str, Any]:
    data = {
        "value": finite(estimate.value),
        "low": finite(estimate.low),
        "high": finite(estimate.high),
        "n": estimate.n,
        "unit": METRICS[name].unit,
        "interval": estimate.interval,
        "coverage": estimate.coverage,
    }
    return data | ({"reason": estimate.reason} if estimate.reason else {})


def _within(data: dict[str, Any], name: str, cell: CellVerdict) -> dict[str, Any]:
    """The estimate of a single trial with the interval within it, where there is one."""
    found = [t.within[name] for t in counting(cell.trials) if name in t.within]
    if data["n"] != 1 or len(found) != 1 or found[0].low is None:
        return data
    interval = {"interval": METHOD, "coverage": NOMINAL_COVERAGE}
    return {**data, "low": found[0].low, "high": found[0].high, **interval}


def _judgement(judgement: Judgement) -> dict[str, Any]:
    expectation, estimate = judgement.expectation, judgement.estimate
    data = {
        "text": expectation.text,
        "metric": expectation.metric,
        "operator": expectation.operator,
        "limit": expectation.limit,
        "unit": METRICS[expectation.metric].unit,
        "value": finite(estimate.value),
        "low": finite(estimate.low),
        "high": finite(estimate.high),
        "holds": judgement.holds,
        "close": judgement.close,
    }
    named = {"reason": judgement.reason, "code": judgement.code}
    return data | {name: text for name, text in named.items() if text}
