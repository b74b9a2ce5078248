from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from g2gbench.cli import grade as command
from g2gbench.workflow.grade import Grading, NotGraded
from g2gbench.workflow.grading_cases import FULL, QUICK
from tests.report.grades import found
from tests.workflow.begun import coming


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What was asked for; no session is run here. ``error`` and ``stopped`` say how it ends."""
    told: dict[str, Any] = {}

    async def grade_all(cases: Any, **options: Any) -> Grading:
        told.update(options, cases=cases)
        if (progress := options["progress"]) is not None:
            progress.trial_started(coming("clean", 4))
        if told.get("stopped"):
            options["stop"].set()
        if "error" in told:
            raise NotGraded(told["error"])
        return Grading(tuple(found()), (), 0, tuple(cases))

    monkeypatch.setattr(command, "grade_all", grade_all)
    return told


def invoke(*arguments: str) -> Any:
    return CliRunner().invoke(command.grade_command, list(arguments))


def test_the_grades_are_printed_and_the_progress_is_not_among_them(asked: dict[str, Any]) -> None:
    result = invoke()
    assert result.exit_code == 0
    assert "right factor" in result.stdout
    assert result.stderr == "session 1 of 4: clean\n"
    assert (asked["cases"], asked["out"]) == (FULL, None)


def test_json_is_one_object_and_quiet_says_nothing_else(asked: dict[str, Any]) -> None:
    result = invoke("--quick", "--json", "-q", "--out", "x")
    assert json.loads(result.stdout)["sessions"] == 4
    assert result.stderr == ""
    assert (asked["cases"], asked["out"]) == (QUICK, Path("x"))


def test_markdown_is_the_tables_of_the_document(asked: dict[str, Any]) -> None:
    assert asked == {}
    assert invoke("--markdown", "-q").stdout.startswith("| Rules | right factor")


def test_cases_of_ones_own_are_graded(asked: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "cases.yaml"
    path.write_text("cases: [{name: x, dimension: none, expected: good}]\n", encoding="utf-8")
    assert invoke("--cases", str(path)).exit_code == 0
    assert [case.name for case in asked["cases"]] == ["x"]


@pytest.mark.parametrize("options", [("--quick", "--cases", "x.yaml"), ("--json", "--markdown")])
def test_options_that_exclude_each_other_are_refused(options: tuple[str, ...]) -> None:
    assert invoke(*options).exit_code == 2


def test_nothing_graded_is_exit_3_with_the_reason(asked: dict[str, Any]) -> None:
    asked["error"] = "clean: too slow"
    result = invoke("-q")
    assert (result.exit_code, result.stdout) == (3, "")
    assert result.stderr == "not graded: clean: too slow\n"


@pytest.mark.parametrize("error", [None, "no session was run to its end"])
def test_an_interrupted_grading_tells_what_it_has_and_how_to_go_on(
    asked: dict[str, Any], error: str | None
) -> None:
    asked["stopped"] = True
    if error:
        asked["error"] = error
    result = invoke("-q")
    assert result.exit_code == 130
    assert ("right factor" in result.stdout) == (error is None)
    assert "call it again with the same --out" in result.stderr
