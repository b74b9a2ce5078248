from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from g2gbench.analysis.plain import from_plain, to_plain
from g2gbench.analysis.summary import ROW_COLUMNS, result_of, rows
from g2gbench.analysis.trials import TrialResult
from g2gbench.measure.registry import METRICS
from g2gbench.statistics.block_bootstrap import WithinTrial
from tests.analysis.trials import plan, trial


def summary(*, interrupted: bool = False) -> dict[str, Any]:
    trials = [
        trial(i, {"g2g_ms.p95": 70 + i, "fps": None}, cell="a", reason="no frame") for i in range(5)
    ]
    trials.append(trial(0, {"g2g_ms.p95": 1}, cell="b", status="invalid", because=["too slow"]))
    plans = [plan("g2g_ms.p95 < 71.5", cell="a"), plan(cell="b", repeat=1)]
    return to_plain(
        result_of(plans, trials, name="wifi", run_dir="reports/x", interrupted=interrupted)
    )


def test_it_holds_what_the_contract_names() -> None:
    found = summary()
    assert found["schema"] == 1
    assert found["status"] == "fail"
    assert found["exit_code"] == 1
    assert found["run_dir"] == "reports/x"
    cell = found["cells"][0]
    assert (cell["cell"], cell["status"], cell["settings"]) == (
        "a",
        "fail",
        {"publish.codec": "vp8"},
    )
    assert cell["trials"][4]["repeat"] == 4
    assert cell["trials"][4]["status"] == "ok"
    assert cell["trials"][4]["invalid_because"] == []
    assert cell["trials"][4]["frames"] == {"captured": 5}
    assert cell["metrics"]["g2g_ms.p95"] == {
        "value": 72,
        "low": 70,
        "high": 74,
        "n": 5,
        "unit": "ms",
        "interval": "order statistics",
        "coverage": 0.9375,
    }
    assert cell["expectations"] == [
        {
            "text": "g2g_ms.p95 < 71.5",
            "metric": "g2g_ms.p95",
            "operator": "<",
            "limit": 71.5,
            "unit": "ms",
            "value": 72,
            "low": 70,
            "high": 74,
            "holds": False,
            "close": True,
        }
    ]


def test_a_value_not_measured_is_null_with_the_reason() -> None:
    cell = summary()["cells"][0]
    assert cell["metrics"]["fps"]["value"] is None
    assert cell["metrics"]["fps"]["reason"] == "no frame"
    assert cell["trials"][0]["metrics"]["fps"] == {"value": None, "n": 1, "reason": "no frame"}


def test_an_unknown_quality_is_null_with_the_reason() -> None:
    cell = summary()["cells"][0]
    assert (cell["quality"], cell["limiting_factor"]) == (None, None)
    assert cell["quality_reason"] == "no valid trial measured it"


def test_a_cell_has_the_quality_of_its_median_trial_with_what_limits_it() -> None:
    found = [
        replace(
            trial(i, {"quality": level}),
            limiting_factor=factor,
            quality_reasons=(f"of trial {i}",),
        )
        for i, (level, factor) in enumerate([(3, "none"), (1, "loss"), (0, "stall"), (2, "cpu")])
    ]
    left_out = replace(trial(4, {"quality": 1}, status="invalid"), limiting_factor="latency")
    cells = to_plain(result_of([plan()], [left_out, *found], name="wifi", run_dir="x"))["cells"]
    # Of 0, 1, 2 and 3 the lower one in the middle: nothing lies between two levels.
    assert cells[0]["metrics"]["quality"]["value"] == 1
    assert (cells[0]["quality"], cells[0]["limiting_factor"]) == ("poor", "loss")
    assert cells[0]["quality_reasons"] == ["of trial 1"]
    assert "quality_reason" not in cells[0]
    assert cells[0]["trials"][2]["limiting_factor"] == "loss"


def test_every_registered_metric_is_there_for_every_cell() -> None:
    for cell in summary()["cells"]:
        assert list(cell["metrics"]) == list(METRICS)


def test_an_invalid_trial_is_shown_and_counts_for_nothing() -> None:
    cell = summary()["cells"][1]
    assert cell["status"] == "invalid"
    assert cell["trials"][0]["invalid_because"] == ["too slow"]
    assert cell["metrics"]["g2g_ms.p95"]["value"] is None


def test_it_is_json_without_nan() -> None:
    assert json.loads(json.dumps(summary(), allow_nan=False)) == summary()


def test_an_interrupted_run_says_so() -> None:
    found = summary(interrupted=True)
    assert (found["status"], found["exit_code"]) == ("interrupted", 130)
    assert found["cells"][0]["expectations"][0]["holds"] is None
    assert "interrupted" in found["cells"][0]["expectations"][0]["reason"]


def test_there_is_a_row_for_each_trial_and_metric_and_one_for_each_metric_of_the_cell() -> None:
    found = list(rows(from_plain(summary())))
    assert len(found) == 5 * 2 + 1 + 2 * len(METRICS)
    assert all(set(row) == set(ROW_COLUMNS) for row in found)
    first = found[0]
    assert (first["row"], first["cell"], first["repeat"]) == ("trial", "a", 0)
    assert (first["metric"], first["unit"], first["value"]) == ("g2g_ms.p95", "ms", 70)
    cell = next(r for r in found if r["row"] == "cell" and r["metric"] == "g2g_ms.p95")
    assert (cell["repeat"], cell["value"], cell["low"], cell["high"]) == (None, 72, 70, 74)


def test_of_a_single_trial_the_interval_within_it_is_told_and_named() -> None:
    within = {"g2g_ms.p95": WithinTrial(50.0, 45.0, 60.0, 12)}
    one = replace(trial(0, {"g2g_ms.p95": 50.0, "ttff_ms": 9.0}), within=within)
    (cell,) = to_plain(result_of([plan(repeat=1)], [one], name="wifi", run_dir="x"))["cells"]
    told = cell["metrics"]["g2g_ms.p95"]
    assert (told["value"], told["low"], told["high"]) == (50, 45, 60)
    assert (told["interval"], told["coverage"], told["n"]) == ("block bootstrap", 0.95, 1)
    assert cell["metrics"]["ttff_ms"]["interval"] == "range"
    two = [one, replace(one, repeat=1)]
    (cell,) = to_plain(result_of([plan(repeat=2)], two, name="wifi", run_dir="x"))["cells"]
    assert cell["metrics"]["g2g_ms.p95"]["interval"] == "range"


def test_a_session_that_is_too_short_keeps_its_single_value() -> None:
    within = {"g2g_ms.p95": WithinTrial(50.0, None, None, 99, "too short")}
    one = replace(trial(0, {"g2g_ms.p95": 50.0}), within=within)
    (cell,) = to_plain(result_of([plan(repeat=1)], [one], name="wifi", run_dir="x"))["cells"]
    assert cell["metrics"]["g2g_ms.p95"]["interval"] == "range"
    assert TrialResult.from_plain(one.as_plain()).within == within
