"""docs/ci.md: its jobs are YAML whose commands parse, its options those of the plugin."""

from __future__ import annotations

import re
from typing import Any

import click
import pytest
from ruamel.yaml import YAML

from g2gbench import pytest_plugin
from g2gbench.cli import cli
from g2gbench.report import markdown
from tests.docs.documents import commands, fences, read, rows
from tests.docs.test_commands import parse

PAGE = read("docs/ci.md")
GITHUB, GITLAB = (YAML(typ="safe", pure=True).load(text) for text in fences(PAGE, "yaml"))
STEPS = GITHUB["jobs"]["wifi"]["steps"]
SCRIPTS = [step["run"] for step in STEPS if "run" in step]
(JOB,) = GITLAB.values()
SCRIPTS += [*JOB["script"], *JOB["after_script"]]
COMMANDS = list(commands("".join(f"```bash\n{script.rstrip()}\n```\n" for script in SCRIPTS)))


def test_both_jobs_measure_and_report() -> None:
    words = [command[0] for command in COMMANDS]
    assert {"run", "baseline", "trend", "report"} <= set(words)
    assert words.count("run") == 2


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_a_command_of_a_job_parses(words: list[str]) -> None:
    assert parse([word for word in words if word != "$baseline"]).command is not cli


def test_a_wrong_command_of_a_job_would_be_found() -> None:
    (words,) = commands("```bash\nif true; then\n  g2gbench trnd runs\nfi\n```\n")
    with pytest.raises(click.UsageError):
        parse(words)


def test_every_step_acts_or_uses_an_action_of_a_named_version() -> None:
    for step in STEPS:
        assert "run" in step or re.fullmatch(r"actions/[a-z-]+@v\d+", step["uses"])


def test_the_summary_is_written_whatever_the_verdict() -> None:
    (told,) = [step for step in STEPS if "GITHUB_STEP_SUMMARY" in step.get("run", "")]
    assert told["if"] == "always()"
    assert f"at most {markdown.MOST_BYTES // 1000} kB" in PAGE
    assert JOB["artifacts"]["when"] == "always"
    assert JOB["allow_failure"]["exit_codes"] == [3]


def test_every_option_of_the_plugin_is_told_and_no_other(pytestconfig: pytest.Config) -> None:
    class Group:
        names: list[str] = []  # noqa: RUF012 - of this test alone

        def addoption(self, name: str, **_: Any) -> None:
            self.names.append(name)

        def getgroup(self, *_: str) -> Group:
            return self

    group: Any = Group()
    pytest_plugin.pytest_addoption(group)
    told = [row[0].strip("`") for row in rows(PAGE, "| Option of pytest | Meaning |")]
    assert sorted(told) == sorted(group.names)
