"""Every g2gbench command of a document is one that the command line takes."""

from __future__ import annotations

import json

import click
import pytest
from click.testing import CliRunner

from g2gbench.cli import baseline_comparison, cli
from tests.docs.documents import DOCUMENTS, ROOT, commands, fences, read
from tests.docs.parsing import parse

COMMANDS = [words for path in DOCUMENTS for words in commands(path.read_text(encoding="utf-8"))]
RUNS = [words for words in COMMANDS if words[0] == "run" and "--resume" not in words]


def test_documents_show_commands() -> None:
    assert len(COMMANDS) > 10
    assert len(RUNS) > 5


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_a_command_parses(words: list[str]) -> None:
    assert parse(words).command is not cli


@pytest.mark.parametrize(
    "words", [["run"], ["runs", "a.yaml"], ["run", "a.yaml", "--repat", "5"], ["scenario", "lsit"]]
)
def test_a_command_that_is_wrong_would_be_found(words: list[str]) -> None:
    with pytest.raises(click.UsageError):
        parse(words)


@pytest.mark.parametrize("words", RUNS, ids=" ".join)
def test_a_run_has_a_plan(words: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    # A baseline is one that somebody has kept; a plan is refused without it.
    monkeypatch.setattr(baseline_comparison, "bases_of", lambda *_: [])
    result = CliRunner().invoke(cli, [*words, "--dry-run", "--json"])
    assert result.exception is None, result.exception
    assert json.loads(result.stdout)["plan"]


def test_the_first_command_takes_as_long_as_its_plan_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    result = CliRunner().invoke(cli, ["run", "scenarios/wifi.yaml", "--dry-run"])
    (said,) = [line for line in result.stdout.splitlines() if "about" in line]
    assert f"({said.partition(', ')[2]})" in read("README.md")


@pytest.mark.integration
@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_what_the_page_says(shell: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (block,) = [b for b in fences(read("docs/running.md"), "bash") if "COMPLETE" in b]
    variable = f"{shell}_source"
    assert f"_G2GBENCH_COMPLETE={variable} g2gbench" in block
    monkeypatch.setenv("_G2GBENCH_COMPLETE", variable)
    result = CliRunner().invoke(cli, prog_name="g2gbench")
    assert "g2gbench_completion" in result.stdout


def test_the_scenarios_that_commands_name_are_shipped() -> None:
    named = {word for words in COMMANDS for word in words if word.startswith("scenarios/")}
    assert named
    assert not [word for word in named if not (ROOT / word).is_file()]
