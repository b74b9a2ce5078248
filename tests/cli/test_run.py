"""What ``g2gbench run`` says before it measures, and what it refuses to go on with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import g2gbench
from g2gbench import cli
from g2gbench.scenario import cells, load, resolved
from g2gbench.store.origin import Origin
from g2gbench.store.run_directory import RunDirectory
from g2gbench.workflow.benchmark import _plans
from tests.report.runs import NOW, Recipe, records

TEXT = """\
name: two
target: {kind: loopback, model: camera-360p}
source: {content: street, size: 640x360, fps: 30}
session: {warmup: 1s, duration: 4s}
matrix: {publish.codec: [vp8, h264]}
repeat: 2
"""


def main(capfd: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    try:
        cli.main(["run", *arguments])
        code = 0
    except SystemExit as end:
        code = 0 if end.code is None else int(end.code)
    out, err = capfd.readouterr()
    return code, out, err


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "two.yaml"
    path.write_text(TEXT, encoding="utf-8")
    return path


@pytest.fixture
def stopped(file: Path, tmp_path: Path) -> Path:
    """A run of the file that was killed in its second trial."""
    scenario = load(file)
    directory = RunDirectory.create(
        tmp_path / "runs",
        scenario.name,
        now=NOW,
        plans=_plans(cells(scenario)),
        scenario=resolved(scenario),
        origin=Origin(TEXT, str(file)),
    )
    for repeat in range(2):
        trial = directory.trial("publish.codec=vp8", repeat)
        for record in records(Recipe(cut=200 if repeat else None)):
            trial.journal.append(record)
        if repeat:
            trial.journal.close()
        else:
            trial.finish()
    return directory.path


def test_a_plan_says_how_many_trials_run_and_for_how_long(
    capfd: pytest.CaptureFixture[str], file: Path
) -> None:
    code, out, _ = main(capfd, str(file), "--dry-run", "--repeat", "5")
    assert code == 0
    assert out.splitlines()[0] == "two: 2 cell(s) x 5 trial(s), about 2 min"
    plan = json.loads(main(capfd, str(file), "--dry-run", "--json")[1])["plan"][0]
    assert (plan["trials"], plan["seconds"]) == (4, 4 * (1 + 4 + 5))


def test_the_plan_of_a_run_that_goes_on_has_the_trials_that_it_has_not(
    capfd: pytest.CaptureFixture[str], stopped: Path
) -> None:
    code, out, err = main(capfd, "--resume", str(stopped), "--dry-run")
    assert (code, err) == (0, "")
    assert out.splitlines()[0] == "two: 2 cell(s) x 2 trial(s), 3 of 4 trials left, about 30 s"
    facts = json.loads((stopped / "run.json").read_text(encoding="utf-8"))
    assert facts["status"] == "running"  # a plan touches nothing


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--repeat", "3"), "--set and --repeat are those of the run that goes on"),
        (("--set", "seed=2"), "--set and --repeat are those of the run that goes on"),
        (("--out", "elsewhere"), "--out has no meaning with --resume"),
        (("FILE", "FILE"), "name one scenario, or none"),
        (("FILE", "--repeat", "3"), "not the one that was run: repeat differs"),
    ],
)
def test_a_run_goes_on_as_it_was_begun_or_not_at_all(
    capfd: pytest.CaptureFixture[str],
    stopped: Path,
    file: Path,
    arguments: tuple[str, ...],
    said: str,
) -> None:
    given = [str(file) if word == "FILE" else word for word in arguments]
    code, out, err = main(capfd, "--resume", str(stopped), *given, "--dry-run")
    assert (code, out) == (2, "")
    assert said in err


def test_the_scenario_may_be_named_with_the_run(
    capfd: pytest.CaptureFixture[str], stopped: Path, file: Path
) -> None:
    assert main(capfd, str(file), "--resume", str(stopped), "--dry-run")[0] == 0


def test_neither_a_scenario_nor_a_run_is_bad_input(
    capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(capfd)[0] == 2
    code, _, err = main(capfd, "--resume", str(tmp_path))
    assert code == 2
    assert "is no run directory" in err


def rewrite(path: Path, **facts: Any) -> None:
    data = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(data | facts), encoding="utf-8")


def test_a_run_that_is_complete_is_refused(
    capfd: pytest.CaptureFixture[str], stopped: Path
) -> None:
    rewrite(stopped / "run.json", status="pass")
    code, out, err = main(capfd, "--resume", str(stopped))
    assert (code, out) == (2, "")
    assert err.startswith(f"error: {stopped} is complete (pass)")


def test_a_baseline_that_is_not_there_is_refused_by_a_dry_run_too(
    capfd: pytest.CaptureFixture[str], file: Path
) -> None:
    code, out, err = main(capfd, str(file), "--dry-run", "--baseline", "nope")
    assert (code, out) == (2, "")
    assert "nope" in err


def test_every_problem_of_every_scenario_is_told_and_two_of_one_name_with_their_files(
    capfd: pytest.CaptureFixture[str], file: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other.yaml"
    other.write_text(file.read_text())
    bad = tmp_path / "bad.yaml"
    bad.write_text("name: [")
    code, _, err = main(capfd, str(file), str(bad), str(other), "wfi", "--dry-run")
    assert code == 2
    for told in (f"{bad}:1", f"{other}: named 'two', as {file} is", "wfi: neither a file"):
        assert told in err


def test_a_name_runs_a_built_in_scenario_in_any_folder(
    capfd: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(capfd, "wifi", "codecs", "--dry-run")[0] == 0


def test_what_is_public_is_listed() -> None:
    assert set(g2gbench.__all__) <= set(dir(g2gbench))
    assert all(getattr(g2gbench, name) is not None for name in g2gbench.__all__)
