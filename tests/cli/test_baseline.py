from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import platformdirs
import pytest

from tests.cli.calling import call
from tests.report import runs
from tests.report.runs import Recipe

pytestmark = pytest.mark.integration


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A stored run, and a data folder of one's own."""
    monkeypatch.setattr(platformdirs, "user_data_dir", lambda *_, **__: str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    recipes = [Recipe(200 + i, seed=i) for i in range(5)]
    return str(runs.store(tmp_path / "runs", {"default": recipes}).path)


@pytest.fixture
def other(run: str) -> str:
    """Another run of the same."""
    recipes = [Recipe(200 + i, seed=i) for i in range(5)]
    return str(runs.store(Path(run).parent, {"default": recipes}).path)


def test_what_is_saved_is_listed_shown_and_compared_with(
    run: str, other: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert call(capfd, "baseline", "list") == (
        0, "no baseline below reports/baselines; keep one with: g2gbench baseline save RUN\n", ""
    )  # fmt: skip
    code, out, _ = call(capfd, "baseline", "save", run)
    assert (code, out) == (0, "wifi: 5 of 5 trials valid kept in reports/baselines/wifi\n")
    _, out, _ = call(capfd, "baseline", "list")
    assert out.startswith("wifi  ")
    _, out, _ = call(capfd, "baseline", "show", "wifi")
    assert "default, 5 valid trials" in out
    assert re.search(r"g2g p50 +21\d ms  \[21\d, 2\d\d\]\n", out)
    assert call(capfd, "compare", "wifi", other)[0] == 0


def test_json_is_one_object(run: str, other: str, capfd: pytest.CaptureFixture[str]) -> None:
    call(capfd, "baseline", "save", run, "--name", "old", "--root", "kept")
    code, out, err = call(capfd, "baseline", "list", "--root", "kept", "--json")
    (kept,) = json.loads(out)["baselines"]
    assert (code, err, kept["name"], kept["path"]) == (0, "", "old", "kept/old")
    _, out, _ = call(capfd, "baseline", "show", "old", "--root", "kept", "--json")
    (cell,) = json.loads(out)["cells"]
    assert (cell["valid"], cell["metrics"]["drop_ratio"]["value"]) == (5, 0)
    _, out, _ = call(capfd, "baseline", "noise", run, other, "--json")
    assert json.loads(out)["cells"]["default"]["ttff_ms"] == {"value": 0.0, "trials": 10}


def test_the_noise_of_one_run_at_two_paths_is_refused(
    run: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(run, tmp_path / "copy")
    code, out, err = call(capfd, "baseline", "noise", run, str(tmp_path / "copy"))
    assert (code, out) == (2, "")
    assert "are the same run: name each run once" in err


def test_the_noise_of_runs_is_told_and_kept(
    run: str, other: str, capfd: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = call(capfd, "baseline", "noise", run, other)
    assert code == 0
    assert out.startswith("wifi: differences that mean nothing on this machine\n\n  default\n")
    assert "of 10 trials" in out
    assert out.endswith("noise.json\n")


def test_runs_of_two_things_tell_no_noise(
    run: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    scenario = {"name": "wifi", "publish": {"codec": "h264"}, "seed": 1}
    other = runs.store(tmp_path / "other", {"default": [Recipe()]}, scenario=scenario)
    code, out, err = call(capfd, "baseline", "noise", run, str(other.path))
    assert (code, out) == (2, "")
    assert "publish.codec: vp8 and h264" in err


def test_what_is_not_there_is_bad_input(run: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert call(capfd, "baseline", "show", "nope")[0] == 2
    assert call(capfd, "baseline", "save", "nope")[0] == 2


def test_a_baseline_that_cannot_be_read_is_listed_as_such_beside_the_others(
    run: str, capfd: pytest.CaptureFixture[str]
) -> None:
    for name in ("good", "bad"):
        call(capfd, "baseline", "save", run, "--name", name)
    Path("reports/baselines/bad/run.json").write_text("{", encoding="utf-8")
    code, out, _ = call(capfd, "baseline", "list")
    assert code == 0
    bad, good = out.splitlines()
    assert "cannot be read (reports/baselines/bad/run.json" in bad
    assert "5 of 5 trials valid" in good
