"""Trials and expectations made by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from g2gbench.analysis.trials import TrialResult, TrialStatus
from g2gbench.analysis.verdict import CellPlan
from g2gbench.measure.metric_value import Value
from g2gbench.scenario.fields.expectation import Expectation, parse_expectation


def expect(text: str) -> Expectation:
    return parse_expectation(text)


def trial(
    repeat: int,
    metrics: Mapping[str, float | None] | None = None,
    *,
    cell: str = "default",
    status: TrialStatus = "ok",
    reason: str = "",
    remark: str = "",
    because: Sequence[str] = (),
) -> TrialResult:
    values = {
        name: Value(value, reason if value is None else remark, 1)
        for name, value in (metrics or {}).items()
    }
    return TrialResult(
        cell, repeat, status, metrics=values, invalid_because=tuple(because), frames={"captured": 5}
    )


def plan(*texts: str, cell: str = "default", repeat: int = 5) -> CellPlan:
    return CellPlan(cell, repeat, {"publish.codec": "vp8"}, [expect(text) for text in texts])
