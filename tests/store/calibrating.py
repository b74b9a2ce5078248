"""A calibration as it is kept."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from g2gbench.analysis.calibration_errors import Count, Finding, Findings
from g2gbench.statistics.median_interval import aggregate
from g2gbench.store import calibrations
from g2gbench.store.shapes import CalibrationFile

TAKEN = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
FOUND = Findings(
    times=(
        Finding("g2g_ms.p50", "50 ms", 2, aggregate([1.0, 2.0]), 1.5, 2.0, 2.0),
        Finding("g2g_ms.p50", "all delays", 3, aggregate([-1.0, 0.5, 2.0]), 1.0, 2.0, 2.5),
    ),
    counts={"drops.service": Count(38, 1, 0), "repeats": Count(7, 0, 2)},
)


def facts(**changes: Any) -> dict[str, Any]:
    told = calibrations.calibration_facts(
        FOUND, taken=TAKEN, quick=True, trials=7, left_out=("no delay: the link was late",)
    )
    return {**told, **changes}


def stored(**changes: Any) -> CalibrationFile:
    return CalibrationFile.model_validate(facts(**changes))
