from __future__ import annotations

import json
from pathlib import Path

import pytest

from g2gbench.quality import Level
from g2gbench.scenario import ScenarioError
from g2gbench.scenario.loading import load_quality, read_quality
from g2gbench.scenario.model.quality import QualitySection
from g2gbench.store import open_run
from g2gbench.store.judging import judged_again
from g2gbench.store.reading import Run
from tests.store import runs
from tests.store.runs import CELL, NOW

STRICT = "quality: {latency: {g2g: [1ms, 2ms, 500ms]}, warmup: 1}\n"


def recorded(root: Path, *, ended: bool = True) -> Run:
    run = runs.create(root, runs.plans("quality >= fair", "g2g_ms.p50 < 500"))
    with run.trial(CELL, 0) as trial:
        runs.fill(trial, runs.records(lost=[60]))
        if ended:
            trial.finish()
    if ended:
        run.finish(now=NOW)
    return open_run(run.path)


def test_a_recorded_run_is_judged_again_without_touching_the_record(tmp_path: Path) -> None:
    run = recorded(tmp_path)
    files = {path: path.read_bytes() for path in run.path.rglob("*") if path.is_file()}
    again = judged_again(run, read_quality(STRICT), "strict.yaml")
    assert (run.status, again.status) == ("pass", "fail")
    summary = again.summary_data
    assert summary["judged_again"] == {
        "under": "strict.yaml",
        "recorded": {"status": "pass", "quality": {CELL: "good"}},
    }
    (cell,) = summary["cells"]
    assert (cell["quality"], cell["limiting_factor"]) == ("poor", "latency")
    assert [e["holds"] for e in cell["expectations"]] == [False, True]
    assert {one.held for one in again.trials[0].judged} == {Level.POOR}
    assert set(again.quality()["held"]) == {"poor"}
    assert {path: path.read_bytes() for path in run.path.rglob("*") if path.is_file()} == files
    assert open_run(run.path).status == "pass"


def test_the_same_bounds_give_the_recorded_verdict(tmp_path: Path) -> None:
    run = recorded(tmp_path)
    again = judged_again(run, QualitySection(), "default.yaml")
    assert again.trials[0].judged == run.trials[0].judged
    assert again.trials[0].result == run.trials[0].result
    recorded_cells = run.summary_data["cells"]
    assert again.summary_data["cells"] == recorded_cells


def test_required_bitrate_is_that_of_the_recorded_cell_unless_named(tmp_path: Path) -> None:
    run = recorded(tmp_path)
    own = run.trials[0].judging.required_bitrate_bps
    assert judged_again(run, QualitySection(), "x").trials[0].judging.required_bitrate_bps == own
    named = read_quality("quality: {required_bitrate: 1Mbps}\n")
    assert judged_again(run, named, "x").trials[0].judging.required_bitrate_bps == 1e6


def test_a_trial_of_an_older_version_is_judged_from_its_journal(tmp_path: Path) -> None:
    run = recorded(tmp_path)
    (run.trials[0].path / "quality.parquet").unlink()
    old = open_run(run.path)
    assert old.trials[0].judged == ()
    again = judged_again(old, read_quality(STRICT), "strict.yaml")
    assert again.trials[0].result.metrics["quality"].value == Level.POOR


def test_a_run_that_was_cut_off_stays_interrupted(tmp_path: Path) -> None:
    again = judged_again(recorded(tmp_path, ended=False), read_quality(STRICT), "strict.yaml")
    assert again.status == "interrupted"
    assert again.summary_data["judged_again"]["recorded"]["status"] == "interrupted"


def test_reports_of_it_stand_apart(tmp_path: Path) -> None:
    run = recorded(tmp_path)
    again = judged_again(run, QualitySection(), "some/where/my strict.yaml")
    assert run.report_path == run.path
    assert again.report_path.parent == run.path / "judged-again"
    assert again.report_path.name.startswith("my")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("quality: {windo: 5}\n", '1:11: quality.windo: unknown key "windo"'),
        ("quality: {window: 0}\n", "1:19: quality.window: found 0"),
        ("window: 5\n", '1:1: window: unknown key "window"; allowed: quality'),
        ("name: x\nquality: {}\n", '1:1: name: unknown key "name"; allowed: quality'),
        ("{}\n", "missing, and nothing else is read here"),
        ("quality: 5\n", "quality: found 5; allowed: a mapping with latency"),
        ("quality: [\n", "1:"),
    ],
)
def test_a_file_that_is_no_quality_section_is_refused_with_the_place(text: str, says: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        read_quality(text, "strict.yaml")
    assert says in str(caught.value)
    assert "strict.yaml" in str(caught.value)


def test_the_file_is_read_from_its_path(tmp_path: Path) -> None:
    path = tmp_path / "strict.yaml"
    path.write_text(STRICT, encoding="utf-8")
    assert load_quality(path).warmup == 1
    with pytest.raises(ScenarioError, match="no such file"):
        load_quality(tmp_path / "none.yaml")
    assert json.loads(json.dumps(load_quality(path).judging(1e6).as_plain()))["warmup"] == 1
