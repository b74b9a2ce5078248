from __future__ import annotations

import csv
import hashlib
import json
from datetime import timedelta
from pathlib import Path

import pytest

from g2gbench.analysis.plain import to_plain
from g2gbench.measure.records import Ended, Event, Reached, encode
from g2gbench.store import TrialDirectory
from tests.store import runs
from tests.store.runs import CELL, NOW

pytestmark = pytest.mark.integration


def test_a_run_is_named_after_its_scenario_and_time(tmp_path: Path) -> None:
    run = runs.create(tmp_path / "reports")
    assert run.path == tmp_path / "reports" / "wifi-20260102-030405"


def test_two_runs_of_one_second_do_not_collide(tmp_path: Path) -> None:
    paths = {runs.create(tmp_path).path for _ in range(3)}
    assert len(paths) == 3


def test_run_json_tells_what_runs_where_before_the_first_trial(tmp_path: Path) -> None:
    run = runs.create(tmp_path, runs.plans("g2g_ms.p95 < 500", repeat=2))
    facts = json.loads((run.path / "run.json").read_text(encoding="utf-8"))
    assert facts["schema"] == 1
    assert facts["status"] == "running"
    assert facts["started"] == "2026-01-02T03:04:05+00:00"
    assert facts["scenario"]["name"] == "wifi"
    assert facts["scenario_sha256"] == hashlib.sha256(b"name: wifi\n").hexdigest()
    assert facts["machine"]["cores"] >= 1
    assert facts["versions"]["numpy"]
    assert facts["cells"][0]["expect"] == ["g2g_ms.p95 < 500"]
    assert [(t["repeat"], t["status"]) for t in facts["trials"]] == [(0, "planned"), (1, "planned")]


def test_a_line_is_in_the_journal_when_write_returns(tmp_path: Path) -> None:
    trial = runs.create(tmp_path).trial(CELL, 0)
    journal = trial.path / "journal.jsonl"
    for number in range(3):
        trial.journal.append(Reached(number, "room"))
        assert journal.read_text(encoding="utf-8").count("\n") == number + 1
    trial.journal.close()


def test_a_trial_writes_its_tables_when_it_ends(tmp_path: Path) -> None:
    run = runs.create(tmp_path)
    trial = run.trial("codec-vp8", 0)  # by its slug
    runs.fill(trial, runs.records())
    runs.write_service_log(trial)
    result = trial.finish()
    assert (result.cell, result.status) == (CELL, "ok")
    assert trial.path == run.path / "trials" / "codec-vp8" / "0"
    assert {path.name for path in trial.path.iterdir()} == {
        "journal.jsonl",
        "service_frames.jsonl",
        "frames.parquet",
        "rtcstats.parquet",
        "quality.parquet",
        "service_frames.parquet",
        "events.jsonl",
        "trial.json",
    }
    facts = json.loads((run.path / "run.json").read_text(encoding="utf-8"))
    assert facts["trials"][0]["status"] == "ok"
    assert facts["trials"][0]["path"] == "trials/codec-vp8/0"


def test_a_damaged_line_of_the_workers_log_makes_the_trial_invalid(tmp_path: Path) -> None:
    trial = runs.create(tmp_path).trial(CELL, 0)
    runs.fill(trial, runs.records())
    runs.write_service_log(trial)
    with trial.service_log_path.open("a", encoding="utf-8") as log:
        log.write('{"received_ns": 1, "number_')
    result = trial.finish()
    assert result.status == "invalid"
    assert "1 line(s) of the raw records cannot be read" in result.invalid_because[0]


def test_events_hold_what_happened_and_no_frames(tmp_path: Path) -> None:
    trial = runs.create(tmp_path).trial(CELL, 0)
    runs.fill(trial, runs.records())
    trial.finish()
    lines = (trial.path / "events.jsonl").read_text(encoding="utf-8").splitlines()
    kinds = [json.loads(line)["kind"] for line in lines]
    assert kinds == ["started", "reached", "reached", "event", "reached", "ended"]


def test_a_trial_that_is_not_valid_is_invalid(tmp_path: Path) -> None:
    trial = runs.create(tmp_path).trial(CELL, 0)
    runs.fill(trial, runs.records(lost=range(runs.FRAMES)))
    result = trial.finish("ok")
    assert result.status == "invalid"
    assert result.invalid_because == ("no frame of the steady state was delivered",)


@pytest.mark.parametrize(
    ("reason", "status"),
    [
        ("interrupted", "interrupted"),
        ("unreachable", "unreachable"),
        ("failed", "failed"),
        ("of old age", "failed"),
        (None, "failed"),
    ],
)
def test_a_trial_ends_as_its_journal_says(tmp_path: Path, reason: str | None, status: str) -> None:
    trial = runs.create(tmp_path).trial(CELL, 0)
    runs.fill(trial, runs.records(reason=reason))
    assert trial.finish().status == status


def test_a_process_that_was_lost_is_the_message_of_its_trial(tmp_path: Path) -> None:
    trial = runs.create(tmp_path).trial(CELL, 0)
    runs.fill(trial, runs.records(reason=None))
    trial.journal.append(Event(9, "process_lost", {"reason": "the room ended (signal 9)"}))
    assert trial.finish().message == "the room ended (signal 9)"


def test_a_trial_that_never_began_to_measure_still_has_its_tables(tmp_path: Path) -> None:
    trial = runs.create(tmp_path).trial(CELL, 0)
    trial.journal.append(Ended(1, "unreachable", "nobody answers"))
    result = trial.finish()
    assert (result.status, result.message) == ("unreachable", "nobody answers")
    assert (trial.path / "frames.parquet").exists()


def test_a_cell_that_was_not_planned_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not planned"):
        runs.create(tmp_path).trial("publish.codec=av1", 0)


def test_a_finished_run_is_judged_and_summarised(tmp_path: Path) -> None:
    run = runs.create(tmp_path, runs.plans("g2g_ms.p95 < 500", "drop_ratio == 0"))
    with run.trial(CELL, 0) as trial:
        runs.fill(trial, runs.records(lost=[60]))
        trial.finish()
    result = run.finish(now=NOW + timedelta(minutes=1))
    assert result.status == "fail"
    assert [e.holds for e in result.cells[0].expectations] == [True, False]
    assert json.loads((run.path / "summary.json").read_text(encoding="utf-8")) == to_plain(result)
    facts = json.loads((run.path / "run.json").read_text(encoding="utf-8"))
    assert facts["status"] == "fail"
    assert facts["ended"] == "2026-01-02T03:05:05+00:00"


def test_summary_csv_has_a_row_per_trial_and_metric_and_per_cell(tmp_path: Path) -> None:
    run = runs.create(tmp_path)
    with run.trial(CELL, 0) as trial:
        runs.fill(trial, runs.records())
        trial.finish()
    run.finish(now=NOW)
    with (run.path / "summary.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["metric"] == "g2g_ms.p50"]
    assert [(r["row"], r["cell"], r["repeat"], r["value"]) for r in rows] == [
        ("trial", CELL, "0", "100.0"),
        ("cell", CELL, "", "100.0"),
    ]


def test_a_run_interrupted_in_a_trial_keeps_what_it_measured(tmp_path: Path) -> None:
    run = runs.create(tmp_path, runs.plans("fps > 1"))
    runs.fill(run.trial(CELL, 0), runs.records(reason=None))
    result = run.finish(now=NOW, interrupted=True)
    assert result.status == "interrupted"
    trial = result.cells[0].trials[0]
    assert trial.status == "interrupted"
    assert trial.frames["delivered"] > 100


def everything(trial: TrialDirectory, root: Path) -> str:
    files = [path for path in root.rglob("*") if path.is_file()]
    assert trial.path / "frames.parquet" in files
    return "\n".join(path.read_bytes().decode("latin-1") for path in files)


def test_a_secret_reaches_no_file(tmp_path: Path) -> None:
    key = "sk-very/secret"
    run = runs.create(tmp_path, api_key=key)
    trial = run.trial(CELL, 0)
    runs.fill(trial, runs.records(reason=None))
    trial.journal.append(Event(5, "refused", {"url": "wss://x/?api_key=sk-very%2Fsecret"}))
    trial.journal.write(encode(Ended(10**13, "failed", f"{key} was refused")))
    (trial.log_dir / "client.log").write_text(f"using {key}\n", encoding="utf-8")
    trial.finish(message=f"refused: {key}")
    run.finish(now=NOW)
    written = everything(trial, run.path)
    assert "sk-very" not in written
    assert "***" in written


def test_a_trial_that_is_broken_off_leaves_no_secret_in_a_log_and_no_open_file(
    tmp_path: Path,
) -> None:
    run = runs.create(tmp_path, api_key="sk-very/secret")
    trial = run.trial(CELL, 0)
    log = trial.log_dir / "client.log"
    log.write_text("using sk-very/secret\n", encoding="utf-8")
    with pytest.raises(KeyboardInterrupt), trial:
        raise KeyboardInterrupt
    assert log.read_text(encoding="utf-8") == "using ***\n"
    with pytest.raises(ValueError, match="closed"):
        trial.journal.write("more")
