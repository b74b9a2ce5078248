from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from g2gbench.errors import InputError
from g2gbench.store import resuming
from g2gbench.store.reading import Run, open_run
from tests.store import runs
from tests.store.runs import CELL

pytestmark = pytest.mark.integration


def stopped(root: Path) -> Run:
    """Three trials were planned: one is whole, one was cut off after a failed attempt."""
    directory = runs.create(root, runs.plans(repeat=3))
    with directory.trial(CELL, 0) as trial:
        runs.fill(trial, runs.records())
        trial.finish()
    with directory.trial(CELL, 1) as trial:
        runs.fill(trial, runs.records())
        trial.finish("failed", "the room ended")
    with directory.trial(CELL, 1) as trial:
        runs.fill(trial, runs.records(reason=None))
    return open_run(directory.path)


def changed(run: Run, **facts: Any) -> Run:
    return replace(run, facts={**run.facts, **facts})


def test_a_run_that_was_killed_or_interrupted_can_go_on(tmp_path: Path) -> None:
    run = stopped(tmp_path)
    resuming.check(run)
    resuming.check(changed(run, status="interrupted"))


@pytest.mark.parametrize("status", ["pass", "fail", "invalid", "unreachable"])
def test_a_complete_run_is_refused(tmp_path: Path, status: str) -> None:
    with pytest.raises(InputError, match=rf"is complete \({status}\)"):
        resuming.check(changed(stopped(tmp_path), status=status))


def test_a_run_of_a_persons_page_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="g2gbench live anew"):
        resuming.check(changed(stopped(tmp_path), live=True))


def test_a_run_of_another_version_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"begun by g2gbench 0\.0\.9"):
        resuming.check(changed(stopped(tmp_path), g2gbench="0.0.9"))


def test_a_run_of_another_machine_or_library_is_refused_by_what_differs(tmp_path: Path) -> None:
    run = stopped(tmp_path)
    versions = {**run.facts["versions"], "livekit": "0.1"}
    machine = {**run.facts["machine"], "cores": 999, "release": "another kernel"}
    with pytest.raises(InputError, match=r"livekit \(was 0\.1, .*, cores \(was 999, "):
        resuming.check(changed(run, versions=versions, machine=machine))


def test_every_attempt_is_told_the_latest_last(tmp_path: Path) -> None:
    run = stopped(tmp_path)
    assert resuming.statuses(run, runs.plans(repeat=3)) == {
        (CELL, 0): ["ok"],
        (CELL, 1): ["failed", "interrupted"],
    }


def test_a_run_stopped_between_two_attempts_is_to_make_the_next_one(tmp_path: Path) -> None:
    run = stopped(tmp_path)
    place = run.path / "trials" / "codec-vp8"
    (place / "0").rename(place / "0-attempt-1")
    found = resuming.statuses(open_run(run.path), runs.plans(repeat=3))
    assert found[(CELL, 0)] == ["ok", "interrupted"]


def test_a_trial_without_a_record_was_cut_off(tmp_path: Path) -> None:
    run = stopped(tmp_path)
    (run.path / "trials" / "codec-vp8" / "2").mkdir()
    found = resuming.statuses(open_run(run.path), runs.plans(repeat=3))
    assert found[(CELL, 2)] == ["interrupted"]
    facts = json.loads((run.path / "run.json").read_text(encoding="utf-8"))
    assert facts["trials"][2]["path"] is None
