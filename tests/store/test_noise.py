from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import platformdirs
import pytest

from g2gbench.analysis.noise import Noise, noise_of
from g2gbench.errors import InputError
from g2gbench.statistics.hodges_lehmann import shift
from g2gbench.store import noise
from g2gbench.store.comparing import compare
from g2gbench.store.reading import Run
from tests.report import runs
from tests.report.runs import Recipe

pytestmark = pytest.mark.integration

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def stored(root: Path, by: float = 0, seed: int = 0, **options: int) -> Run:
    recipes = [Recipe(200 + 8 * i + by, seed=seed + i) for i in range(5)]
    scenario = {"name": "wifi", "publish": {"codec": "vp8"}, "seed": options.get("chance", 1)}
    return runs.store(root, {"default": recipes}, scenario=scenario)


def test_the_noise_is_what_halves_of_the_trials_and_the_runs_show() -> None:
    assert noise_of([[10, 10], [10, 10]]) == Noise(0.0, 4)
    assert noise_of([[1, 2], [3]]) is None
    found = noise_of([[10, 11, 12], [10, 11, 12]])
    assert found == Noise(2.0, 6)  # three a side: the interval is all differences
    drifted = noise_of([[10, 11, 12], [40, 41, 42]])
    assert drifted is not None
    assert drifted.value >= 30


def test_with_the_noise_as_its_floor_a_comparison_of_equal_things_finds_nothing() -> None:
    rng = np.random.default_rng(2)
    values = rng.normal(150, 8, 10)
    found = noise_of([values[:5].tolist(), values[5:].tolist()])
    assert found is not None
    within = [
        max(abs(one.low), abs(one.high)) <= found.value
        for dealt in (rng.permutation(values) for _ in range(200))
        for one in [shift(dealt[:5].tolist(), dealt[5:].tolist())]
    ]
    assert np.mean(within) >= 0.92


def test_two_runs_are_no_difference_by_the_noise_that_they_have_shown(tmp_path: Path) -> None:
    path = tmp_path / "noise.json"
    one, drifted = stored(tmp_path / "1"), stored(tmp_path / "2", by=30, seed=5)
    metrics = ("g2g_ms.p50", "g2g_ms.p95")
    assert compare(one, drifted, metrics=metrics, noise_path=path).status != "no difference"
    noise.save(one, noise.measured([one, drifted], taken=NOW), path)
    assert compare(one, drifted, metrics=metrics, noise_path=path).status == "no difference"


def test_of_many_trials_the_halves_are_drawn_from_a_seed() -> None:
    values = [[float(i % 7) for i in range(12)], [float(i % 5) for i in range(12)]]
    assert noise_of(values, seed=3) == noise_of(values, seed=3)


def test_what_is_kept_is_the_least_floor_of_a_later_comparison(tmp_path: Path) -> None:
    path = tmp_path / "new folder" / "noise.json"
    one, two = stored(tmp_path / "1"), stored(tmp_path / "2", seed=5)
    worse = stored(tmp_path / "3", by=45, seed=9)
    assert compare(one, worse, noise_path=path).status == "regression"
    assert noise.save(one, noise.measured([one, two], taken=NOW), path) == path
    found = compare(one, worse, noise_path=path)
    told = {row.metric: row for row in found.rows}
    floor = told["g2g_ms.p50"].floor
    assert floor is not None
    assert floor.source == "noise"
    assert floor.value > 11
    assert found.as_plain()["noise"] == "2026-01-02T03:04:05+00:00"


def test_the_noise_of_another_scenario_or_machine_says_nothing(tmp_path: Path) -> None:
    path = tmp_path / "noise.json"
    one, other = stored(tmp_path / "1"), stored(tmp_path / "2", chance=2)
    noise.save(one, noise.measured([one], taken=NOW), path)
    assert noise.load(one, path) is not None
    assert noise.load(other, path) is None
    elsewhere = {**one.facts, "machine": {**one.facts["machine"], "cores": 999}}
    assert noise.load(replace(one, facts=elsewhere), path) is None


def test_two_scenarios_are_kept_side_by_side(tmp_path: Path) -> None:
    path = tmp_path / "noise.json"
    kept = [stored(tmp_path / "1"), stored(tmp_path / "2", chance=2)]
    for run in kept:
        noise.save(run, noise.measured([run], taken=NOW), path)
    assert all(noise.load(run, path) for run in kept)


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", '{"schema": 9}', '{"schema": 1}', '{"schema": 1, "scenarios": {"x": {}}}'],
)
def test_what_this_version_cannot_read_is_named_and_is_no_noise(
    tmp_path: Path, text: str, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "noise.json"
    path.write_text(text, encoding="utf-8")
    run = stored(tmp_path / "1")
    assert noise.load(run, path) is None
    assert str(path) in caplog.text
    assert "to renew it: g2gbench baseline noise" in caplog.text
    noise.save(run, noise.measured([run], taken=NOW), path)
    assert noise.load(run, path) is not None


def test_too_few_trials_tell_nothing(tmp_path: Path) -> None:
    few = runs.store(tmp_path, {"default": [Recipe(seed=i) for i in range(3)]})
    with pytest.raises(InputError, match="too few valid trials"):
        noise.measured([few], taken=NOW)


def test_it_is_kept_in_the_users_data_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platformdirs, "user_data_dir", lambda *_, **__: str(tmp_path / "data"))
    run = stored(tmp_path / "1")
    assert noise.load(run) is None
    noise.save(run, noise.measured([run], taken=NOW))
    assert noise.load(run) is not None
    assert (tmp_path / "data" / "noise.json").exists()
