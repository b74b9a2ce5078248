from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.cli.calling import call
from tests.report import runs
from tests.report.runs import Recipe

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Stored runs by what they are."""
    root = tmp_path_factory.mktemp("runs")
    recipes = {
        "base": [Recipe(200 + i, seed=i) for i in range(5)],
        "like": [Recipe(200 + i, seed=i) for i in range(5)],
        "worse": [Recipe(260 + i, seed=9 + i) for i in range(5)],
        "one": [Recipe(200)],
        "invalid": [Recipe(skipped=20)],
    }
    found = {name: runs.store(root / name, {"default": r}).path for name, r in recipes.items()}
    return {name: str(path) for name, path in found.items()}


def test_a_run_is_not_compared_with_itself_at_another_path(
    places: dict[str, str], capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    shutil.copytree(places["base"], tmp_path / "copy")
    code, out, err = call(capfd, "compare", places["base"], str(tmp_path / "copy"))
    assert (code, out) == (2, "")
    assert "are the same run" in err


@pytest.mark.parametrize(
    ("candidate", "options", "code", "status"),
    [
        ("like", [], 0, "no difference"),
        ("like", ["--metric", "g2g_ms.p50"], 0, "no difference"),
        ("worse", [], 1, "regression"),
        ("worse", ["--metric", "ttff_ms"], 0, "no difference"),
        ("one", [], 0, "inconclusive"),
        ("one", ["--fail-on", "inconclusive"], 1, "inconclusive"),
        ("invalid", [], 3, "inconclusive"),
        ("invalid", ["--fail-on", "inconclusive"], 3, "inconclusive"),
    ],
)
def test_the_exit_code_says_what_was_found(
    places: dict[str, str],
    capfd: pytest.CaptureFixture[str],
    candidate: str,
    options: list[str],
    code: int,
    status: str,
) -> None:
    arguments = ["compare", places["base"], places[candidate], *options]
    found, out, err = call(capfd, *arguments, "--json")
    said = json.loads(out)
    assert (found, err, said["exit_code"], said["status"]) == (code, "", code, status)
    found, out, _ = call(capfd, *arguments)
    assert found == code
    assert out.startswith(f"{status.upper()}  wifi: ")


def test_what_cannot_be_compared_is_bad_input_in_one_sentence(
    places: dict[str, str], capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    code, out, err = call(capfd, "compare", places["base"], str(tmp_path))
    assert (code, out) == (2, "")
    assert err.startswith("error: ")
    code, _, err = call(capfd, "compare", places["base"], places["one"], "--floor", "g2g_ms.p50")
    assert code == 2
    assert "METRIC=VALUE" in err
    code, _, err = call(capfd, "compare", places["base"], places["one"], "--floor", "fps=3")
    assert code == 2
    assert "--floor fps: it is not judged; add --metric fps" in err
