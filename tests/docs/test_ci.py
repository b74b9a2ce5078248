"""docs/ci.md: its jobs are YAML whose commands parse, its options those of the plugin."""

from __future__ import annotations

import re
from typing import Any

import click
import pytest
from ruamel.yaml import YAML

from g2gbench import pytest_plugin
from g2gbench.report.formats import markdown
from g2gbench.scenario import load
from tests.docs.documents import ROOT, commands, fences, read, rows
from tests.docs.parsing import parse

PAGE = read("docs/ci.md")
GITHUB, GITLAB = (YAML(typ="safe", pure=True).load(text) for text in fences(PAGE, "yaml"))
STEPS = GITHUB["jobs"]["service"]["steps"]
SCRIPT = read("docs/ci/nightly.sh")
SHELL = "sh docs/ci/nightly.sh docs/ci/service.yaml nightly"
(JOB,) = GITLAB.values()


def test_both_jobs_run_the_script_that_is_tested() -> None:
    assert SHELL in [step.get("run") for step in STEPS]
    assert SHELL in JOB["script"]
    assert load(ROOT / "docs/ci/service.yaml").target.kind == "service"


def test_a_night_is_kept_whatever_it_came_to() -> None:
    (saved,) = [step for step in STEPS if step.get("uses", "").startswith("actions/cache/save@")]
    assert saved["if"] == "always()"
    (restored,) = [s for s in STEPS if s.get("uses", "").startswith("actions/cache/restore@")]
    assert restored["with"]["key"] == saved["with"]["key"]
    assert JOB["cache"]["when"] == "always"


def test_a_wrong_command_of_a_job_would_be_found() -> None:
    (words,) = commands("```bash\nif true; then\n  g2gbench trnd runs\nfi\n```\n")
    with pytest.raises(click.UsageError):
        parse(words)


def test_every_step_acts_or_uses_an_action_of_a_named_version() -> None:
    for step in STEPS:
        assert "run" in step or re.fullmatch(r"actions/[a-z/-]+@v\d+", step["uses"])


def test_the_summary_and_the_codes_are_those_of_the_page() -> None:
    assert "GITHUB_STEP_SUMMARY" in SCRIPT
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
