"""The README promises nothing that is not there, and keeps quiet about nothing that is missing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import pytest

import g2gbench
from g2gbench.analysis.verdict import EXIT_CODES
from g2gbench.cli import cli
from g2gbench.errors import ExitCode
from g2gbench.scenario import ScenarioError, loads
from g2gbench.statistics.median_interval import FEWEST_FOR_INTERVAL
from g2gbench.store.reading import Run
from tests.docs.documents import ROOT, code_words, fences, read, rows, section
from tests.report import runs

README = read("README.md")
COMMANDS = cli.list_commands(click.Context(cli))
TABLE = "| Code | Verdict | Meaning |"
NOT_YET = section(README, "What it does not do yet")


def test_it_is_short() -> None:
    assert len(README.splitlines()) < 130


def test_each_of_its_two_commands_is_one_line_that_a_bare_clone_can_run() -> None:
    lines = README.splitlines()
    install = "python3 -m venv .venv && .venv/bin/pip install -q"
    assert f"{install} . && .venv/bin/g2gbench run scenarios/wifi.yaml" in lines
    assert f"{install} -e '.[dev]' && .venv/bin/nox" in lines


@pytest.mark.parametrize("document", ["README.md", "docs/running.md"])
def test_the_exit_codes_are_those_of_the_code(document: str) -> None:
    told = {int(code): verdict for code, verdict, _ in rows(read(document), TABLE)}
    assert told == {code.value: code.name.lower().replace("_", " ") for code in ExitCode}
    for status, code in EXIT_CODES.items():
        assert told[code] == status


def test_the_smallest_interval_is_that_of_the_code() -> None:
    assert f"from {FEWEST_FOR_INTERVAL} on it is an interval" in README


def test_its_python_runs_and_gives_what_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (snippet,) = fences(README, "python")
    stored = runs.passing(tmp_path)
    asked: list[str] = []

    def run(scenario: str) -> Run:
        asked.append(scenario)
        return stored

    monkeypatch.setattr(g2gbench, "run", run)
    scope: dict[str, Any] = {}
    exec(compile(snippet, "README.md", "exec"), scope)
    assert asked == ["scenarios/wifi.yaml"]
    assert (ROOT / asked[0]).is_file()
    assert list(scope["frames"]["outcome"].unique())
    assert capsys.readouterr().out.startswith(f"{stored.status}\n")
    assert callable(g2gbench.run_async)


def test_what_it_says_is_missing_is_missing() -> None:
    assert set(code_words(NOT_YET)) == {"service", "g2gbench serve"}
    browser = "name: page\ntarget: {kind: loopback, model: lucy-2.1}\nclient: {kind: browser}\n"
    for missing, refusal in (
        ("source: {kind: camera}\n", "takes no camera"),
        ("publish: {simulcast: true}\n", "sends one encoding"),
    ):
        with pytest.raises(ScenarioError, match=refusal):
            loads(browser + missing)


def test_the_changelog_names_commands_that_are_there() -> None:
    for word in code_words(read("CHANGELOG.md")):
        if word.startswith("g2gbench "):
            assert word.split()[1] in COMMANDS
