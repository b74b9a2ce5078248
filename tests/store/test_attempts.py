from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from g2gbench.analysis.trials import Attempt
from g2gbench.store.reading import open_run
from g2gbench.store.run_directory import RunDirectory
from tests.store import runs
from tests.store.runs import CELL

pytestmark = pytest.mark.integration

PLACE = "trials/codec-vp8/0"


def facts(run: RunDirectory) -> dict[str, Any]:
    data: dict[str, Any] = json.loads((run.path / "run.json").read_text(encoding="utf-8"))
    return data


def attempt(run: RunDirectory, *, reason: str | None = "complete", message: str = "") -> None:
    """Make the one trial, with a message where it failed; without a reason it is cut off."""
    with run.trial(CELL, 0) as trial:
        runs.fill(trial, runs.records(reason=reason))
        if reason is not None:
            trial.finish("failed" if message else None, message)


def test_what_was_measured_before_is_kept_beside_the_trial_that_counts(tmp_path: Path) -> None:
    directory = runs.create(tmp_path)
    attempt(directory, message="the room ended")
    first = (directory.path / PLACE / "journal.jsonl").read_bytes()
    attempt(directory)
    directory.finish(now=runs.NOW)
    beside = directory.path / f"{PLACE}-attempt-1"
    assert (beside / "journal.jsonl").read_bytes() == first
    run = open_run(directory.path)
    (trial,) = run.trials
    assert (trial.status, trial.path) == ("ok", directory.path / PLACE)
    kept = Attempt(f"{PLACE}-attempt-1", "failed", "the room ended")
    assert trial.result.attempts == (kept,)
    (told,) = run.summary_data["cells"][0]["trials"]
    assert told["attempts"] == [kept.as_plain()]
    assert facts(directory)["trials"][0]["attempts"] == [kept.as_plain()]
    assert facts(directory)["trials"][0]["message"] == ""


def test_attempts_are_numbered_in_the_order_they_were_made(tmp_path: Path) -> None:
    directory = runs.create(tmp_path)
    for number in range(11):
        attempt(directory, message=f"number {number}")
    attempt(directory)
    (result,) = directory.results
    assert [one.message for one in result.attempts] == [f"number {i}" for i in range(11)]
    assert result.attempts[-1].path == f"{PLACE}-attempt-11"


def test_only_the_last_attempt_counts(tmp_path: Path) -> None:
    directory = runs.create(tmp_path)
    attempt(directory)
    attempt(directory, message="the room ended")
    summary = directory.finish(now=runs.NOW)
    assert [trial.status for trial in summary.cells[0].trials] == ["failed"]


def test_an_attempt_that_was_cut_off_is_said_to_be(tmp_path: Path) -> None:
    directory = runs.create(tmp_path)
    attempt(directory, reason=None)
    attempt(directory)
    (result,) = directory.results
    assert [(one.status, one.message) for one in result.attempts] == [
        ("interrupted", "the run was cut off")
    ]


def test_a_run_that_was_cut_off_in_a_second_attempt_tells_of_the_first(tmp_path: Path) -> None:
    directory = runs.create(tmp_path)
    attempt(directory, message="the room ended")
    attempt(directory, reason=None)
    (trial,) = open_run(directory.path).trials
    assert (trial.status, trial.rebuilt) == ("interrupted", True)
    assert [one.status for one in trial.result.attempts] == ["failed"]


def test_the_order_in_which_trials_began_is_recorded(tmp_path: Path) -> None:
    directory = runs.create(tmp_path, runs.plans(repeat=2))
    for repeat in (1, 0, 1):
        with directory.trial(CELL, repeat) as trial:
            runs.fill(trial, runs.records())
            trial.finish()
    assert [(one["repeat"], one["attempt"]) for one in facts(directory)["order"]] == [
        (1, 0),
        (0, 0),
        (1, 1),
    ]


def test_trials_are_told_by_their_number_whatever_their_order(tmp_path: Path) -> None:
    directory = runs.create(tmp_path, runs.plans(repeat=3))
    for repeat in (2, 0, 1):
        with directory.trial(CELL, repeat) as trial:
            runs.fill(trial, runs.records())
            trial.finish()
    summary = directory.finish(now=runs.NOW)
    assert [trial.repeat for trial in summary.cells[0].trials] == [0, 1, 2]


def reopened(path: Path, **options: Any) -> RunDirectory:
    run = open_run(path)
    return RunDirectory.reopen(
        path,
        run.facts,
        now=runs.NOW,
        plans=runs.plans(repeat=2),
        results=[trial.result for trial in run.trials],
        **options,
    )


def test_a_run_goes_on_with_the_trials_that_it_has(tmp_path: Path) -> None:
    directory = runs.create(tmp_path, runs.plans("g2g_ms.p50 < 500", repeat=2))
    attempt(directory)
    directory.finish(now=runs.NOW, interrupted=True)
    again = reopened(directory.path)
    assert not (directory.path / "summary.json").exists()  # it told of one trial
    assert facts(again)["status"] == "running"
    assert open_run(directory.path).status == "interrupted"
    with again.trial(CELL, 1) as trial:
        runs.fill(trial, runs.records())
        trial.finish()
    summary = again.finish(now=runs.NOW)
    assert summary.status == "pass"
    assert [trial.status for trial in summary.cells[0].trials] == ["ok", "ok"]
    assert facts(again)["started"] == facts(again)["resumed"][0] == runs.NOW.isoformat()


def test_a_run_that_still_runs_cannot_be_gone_on_with(tmp_path: Path) -> None:
    directory = runs.create(tmp_path, runs.plans(repeat=2))
    with pytest.raises(BlockingIOError):
        reopened(directory.path)
    directory.finish(now=runs.NOW, interrupted=True)
    reopened(directory.path)
