from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from g2gbench.errors import InputError
from g2gbench.store import baselines
from g2gbench.store.comparing import compare
from g2gbench.store.reading import Run
from tests.report import runs
from tests.report.runs import Recipe

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return runs.store(tmp_path / "runs", {"default": [Recipe(), Recipe(skipped=20)]})


def test_a_baseline_is_found_by_the_scenarios_name_or_its_own(run: Run, tmp_path: Path) -> None:
    root = tmp_path / "kept"
    baselines.save(run, now=NOW, root=root)
    baselines.save(run, now=NOW, root=root, name="last week / r1")
    assert [one.name for one in baselines.listed(root)] == ["last week / r1", "wifi"]
    assert baselines.find("wifi", root=root).name == "wifi"
    assert baselines.find("last week / r1", root=root).path.parent == root
    assert baselines.find(str(root), scenario="wifi").path == root / "wifi"
    assert baselines.find(str(run.path), root=root).path == run.path


def test_what_is_kept_is_enough_to_compare(run: Run, tmp_path: Path) -> None:
    kept = baselines.save(run, now=NOW, root=tmp_path / "kept")
    assert kept.facts == {
        "schema": 1, "name": "wifi", "saved": "2026-01-02T03:04:05+00:00", "run": run.path.name
    }  # fmt: skip
    with pytest.raises(InputError, match="are the same run"):
        compare(run, kept.run, noise_path=tmp_path / "none")
    other = replace(run, facts={**run.facts, "id": "another"})
    of_both = compare(other, kept.run, noise_path=tmp_path / "none")
    assert all(row.base == row.candidate for row in of_both.rows)
    assert [trial.status for trial in kept.run.trials] == ["ok", "invalid"]
    assert len(kept.run.frames()) == len(run.frames())


def test_the_raw_records_are_left_out(tmp_path: Path) -> None:
    run = runs.store(tmp_path / "runs", {"default": [Recipe(frames=750, link=True)]})
    kept = baselines.save(run, now=NOW, root=tmp_path / "kept")
    sizes = [
        sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
        for path in (run.path, kept.path)
    ]
    assert sizes[1] < sizes[0] / 4


def test_one_of_the_same_name_is_replaced_whole(run: Run, tmp_path: Path) -> None:
    root = tmp_path / "kept"
    first = baselines.save(run, now=NOW, root=root)
    (first.path / "left over").touch()
    baselines.save(run, now=NOW, root=root)
    assert not (first.path / "left over").exists()
    assert [path.name for path in root.iterdir()] == ["wifi"]


def test_what_is_no_baseline_is_not_listed(run: Run, tmp_path: Path) -> None:
    root = tmp_path / "kept"
    assert baselines.listed(root) == ()
    (root / "broken").mkdir(parents=True)
    (root / "broken" / baselines.FILE).write_text("{", encoding="utf-8")
    (root / f".wifi.{os.getpid()}.tmp").mkdir()
    (root / f".wifi.{os.getpid()}.tmp" / baselines.FILE).write_text('{"name": "wifi"}')
    assert baselines.listed(root) == ()


def test_a_name_that_is_not_there_is_refused_with_those_that_are(run: Run, tmp_path: Path) -> None:
    baselines.save(run, now=NOW, root=tmp_path)
    with pytest.raises(InputError, match=r"no baseline 'lte' .*there: wifi.*baseline save RUN"):
        baselines.find("lte", root=tmp_path)
    with pytest.raises(InputError, match="no baseline 'lte'"):
        baselines.find(str(tmp_path), scenario="lte")


def test_a_run_with_which_nothing_could_be_compared_is_not_kept(tmp_path: Path) -> None:
    bad = runs.store(tmp_path, {"default": [Recipe(skipped=20)]})
    with pytest.raises(InputError, match="has no valid trial"):
        baselines.save(bad, now=NOW, root=tmp_path / "kept")
    assert not (tmp_path / "kept").exists()
