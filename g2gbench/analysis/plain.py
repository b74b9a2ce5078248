"""A run's result as JSON holds it, and read back, also as older versions wrote it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final

from g2gbench.analysis.codecs import codecs
from g2gbench.analysis.result import (
    CellResult,
    CodecComparison,
    CodecPoint,
    Estimates,
    JudgedAgain,
    JudgedExpectation,
    RecordedVerdict,
    RunResult,
    Spread,
)
from g2gbench.analysis.trials import TrialResult, finite
from g2gbench.measure.registry import METRICS
from g2gbench.statistics.median_interval import Estimate

SCHEMA: Final = 1
_KEYS: Final = frozenset(
    ("schema", "name", "status", "exit_code", "run_dir", "cells", "codecs", "judged_again")
)


def to_plain(result: RunResult) -> dict[str, Any]:
    """The object of summary.json: None for what was not measured."""
    again = result.judged_again
    return {
        "schema": SCHEMA,
        "name": result.name,
        "status": result.status,
        "exit_code": result.exit_code,
        "run_dir": result.run_dir,
        **result.others,
        "cells": [_plain_cell(cell) for cell in result.cells],
        **({} if result.codecs is None else {"codecs": [_plain_codecs(c) for c in result.codecs]}),
        **({} if again is None else {"judged_again": asdict(again)}),
    }


def from_plain(data: Mapping[str, Any]) -> RunResult:
    """The result that ``to_plain`` made the object of.

    What compares its codecs is taken from its cells again: nothing else in it says more.
    Raises KeyError or TypeError for anything else.
    """
    again = data.get("judged_again")
    cells = tuple(_cell(cell) for cell in data["cells"])
    return RunResult(
        name=data["name"],
        status=data["status"],
        exit_code=data["exit_code"],
        run_dir=data.get("run_dir", ""),
        cells=cells,
        codecs=codecs(cells) if "codecs" in data else None,
        judged_again=None if again is None else _judged_again(again),
        others={key: value for key, value in data.items() if key not in _KEYS},
    )


def _judged_again(data: Mapping[str, Any]) -> JudgedAgain:
    recorded = data["recorded"]
    return JudgedAgain(data["under"], RecordedVerdict(recorded["status"], recorded["quality"]))


def _plain_cell(cell: CellResult) -> dict[str, Any]:
    return {
        "cell": cell.cell,
        "settings": dict(cell.settings),
        "status": cell.status,
        "invalid_because": list(cell.invalid_because),
        **_plain_quality(cell),
        "repeat": cell.repeat,
        "trials": [_plain_trial(trial) for trial in cell.trials],
        "metrics": {name: plain_estimate(name, one) for name, one in cell.metrics.items()},
        "spread": None if cell.spread is None else asdict(cell.spread),
        "expectations": [_plain_expectation(one) for one in cell.expectations],
    }


def _plain_quality(cell: CellResult) -> dict[str, object]:
    known = {"quality": cell.quality, "limiting_factor": cell.limiting_factor}
    if cell.quality is None:
        return {**known, "quality_reason": cell.quality_reason}
    return {**known, "quality_reasons": list(cell.quality_reasons)}


def _plain_trial(trial: TrialResult) -> dict[str, object]:
    data = trial.as_plain()
    del data["cell"]
    return data


def plain_estimate(metric: str, estimate: Estimate) -> dict[str, object]:
    """The estimate of a metric of a cell."""
    data = {
        "value": finite(estimate.value),
        "low": finite(estimate.low),
        "high": finite(estimate.high),
        "n": estimate.n,
        "unit": METRICS[metric].unit if metric in METRICS else None,
        "interval": estimate.interval,
        "coverage": estimate.coverage,
    }
    return data | ({"reason": estimate.reason} if estimate.reason else {})


def _plain_codecs(found: CodecComparison) -> dict[str, object]:
    return {
        "where": dict(found.where),
        "anchor": found.anchor,
        "curves": [
            {
                "codec": curve.codec,
                "reason": curve.reason,
                "points": [_plain_point(point) for point in curve.points],
            }
            for curve in found.curves
        ],
        "deltas": [
            {"codec": one.codec, **{n: _plain_delta(delta) for n, delta in one.deltas.items()}}
            for one in found.deltas
        ],
        "rankings": [
            {"metric": one.metric, "groups": [list(g) for g in one.groups], "note": one.note}
            for one in found.rankings
        ],
    }


def _plain_point(point: CodecPoint) -> dict[str, object]:
    kept = ("value", "low", "high", "n", "reason")
    found = {"cell": point.cell, "max_bitrate": point.max_bitrate}
    return found | {
        name: {key: value for key, value in plain_estimate(name, one).items() if key in kept}
        for name, one in point.metrics.items()
    }


def _plain_delta(estimate: Estimate) -> dict[str, object]:
    data = asdict(estimate)
    return {name: value for name, value in data.items() if value or name not in ("reason", "code")}


def _plain_expectation(one: JudgedExpectation) -> dict[str, object]:
    data = asdict(one)
    for name in ("value", "low", "high"):
        data[name] = finite(data[name])
    return {name: value for name, value in data.items() if value or name not in ("reason", "code")}


def _cell(data: Mapping[str, Any]) -> CellResult:
    spread = data.get("spread")
    return CellResult(
        cell=data["cell"],
        settings=data["settings"],
        status=data["status"],
        invalid_because=tuple(data["invalid_because"]),
        repeat=data["repeat"],
        trials=tuple(
            TrialResult.from_plain({**trial, "cell": data["cell"]}) for trial in data["trials"]
        ),
        metrics=Estimates({name: _estimate(one) for name, one in data["metrics"].items()}),
        expectations=tuple(_expectation(one) for one in data["expectations"]),
        quality=data.get("quality"),
        limiting_factor=data.get("limiting_factor"),
        quality_reason=data.get("quality_reason", ""),
        quality_reasons=tuple(data.get("quality_reasons", ())),
        spread=None
        if spread is None
        else Spread(spread["metric"], spread["ratio"], spread["text"]),
    )


def _estimate(data: Mapping[str, Any]) -> Estimate:
    return Estimate(
        data["value"],
        data.get("low"),
        data.get("high"),
        data.get("n", 0),
        data.get("interval", "none"),
        data.get("coverage"),
        data.get("reason", ""),
    )


def _expectation(data: Mapping[str, Any]) -> JudgedExpectation:
    return JudgedExpectation(
        text=data["text"],
        metric=data["metric"],
        operator=data["operator"],
        limit=data["limit"],
        unit=METRICS[data["metric"]].unit,
        value=data["value"],
        low=data["low"],
        high=data["high"],
        holds=data["holds"],
        close=data["close"],
        reason=data.get("reason", ""),
        code=data.get("code", ""),
    )
