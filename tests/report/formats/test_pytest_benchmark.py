from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from g2gbench.measure.registry import METRICS
from g2gbench.report.formats import pytest_benchmark
from g2gbench.store.reading import Run
from tests.report import runs
from tests.report.conftest import BUILDERS, Reported
from tests.report.runs import Recipe

pytestmark = pytest.mark.integration


def exported(run: Run) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(pytest_benchmark.render(run))
    return data


@pytest.mark.parametrize("state", BUILDERS)
def test_every_state_has_its_benchmarks(reported: Reported, state: str) -> None:
    names = [one["fullname"] for one in exported(reported[state])["benchmarks"]]
    assert len(set(names)) == len(names)
    assert bool(names) == (state not in ("unreachable", "invalid"))


def test_a_round_is_a_valid_trial_in_seconds(tmp_path: Path) -> None:
    recipes = [Recipe(200 + 10 * i, seed=i, skipped=12 if i == 2 else 0) for i in range(4)]
    run = runs.store(tmp_path, {"default": recipes})
    found = {one["group"]: one for one in exported(run)["benchmarks"]}
    stats = found["g2g_ms.p50"]["stats"]
    values = [t.result.metrics["g2g_ms.p50"].value for t in run.trials if t.result.status == "ok"]
    assert [1000 * second for second in stats["data"]] == pytest.approx(values)
    assert stats["rounds"] == 3
    assert 1000 * stats["median"] == pytest.approx(median(v for v in values if v is not None))
    assert set(found) <= {name for name in METRICS if METRICS[name].unit == "ms"}


def compared(folder: Path, *files: str) -> list[dict[str, str]]:
    """What pytest-benchmark's own command makes of the files: a row a benchmark and file."""
    command = [sys.executable, "-m", "pytest_benchmark", "compare", *files, "--csv=compared.csv"]
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, timeout=60, cwd=folder
    )
    assert "Failed to load" not in done.stdout + done.stderr
    return list(csv.DictReader((folder / "compared.csv").read_text().splitlines()))


def test_its_compare_shows_two_nights_side_by_side(tmp_path: Path) -> None:
    for number, g2g_ms in enumerate((200.0, 300.0), 1):
        cells = {"default": [Recipe(g2g_ms, seed=seed) for seed in (1, 2)]}
        text = pytest_benchmark.render(runs.store(tmp_path / str(number), cells))
        (tmp_path / f"000{number}_night.json").write_text(text, encoding="utf-8")
    rows = compared(tmp_path, "0001_night.json", "0002_night.json")
    medians = [1000 * float(row["median"]) for row in rows if "g2g_ms.p50" in row["name"]]
    first, second = sorted(medians)
    assert second - first == pytest.approx(100)
