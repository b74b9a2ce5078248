"""The page on the client names what there is, and tests that exist."""

from __future__ import annotations

import ast
import re
from functools import cache

import pytest

from g2gbench import realtime
from g2gbench.realtime import client
from g2gbench.scenario.model.faults import SignallingFaultsSection
from tests.cli.serving import serve
from tests.docs.documents import ROOT, fences, read, rows, section

PAGE = read("docs/realtime.md")
HEADER = "| SDK | Here | Shown by |"
PARTS = section(PAGE, "What an SDK has, and what is here").split("\n### ")[1:]
TABLES = [row for part in PARTS for row in rows(part, HEADER)]
FAULTS = rows(PAGE, "| Fault | What the client must do | Seen by |")


@cache
def _tests_of(path: str) -> set[str]:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {node.name for node in tree.body if isinstance(node, functions)}


def test_there_is_a_row_for_everything_public() -> None:
    told = set(re.findall(r"`(\w+)", " ".join(here for _, here, _ in TABLES)))
    assert set(realtime.__all__) - told == {
        "Event",  # what all of them are
        "GenerationStarted",
        "LocalFrame",
        "RemoteFrame",
        "RtcStats",
        "StatsFailed",
    }


@pytest.mark.parametrize("row", TABLES, ids=lambda row: row[0])
def test_every_row_names_a_counterpart_and_a_test_or_says_why_there_is_none(row: list[str]) -> None:
    _, here, shown = row
    if here.startswith("none: "):
        assert shown == "–"
        return
    name = re.findall(r"`([\w.]+)`", here)[0]
    owner, _, member = name.partition(".")
    found = getattr(realtime, owner)
    assert not member or hasattr(found, member) or member in str(found.__slots__)
    path, _, test = shown.strip("`").partition("::")
    assert test in _tests_of(path)


@pytest.mark.parametrize("row", FAULTS, ids=lambda row: row[2])
def test_every_fault_has_its_test(row: list[str]) -> None:
    fault, _, shown = row
    assert shown.strip("`") in _tests_of("tests/realtime/test_faults.py")
    assert re.findall(r"`(\w+)", fault)[0] in SignallingFaultsSection.model_fields


def test_no_fault_is_left_out() -> None:
    told = {word for fault, *_ in FAULTS for word in re.findall(r"`(\w+)", fault)}
    how = {"stall_for", "garbage_every", "sessions"}
    assert set(SignallingFaultsSection.model_fields) - how == told


@pytest.mark.session
def test_the_example_runs_and_shows_a_frame(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (example,) = fences(PAGE, "python")
    with serve() as served:
        monkeypatch.setattr(client, "BASE_URL", served.base)  # in place of the public service
        monkeypatch.setenv(client.KEY_VARIABLE, "a-key")
        exec(compile(example, "docs/realtime.md", "exec"), {})
    assert capsys.readouterr().out.startswith("(624, 1088) ")
