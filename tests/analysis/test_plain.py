"""A result as JSON holds it is the same result when it is read back."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from g2gbench.analysis.plain import from_plain, to_plain
from g2gbench.analysis.result import JudgedAgain, RecordedVerdict, RunResult
from g2gbench.analysis.summary import result_of
from tests.analysis import ladders
from tests.analysis.trials import plan, trial


def judged() -> RunResult:
    trials = [
        trial(i, {"g2g_ms.p95": 70.0 + i, "fps": None}, cell="a", reason="none") for i in range(5)
    ]
    trials.append(trial(0, {"g2g_ms.p95": 1.0}, cell="b", status="invalid", because=["too slow"]))
    plans = [plan("g2g_ms.p95 < 71.5", "fps > 3", cell="a"), plan(cell="b", repeat=1)]
    return result_of(plans, trials, name="wifi", run_dir="reports/x")


@pytest.mark.parametrize(
    "result",
    [
        judged(),
        ladders.result(),
        ladders.result(repeats=6, more={"network.profile": "wifi"}),
        replace(
            judged(),
            judged_again=JudgedAgain("strict.yaml", RecordedVerdict("pass", {"default": None})),
        ),
        replace(judged(), others={"comparison": {"status": "worse"}}),
    ],
)
def test_what_is_written_is_read_back_whole(result: RunResult) -> None:
    written = json.loads(json.dumps(to_plain(result)))
    assert from_plain(written) == result
    assert to_plain(from_plain(written)) == written


def test_a_metric_that_the_run_did_not_know_is_not_measured_and_not_written() -> None:
    written = to_plain(judged())
    for cell in written["cells"]:
        del cell["metrics"]["vmaf_displayed"]
    (first, _) = from_plain(written).cells
    assert first.value("vmaf_displayed") is None
    assert first.metrics["vmaf_displayed"].reason == "not known to this run"
    assert to_plain(from_plain(written)) == written
    with pytest.raises(KeyError):
        first.metrics["no_such_metric"]


def test_a_comparison_of_codecs_is_written_with_its_points_deltas_and_ranks() -> None:
    (found,) = to_plain(ladders.result())["codecs"]
    assert (found["where"], found["anchor"]) == ({}, "vp8")
    assert [curve["codec"] for curve in found["curves"]] == ["vp8", "vp9"]
    point = found["curves"][0]["points"][0]
    assert (point["max_bitrate"], point["psnr_displayed_db"]["n"]) == ("150kbps", 3)
    assert found["deltas"][0]["codec"] == "vp9"
    assert found["deltas"][0]["bd_rate_percent"]["interval"] == "range"
    assert found["rankings"][0]["metric"] == "psnr_displayed_db"
    assert sum(map(len, found["rankings"][0]["groups"])) == 8
