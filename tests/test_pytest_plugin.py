"""The plugin within a pytest of its own; runs come from a recipe, but for one real session."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from g2gbench.report.formats import terminal
from g2gbench.store.reading import open_run
from g2gbench.workflow import benchmark
from tests.e2e.sessions import ROOT, passthrough
from tests.inconclusive import assert_sound
from tests.report import runs

pytestmark = pytest.mark.integration

pytest_plugins = ["pytester"]

STAND_IN = f"""\
import sys
sys.path.insert(0, {str(ROOT)!r})
import pytest
from g2gbench.workflow import benchmark
from tests.report import runs

@pytest.fixture(autouse=True)
def stand_in(monkeypatch):
    def run(scenario, *, out, retries):
        print("retries", retries, "repeat", scenario.repeat)
        return getattr(runs, scenario.name)(out)
    monkeypatch.setattr(benchmark, "run", run)
"""
STATES = ("passing", "failing", "invalid", "unreachable")
LOADED = (benchmark, terminal, runs)
"""What the tests within need: loaded once, as pytester forgets what is loaded first in there."""
BAD = "name: a\ntargt: {}\n"


@pytest.fixture(autouse=True)
def installed(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """As this pyproject.toml would be, whatever version the environment was installed from."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    (entry,) = project["entry-points"]["pytest11"].items()
    site = tmp_path_factory.mktemp("site")
    info = site / "g2gbench_of_this_tree-0.1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: g2gbench-of-this-tree\nVersion: 0\n"
    )
    (info / "entry_points.txt").write_text("[pytest11]\n{} = {}\n".format(*entry))
    monkeypatch.setenv("PYTHONPATH", f"{ROOT}{os.pathsep}{site}")
    monkeypatch.syspath_prepend(site)


@pytest.fixture
def project(pytester: pytest.Pytester) -> pytest.Pytester:
    """A test for each state; the scenarios lie beside the tests, not where pytest runs."""
    folder = pytester.mkdir("deep")
    tests = ""
    for state in (*STATES, "mistaken"):
        text = BAD if state == "mistaken" else passthrough(state)
        (folder / f"{state}.yaml").write_text(text, encoding="utf-8")
        tests += f"def test_{state}(g2gbench_run):\n"
        tests += f"    run = g2gbench_run('{state}.yaml', set=('repeat=3',))\n"
        tests += "    assert run.frames().g2g_ms.max() > 0\n"
    (folder / "test_it.py").write_text(tests, encoding="utf-8")
    (folder / "conftest.py").write_text(STAND_IN, encoding="utf-8")
    return pytester


LOOP = "asyncio_default_fixture_loop_scope=function"
OPTIONS = ("-rsP", "-p", "no:cacheprovider", "-o", LOOP)


def result(project: pytest.Pytester, *options: str) -> pytest.RunResult:
    """What comes of a pytest within this process: what the stand-in needs is loaded here once."""
    return project.runpytest_inprocess(*options, *OPTIONS)


def test_a_built_in_scenario_is_known_by_its_name(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        from g2gbench import pytest_plugin
        from pathlib import Path

        def test_it():
            scenario = pytest_plugin._read("wifi", ("repeat=2",), Path("nowhere"))
            assert (scenario.name, scenario.repeat) == ("wifi", 2)

        def test_one_that_there_is_not(g2gbench_run):
            g2gbench_run("wlfi")
    """)
    done = pytester.runpytest_subprocess(*OPTIONS)
    done.assert_outcomes(passed=1, failed=1)
    assert "wlfi: neither a file nor a built-in scenario" in done.stdout.str()


def test_a_test_passes_fails_or_is_skipped_as_its_run_came_out(project: pytest.Pytester) -> None:
    done = result(project)
    done.assert_outcomes(passed=1, failed=3, skipped=1)
    said = done.stdout.str()
    assert "FAIL  wifi: g2g p95 was 661 ms, limit 500 ms" in said
    assert "invalid, so nothing can be said: INVALID  wifi" in said
    assert "UNREACHABLE  wifi: the service refused the key (401)" in said
    assert "mistaken.yaml:2:1" in said
    assert "retries 0 repeat 3" in said


def test_invalid_runs_fail_where_asked_and_runs_are_kept(project: pytest.Pytester) -> None:
    options = ("--g2gbench-invalid=fail", "--g2gbench-out=kept", "--g2gbench-retries=2")
    done = result(project, *options, "-k", "passing or invalid")
    done.assert_outcomes(passed=1, failed=1, deselected=3)
    assert "retries 2" in done.stdout.str()
    assert len(list((project.path / "kept").glob("wifi-*/run.json"))) == 2


def test_where_it_is_not_used_nothing_is_imported_for_it() -> None:
    heavy = ("g2gbench.", "numpy", "pandas", "livekit", "click")
    code = "import sys, g2gbench.pytest_plugin\n"
    code += f"print(sorted(name for name in sys.modules if name.startswith({heavy})))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout.strip() == "['g2gbench.pytest_plugin']"


@pytest.mark.session
@pytest.mark.slow
def test_a_real_session_is_measured_within_a_test(pytester: pytest.Pytester) -> None:
    text = passthrough("real", duration=2) + "expect: [drop_ratio < 50%]\n"
    pytester.makepyfile(
        f"def test_real(g2gbench_run):\n    assert g2gbench_run({text!r}).status == 'pass'\n"
    )
    kept = pytester.path / "kept"
    done = pytester.runpytest_subprocess("--g2gbench-out", str(kept), "-p", "no:cacheprovider")
    (page,) = Path(kept).glob("real-*/report.html")
    assert_sound(*(trial.result for trial in open_run(page.parent).trials))
    done.assert_outcomes(passed=1)
    assert page.stat().st_size > 0
