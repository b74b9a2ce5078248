"""The page on running tells every command, option, file, column and key, and no other."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest

import g2gbench
from g2gbench import report
from g2gbench.analysis.trials import TRIAL_STATUSES
from g2gbench.cli import cli
from g2gbench.measure.ledger import COLUMNS
from g2gbench.report.formats import markdown
from g2gbench.report.formats.exports import FORMATS
from g2gbench.scenario import loads
from g2gbench.store import run_directory, trial_directory
from tests.docs.documents import code_words, fences, prose, read, rows, section
from tests.report import runs
from tests.report.undrawn import undrawn

PAGE = read("docs/running.md")
SHARED = {"--help", "--version"}
TABLED = ("run", "live", "serve", "compare", "trend")
"""Commands with a table of their options."""
CUT_OF_A_TRIAL = {"metrics", "within_trial", "accounting", "phases", "recoveries"}


def leaves(group: click.Group, *before: str) -> Iterator[tuple[str, click.Command]]:
    """Every command below a group, by its words."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from leaves(command, *before, name)
        elif command is not None:
            yield " ".join((*before, name)), command


LEAVES = dict(leaves(cli))


def options(command: click.Command) -> set[str]:
    """Every spelling of a command's options."""
    parameters = [p for p in command.params if isinstance(p, click.Option)]
    return {spelling for p in parameters for spelling in (*p.opts, *p.secondary_opts)} - {"-h"}


def told_options(text: str) -> set[str]:
    """The options that a part of the page names in backticks."""
    return {word.split()[0] for word in code_words(text) if word.startswith("-")}


def subsection(title: str) -> str:
    """What stands below a heading of level three among the commands."""
    parts = re.split(r"^### (.+)$", section(PAGE, "Commands"), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))[title]


def test_every_command_is_in_the_table() -> None:
    table = [cells[0].strip("`") for cells in rows(PAGE, "| Command | What it does |")]
    named = [re.sub(r"^g2gbench ([a-z ]+[a-z]).*$", r"\1", command) for command in table]
    assert sorted(named) == sorted(LEAVES)


@pytest.mark.parametrize("name", TABLED)
def test_every_option_is_told_and_no_other(name: str) -> None:
    table = "\n".join(line for line in subsection(name).splitlines() if line.startswith("| `"))
    assert told_options(table) == options(LEAVES[name]) - SHARED


def test_every_option_of_the_smaller_commands_is_told() -> None:
    text = subsection("report, scenario, calibrate, doctor") + subsection("baseline")
    smaller = set(LEAVES) - {*TABLED, "preflight"}
    wanted = {option for name in smaller for option in options(LEAVES[name])} - SHARED
    assert told_options(text) == wanted
    with_json = {name for name in smaller if "--json" in options(LEAVES[name])}
    assert {word for word in code_words(text) if word in LEAVES and word in with_json} == with_json


def test_every_form_of_a_report_is_told() -> None:
    text = subsection("report, scenario, calibrate, doctor")
    assert [row[0].strip("`") for row in rows(text, "| Form | What it is |")] == list(FORMATS)
    assert f"at most {markdown.MOST_BYTES // 1000} kB" in text


def test_every_default_of_serve_is_the_one_that_holds() -> None:
    assert options(LEAVES["preflight"]) - SHARED <= told_options(subsection("preflight"))
    text = subsection("serve")
    for parameter in LEAVES["serve"].params:
        if parameter.name in ("port", "sessions", "model"):
            assert re.search(rf"`--{parameter.name} .*default `?{parameter.default}`?", text)


def test_every_file_of_a_run_is_explained_and_no_other(tmp_path: Path) -> None:
    told = {cells[0].strip("`") for cells in rows(PAGE, "| File | What it holds |")}
    in_code = {report.REPORT_HTML, report.SUMMARY_MD, report.JUNIT, f"{report.FIGURES}/"}
    in_code |= {run_directory.RUN, run_directory.SUMMARY, run_directory.SUMMARY_CSV}
    assert told == in_code | {f"{run_directory.TRIALS}/<cell>/<repeat>/"}
    run = runs.passing(tmp_path)
    with undrawn():
        report.write(run)
    assert {p.name for p in run.path.iterdir()} == {part.split("/")[0] for part in told}


def test_every_file_of_a_trial_is_explained_and_no_other(tmp_path: Path) -> None:
    told = {cells[0].strip("`") for cells in rows(PAGE, "| File of a trial | What it holds |")}
    tables = ("FRAMES", "RTCSTATS", "QUALITY", "SERVICE_FRAMES", "PACKETS")
    names = ("JOURNAL", "SERVICE_LOG", *tables, "EVENTS", "RESULT")
    assert told == {getattr(trial_directory, name) for name in names} | {"*.log"}
    trial = runs.passing(tmp_path).trials[0]
    assert {p.name for p in trial.path.iterdir() if p.suffix != ".log"} <= told


def test_the_columns_of_the_ledger_are_those_of_the_code() -> None:
    assert [
        (name.strip("`"), meaning) for name, meaning in rows(PAGE, "| Column | Meaning |")
    ] == list(COLUMNS.items())


def key_paths(value: Any, place: str = "") -> set[str]:
    """Where every key of nested data stands; positions in lists are all one."""
    if isinstance(value, list):
        return {path for item in value for path in key_paths(item, f"{place}[]")}
    if not isinstance(value, dict):
        return {place}
    return {path for key, item in value.items() for path in key_paths(item, f"{place}.{key}")}


def cut_down(summary: dict[str, Any]) -> dict[str, Any]:
    """A summary as the page shows it."""
    cell = dict(summary["cells"][0])
    cell["settings"] = {}
    cell["metrics"] = {"g2g_ms.p95": cell["metrics"]["g2g_ms.p95"]}
    kept = [{k: v for k, v in t.items() if k not in CUT_OF_A_TRIAL} for t in cell["trials"]]
    return {**summary, "cells": [{**cell, "trials": kept}]}


def test_the_json_has_the_keys_that_are_printed(tmp_path: Path) -> None:
    (block,) = fences(section(PAGE, "JSON"), "json")
    shown, real = json.loads(block), cut_down(runs.passing(tmp_path).summary_data)
    assert key_paths(shown) == key_paths(real)


def test_the_json_of_a_comparison_has_the_keys_that_are_printed(tmp_path: Path) -> None:
    (block,) = fences(subsection("compare"), "json")
    run = runs.passing(tmp_path)
    real = g2gbench.compare(run, run).as_plain()
    assert key_paths(json.loads(block)) == key_paths({**real, "exit_code": 0})


def test_every_status_of_a_trial_is_named() -> None:
    (sentence,) = [
        line for line in section(PAGE, "JSON").splitlines() if line.startswith("- A trial's")
    ]
    assert set(code_words(sentence)) - {"status"} == set(TRIAL_STATUSES)


def test_its_python_reads_a_stored_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (snippet,) = fences(PAGE, "python")
    stored = runs.passing(tmp_path)
    load = g2gbench.load
    monkeypatch.setattr(g2gbench, "load", lambda _: load(stored.path))
    scope: dict[str, Any] = {}
    exec(compile(snippet, "running.md", "exec"), scope)
    assert len(scope["frames"])
    assert len(scope["summary"])
    assert len(scope["statistics"])


def test_its_scenario_is_one() -> None:
    (served,) = fences(PAGE, "yaml")
    assert loads(served, environment={"SERVICE_KEY": "any-key"}).name == "served"


def test_the_precedence_of_exit_codes_is_told() -> None:
    assert "130, then 5, 4, 1, 3, 0" in prose(section(PAGE, "Exit codes"))
