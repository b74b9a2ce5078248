from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from g2gbench.errors import InputError
from g2gbench.measure.registry import METRICS
from g2gbench.quality import Band, Level, Thresholds
from g2gbench.quality.thresholds import Settings
from g2gbench.store import RunDirectory, open_run
from tests.report import runs as stored
from tests.store import runs
from tests.store.runs import CELL, FRAMES, NOW


def finished(root: Path) -> RunDirectory:
    run = runs.create(root, runs.plans("g2g_ms.p95 < 500", repeat=2))
    for repeat in range(2):
        with run.trial(CELL, repeat) as trial:
            runs.fill(trial, runs.records(lost=[60]))
            trial.finish()
    run.finish(now=NOW)
    return run


def killed(root: Path) -> RunDirectory:
    """One trial has ended, the second is cut off in the middle of a line."""
    run = runs.create(root, runs.plans("g2g_ms.p95 < 500", repeat=3))
    with run.trial(CELL, 0) as trial:
        runs.fill(trial, runs.records())
        trial.finish()
    second = run.trial(CELL, 1)
    runs.fill(second, runs.records(reason=None)[:-40])
    second.journal.close()
    with (second.path / "journal.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"kind":"captured","frame_id":9')
    return run


def test_a_run_is_read_back_as_it_was_judged(tmp_path: Path) -> None:
    run = open_run(finished(tmp_path).path)
    assert (run.name, run.status) == ("wifi", "pass")
    assert [(t.cell, t.repeat, t.status, t.rebuilt) for t in run.trials] == [
        (CELL, 0, "ok", False),
        (CELL, 1, "ok", False),
    ]


def test_frames_are_those_of_all_trials(tmp_path: Path) -> None:
    frames = open_run(str(finished(tmp_path).path)).frames()
    assert len(frames) == 2 * FRAMES
    assert list(frames.columns[:4]) == ["cell", "repeat", "status", "seq"]
    assert frames.groupby("repeat").size().tolist() == [FRAMES, FRAMES]
    lost = frames[frames["outcome"] == "dropped"]
    assert lost["frame_id"].tolist() == [60, 60]
    assert lost["received_ns"].isna().all()
    assert frames["received_ns"].dtype == pd.Int64Dtype()  # nanoseconds survive a missing value


def test_every_metric_can_be_recomputed_from_the_stored_ledger(tmp_path: Path) -> None:
    run = open_run(finished(tmp_path).path)
    frames = run.trials[0].frames()
    steady = frames[frames["steady"]]
    metrics = run.trials[0].result.metrics
    delivered = steady[steady["outcome"] == "delivered"]
    assert metrics["g2g_ms.p95"].value == delivered["g2g_ms"].quantile(0.95)
    assert metrics["drop_ratio"].value == (steady["outcome"] == "dropped").mean()


def test_the_summary_has_a_row_per_trial_and_metric_and_per_cell(tmp_path: Path) -> None:
    summary = open_run(finished(tmp_path).path).summary()
    assert len(summary) == 3 * len(METRICS)
    cell = summary[(summary["row"] == "cell") & (summary["metric"] == "g2g_ms.p50")].iloc[0]
    assert (cell["value"], cell["n"], cell["unit"]) == (100.0, 2, "ms")
    assert pd.isna(cell["repeat"])


def test_statistics_are_those_of_all_trials(tmp_path: Path) -> None:
    stats = open_run(finished(tmp_path).path).rtcstats()
    assert stats["inbound.frames_decoded"].tolist() == [0, 25, 50, 75, 100] * 2
    assert set(stats["outbound.quality_limitation_reason"]) == {"none"}


def test_a_run_killed_half_way_is_read_from_its_journals(tmp_path: Path) -> None:
    run = open_run(killed(tmp_path).path)
    assert [(t.repeat, t.status, t.rebuilt) for t in run.trials] == [
        (0, "ok", False),
        (1, "interrupted", True),
    ]
    assert run.status == "interrupted"
    assert 0 < len(run.trials[1].frames()) < FRAMES
    assert len(run.frames()) == FRAMES + len(run.trials[1].frames())
    assert len(run.rtcstats()) > 5
    trials = run.summary_data["cells"][0]["trials"]
    assert trials[1]["metrics"]["g2g_ms.p50"]["value"] == 100
    assert run.summary_data["cells"][0]["expectations"][0]["holds"] is None
    assert len(run.summary()) == 3 * len(METRICS)


def test_a_run_killed_before_its_first_trial_is_empty(tmp_path: Path) -> None:
    run = open_run(runs.create(tmp_path).path)
    assert run.trials == ()
    assert run.status == "interrupted"
    assert len(run.frames()) == len(run.rtcstats()) == 0


def test_a_trial_killed_while_its_tables_were_written_is_rebuilt(tmp_path: Path) -> None:
    directory = killed(tmp_path)
    (directory.path / "trials" / "codec-vp8" / "0" / "trial.json").unlink()
    assert [t.rebuilt for t in open_run(directory.path).trials] == [True, True]


def test_what_is_no_run_directory_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no run directory.*run\.json"):
        open_run(tmp_path)
    (tmp_path / "run.json").write_text("{}", encoding="utf-8")
    with pytest.raises(InputError, match="no schema version"):
        open_run(tmp_path)
    (tmp_path / "run.json").write_text("[", encoding="utf-8")
    with pytest.raises(InputError, match="cannot be read as JSON"):
        open_run(tmp_path)
    (tmp_path / "run.json").write_text("[]", encoding="utf-8")
    with pytest.raises(InputError, match="no JSON object"):
        open_run(tmp_path)


def test_a_newer_schema_is_refused_with_what_to_do(tmp_path: Path) -> None:
    path = finished(tmp_path).path
    facts = json.loads((path / "run.json").read_text(encoding="utf-8"))
    (path / "run.json").write_text(json.dumps(facts | {"schema": 2}), encoding="utf-8")
    with pytest.raises(InputError, match=r"schema 2; .*Update g2gbench"):
        open_run(path)


def test_the_verdicts_of_every_second_are_read_back(tmp_path: Path) -> None:
    run = open_run(finished(tmp_path).path)
    verdicts = run.quality()
    assert verdicts.groupby("repeat").size().tolist() == [len(run.trials[0].judged)] * 2
    assert set(verdicts["held"]) == {"good"}
    assert len(run.trials[0].quality()) == len(run.trials[0].judged) > 1
    assert run.trials[0].result.limiting_factor == "none"


def test_a_trial_that_was_cut_off_is_judged_as_its_cell_asks(tmp_path: Path) -> None:
    strict = Settings(warmup=1, thresholds=Thresholds(g2g_ms=Band(1, 2, 3)))
    plans = [replace(plan, judging=strict) for plan in runs.plans(repeat=2)]
    run = runs.create(tmp_path, plans)
    for repeat, reason in enumerate(("complete", None)):
        with run.trial(CELL, repeat) as trial:
            runs.fill(trial, runs.records(reason=reason))
            if reason:
                trial.finish()
    whole, cut = open_run(run.path).trials
    assert (whole.rebuilt, cut.rebuilt) == (False, True)
    assert whole.judging == cut.judging == strict
    assert {one.held for trial in (whole, cut) for one in trial.judged} == {Level.CRITICAL}


def test_a_run_of_an_older_version_has_no_verdicts_and_its_own_bitrate(tmp_path: Path) -> None:
    run = finished(tmp_path)
    facts = json.loads((run.path / "run.json").read_text(encoding="utf-8"))
    del facts["cells"][0]["judging"]
    for path in run.path.rglob("quality.parquet"):
        path.unlink()
    for publish, bitrate in (({"max_bitrate": "2Mbps"}, 2e6), ({}, 3.5e6)):
        facts["scenario"]["publish"] = publish
        (run.path / "run.json").write_text(json.dumps(facts), encoding="utf-8")
        old = open_run(run.path)
        assert old.trials[0].judged == ()
        assert old.trials[0].judging.required_bitrate_bps == bitrate
        assert list(old.quality()) != []


def test_a_run_and_its_trials_are_a_line_each(tmp_path: Path) -> None:
    run = open_run(stored.passing(tmp_path).path)
    assert "\n" not in repr(run)
    assert len(repr(run)) < 300
    assert "wifi" in repr(run)
    assert str(run.path) in repr(run)
    assert len(repr(run.trials[0])) < 300


def test_a_notebook_shows_a_run_as_a_table_of_its_cells(tmp_path: Path) -> None:
    run = open_run(stored.passing(tmp_path).path)
    shown = run._repr_html_()
    assert f"<b>wifi: {run.status}</b>" in shown
    assert shown.count("<tr") == 1 + len(run.result.cells)
    assert "g2g_ms.p95" in shown
    assert f"{run.result.cells[0].metrics['g2g_ms.p95'].value:.6f}"[:7] in shown
