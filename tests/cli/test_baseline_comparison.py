"""What ``run --baseline`` refuses before it measures, and what it ends with."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import g2gbench
from g2gbench.cli import baseline_comparison
from g2gbench.errors import ExitCode, InputError
from g2gbench.scenario import loads, resolved
from g2gbench.store.machine import describe_machine
from g2gbench.store.reading import Run
from tests.cli.calling import call
from tests.report import runs
from tests.report.runs import Recipe
from tests.report.undrawn import undrawn

pytestmark = pytest.mark.integration

TEXT = "name: wifi\ntarget: {kind: loopback, model: lucy-2.1}\n"


def stored(root: Path, g2g_ms: float = 200, text: str = TEXT, seed: int = 0, n: int = 5) -> Run:
    recipes = [Recipe(g2g_ms + i, seed=seed + i) for i in range(n)]
    return runs.store(root, {"default": recipes}, scenario=resolved(loads(text)))


@pytest.fixture
def nothing_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_the_baseline_of_each_scenario_is_found_before_anything_runs(tmp_path: Path) -> None:
    base = stored(tmp_path)
    assert base.facts["machine"] == describe_machine()
    (found,) = baseline_comparison.bases_of(str(base.path), [loads(TEXT)])
    assert found.path == base.path
    assert baseline_comparison.bases_of(None, [loads(TEXT)]) == []


def test_a_baseline_of_another_scenario_is_refused_before_anything_runs(tmp_path: Path) -> None:
    base = stored(tmp_path)
    other = loads(TEXT + "publish: {codec: h264}\n")
    with pytest.raises(InputError, match=r"publish\.codec"):
        baseline_comparison.bases_of(str(base.path), [other])


def test_a_run_is_bad_input_without_its_baseline(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "wifi.yaml"
    path.write_text(TEXT, encoding="utf-8")
    code, out, err = call(capfd, "run", str(path), "--baseline", str(tmp_path / "nope"))
    assert (code, out) == (2, "")
    assert "baseline save RUN" in err
    assert call(capfd, "run", str(path), "--confirm", "3")[0] == 2
    assert not list(tmp_path.glob("reports/*"))


def test_the_comparison_stands_in_the_runs_directory(tmp_path: Path) -> None:
    base, run = stored(tmp_path / "a"), stored(tmp_path / "b", 260, seed=9)
    with undrawn():
        found, interrupted = baseline_comparison.compared([base], [run], confirm=None, quiet=True)
    assert not interrupted
    assert found["wifi"].status == "regression"
    assert {p.name for p in run.path.glob("compare.*")} == {
        "compare.html", "compare.md", "compare.json"
    }  # fmt: skip
    assert "### 🔻 g2gbench compare" in (run.path / "summary.md").read_text(encoding="utf-8")
    summary = baseline_comparison.with_comparison(run, found)
    assert json.loads(json.dumps(summary))["comparison"]["status"] == "regression"
    assert baseline_comparison.with_comparison(run, {}) == run.summary_data


def test_a_run_that_was_stopped_is_compared_with_nothing(tmp_path: Path) -> None:
    base = stored(tmp_path / "a")
    stopped = runs.store(tmp_path / "b", {"default": [Recipe()]}, interrupted=True)
    assert baseline_comparison.compared([base], [stopped], confirm=None, quiet=True) == ({}, False)


def test_of_a_run_and_its_comparison_the_graver_code_counts(tmp_path: Path) -> None:
    base = stored(tmp_path / "a")
    sides = {
        "worse": g2gbench.compare(base, stored(tmp_path / "b", 260, seed=9)),
        "same": g2gbench.compare(base, base),
        "none": g2gbench.compare(base, runs.store(
            tmp_path / "c", {"default": [Recipe(skipped=20)]}, scenario=base.facts["scenario"]
        )),
    }  # fmt: skip
    for code, name, expected in (
        (0, "same", ExitCode.PASS),
        (0, "worse", ExitCode.FAIL),
        (3, "worse", ExitCode.FAIL),
        (0, "none", ExitCode.INVALID),
        (1, "none", ExitCode.FAIL),
        (4, "worse", ExitCode.UNREACHABLE),
        (130, "worse", ExitCode.INTERRUPTED),
    ):
        assert baseline_comparison.exit_code(code, [sides[name]]) == expected


def test_what_can_come_to_nothing_is_said_before_it_begins(tmp_path: Path) -> None:
    base = stored(tmp_path)
    few, enough = loads(TEXT + "repeat: 3\n"), loads(TEXT + "repeat: 4\n")
    (said,) = baseline_comparison.too_few([base], [few])
    assert "baseline has 5 valid trials, this run plans 3. Next to nothing can come out" in said
    assert list(baseline_comparison.too_few([base], [enough])) == []
    small = stored(tmp_path / "small", n=2)
    (said,) = baseline_comparison.too_few([small], [enough])
    assert "baseline has 2 valid trials, this run plans 4. Nothing can come out" in said
    assert list(baseline_comparison.too_few([], [few])) == []


def test_a_run_takes_what_compare_takes(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    base = stored(tmp_path / "base")
    path = tmp_path / "wifi.yaml"
    path.write_text(TEXT + "publish: {codec: h264}\n", encoding="utf-8")
    given = ["run", str(path), "--dry-run", "--repeat", "3", "--baseline", str(base.path)]
    code, _, err = call(capfd, *given)
    assert (code, "publish.codec" in err) == (2, True)
    allowed = ["--allow", "publish.codec", "--allow", "repeat"]
    code, out, err = call(capfd, *given, *allowed, "--floor", "g2g_ms.p95=20ms")
    assert (code, "3 trial(s)" in out) == (0, True)
    assert err.startswith("warning: wifi: the baseline has 5 valid trials, this run plans 3.")
    code, _, err = call(capfd, *given, *allowed, "--floor", "fps=1")
    assert (code, "it is not judged" in err) == (2, True)
    code, _, err = call(capfd, *given, *allowed, "--primary", "nope")
    assert (code, "unknown metric" in err) == (2, True)
    code, _, err = call(capfd, "run", str(path), "--fail-on", "inconclusive", "--dry-run")
    assert (code, "name a --baseline" in err) == (2, True)


def test_doubt_fails_a_run_where_that_is_asked(tmp_path: Path) -> None:
    base, run = stored(tmp_path / "a"), stored(tmp_path / "b", 260, seed=9, n=2)
    with undrawn():
        found, _ = baseline_comparison.compared(
            [base], [run], confirm=None, quiet=True, how=baseline_comparison.USUAL
        )
    strict = baseline_comparison.Options(fail_on="inconclusive")
    assert baseline_comparison.exit_code(0, found.values()) == ExitCode.PASS
    assert baseline_comparison.exit_code(0, found.values(), strict) == ExitCode.FAIL
