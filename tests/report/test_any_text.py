"""Any text as name, cell, prompt, message and path: no report raises, and none changes the text."""

from __future__ import annotations

import csv
import html
import io
import json
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from g2gbench.analysis.plain import from_plain
from g2gbench.analysis.trials import TrialResult
from g2gbench.measure.journal import parse
from g2gbench.report.figures import svg
from g2gbench.report.figures.palette import LIGHT
from g2gbench.report.formats import (
    html_page,
    junit,
    markdown,
    openmetrics,
    pytest_benchmark,
    terminal,
)
from g2gbench.report.text.one_line import for_a_line, for_markup
from g2gbench.store.files import write_text
from g2gbench.store.reading import Run, Trial, open_run
from g2gbench.store.run_directory import as_csv
from tests.report import runs
from tests.report.drawing import drawn
from tests.report.runs import Recipe
from tests.report.undrawn import undrawn

pytestmark = pytest.mark.integration

Told = Callable[[str], Run]
TOKEN = "Q7Q"
HOSTILE = (
    "#ff8800",
    "in #123456 and 1.23456 $x^2$ $",
    "=1+1",
    "-2",
    "@SUM(A1)",
    "\tx",
    "[red]x[/red] [/]",
    "[bold",
    "</script><script>alert(1)</script>",
    "]]> --> <!--",
    'a\\nb \\ "q"',
    "a\nb\r\nc",
    "\x00\x1b[31m\x07\x85",
    "\ufffe\uffff\u202e\u2028",
    "😀 مرحبا 漢字",
    "| a | `b` |",
    'rotate(-0 1) url(#p1) id="x"',
    "a=b,c=d",
    "--",
    " ",
)
TEXTS = st.one_of(
    st.sampled_from(HOSTILE), st.text(st.characters(codec="utf-8"), min_size=1, max_size=60)
)
QUICK = settings(
    deadline=None,
    max_examples=25,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    phases=[Phase.explicit, Phase.generate],
)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    """From a text to a run that has it wherever text comes from outside."""
    scenario = {
        "name": TOKEN,
        "description": TOKEN,
        "target": {"kind": "loopback", "model": TOKEN, "room": {"kind": TOKEN}},
        "source": {"path": TOKEN},
        "session": {"prompt": TOKEN},
        "timeline": [{"at": "2s", "prompt": TOKEN}],
        "matrix": {"session.prompt": [TOKEN, "plain"]},
    }
    cells = {
        f"session.prompt={TOKEN}": [Recipe(prompt=TOKEN), Recipe(prompt=TOKEN, seed=2, link=True)],
        "session.prompt=plain": [replace(runs.UNREACHABLE, message=TOKEN)],
    }
    root = tmp_path_factory.mktemp("any-text")
    stored = open_run(runs.store(root, cells, name=TOKEN, scenario=scenario).path)
    return partial(with_text, stored)


def put(data: Any, text: str) -> Any:
    """The data with the text in the place of every token."""
    if isinstance(data, str):
        return data.replace(TOKEN, text)
    if isinstance(data, dict):
        return {put(key, text): put(value, text) for key, value in data.items()}
    return [put(item, text) for item in data] if isinstance(data, list | tuple) else data


def with_text(run: Run, text: str) -> Run:
    facts = put(run.facts, text)
    for trial, kept in zip(facts["trials"], run.facts["trials"], strict=True):
        trial["path"] = kept["path"]  # no path has a NUL
    changed = replace(
        run,
        facts=facts,
        trials=tuple(_trial(trial, text) for trial in run.trials),
    )
    changed.__dict__["result"] = from_plain(put(run.summary_data, text))
    return changed


def _trial(trial: Trial, text: str) -> Trial:
    result = TrialResult.from_plain(put(trial.result.as_plain(), text))
    changed = replace(trial, cell=put(trial.cell, text), result=result)
    lines = (trial.path / "events.jsonl").read_text(encoding="utf-8").splitlines()
    changed.__dict__["session"] = parse([json.dumps(put(json.loads(line), text)) for line in lines])
    return changed


@QUICK
@given(TEXTS)
def test_csv_has_the_text_and_no_formula(told: Told, text: str) -> None:
    in_csv(told(text), text)


def in_csv(run: Run, text: str) -> None:
    rows = list(csv.DictReader(io.StringIO(as_csv(run.result))))
    cells = {row["cell"] for row in rows}
    written = text.replace("\r\n", "\n").replace("\r", "\n")
    assert cells == {f"session.prompt={written}", "session.prompt=plain"}
    assert {row["row"] for row in rows} == {"trial", "cell"}


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@A", "\tx", "\rx", "=cmd|' /C calc'!A0"])
def test_no_cell_of_csv_begins_as_a_formula(told: Told, text: str) -> None:
    result = told(text).result
    cells = (replace(result.cells[0], cell=text), *result.cells[1:])
    (first, *_) = csv.DictReader(io.StringIO(as_csv(replace(result, cells=cells))))
    assert first["cell"] == f"'{text}".replace("\r", "\n")


@QUICK
@given(TEXTS)
def test_junit_is_xml_and_has_the_text(told: Told, text: str) -> None:
    in_junit(told(text), text)


def in_junit(run: Run, text: str) -> None:
    root = ElementTree.fromstring(junit.render(run).encode())
    shown = for_markup(text.replace("\r\n", "\n").replace("\r", "\n"))
    assert root.get("name") == f"g2gbench {shown}"
    assert f"{shown}: session.prompt={shown}" in [s.get("name") for s in root]


@QUICK
@given(TEXTS)
def test_openmetrics_has_the_text_in_its_labels(told: Told, text: str) -> None:
    in_openmetrics(told(text), text)


def in_openmetrics(run: Run, text: str) -> None:
    exposition = openmetrics.render(run)
    found = text_string_to_metric_families(exposition)  # type: ignore[no-untyped-call] # the library's
    labels = [sample.labels for family in found for sample in family.samples]
    assert {one["scenario"] for one in labels} == {text}
    assert f"session.prompt={text}" in {one.get("cell") for one in labels}


@QUICK
@given(TEXTS)
def test_markdown_shows_the_letters_of_the_text_and_no_tag(told: Told, text: str) -> None:
    in_markdown(told(text), text)


def in_markdown(run: Run, text: str) -> None:
    said = markdown.render(run)
    assert _letters(text) in _letters(html.unescape(said))
    assert "<script" not in said


@QUICK
@given(TEXTS)
def test_a_terminal_gets_plain_lines_with_the_letters_of_the_text(told: Told, text: str) -> None:
    in_terminal(told(text), text)


def in_terminal(run: Run, text: str) -> None:
    said = terminal.render(run)
    assert _letters(for_a_line(text)) in _letters(said)
    assert all(line.isprintable() for line in said.split("\n"))


@QUICK
@given(TEXTS)
def test_pytest_benchmark_has_the_text(told: Told, text: str) -> None:
    in_pytest_benchmark(told(text), text)


def in_pytest_benchmark(run: Run, text: str) -> None:
    data = json.loads(pytest_benchmark.render(run))
    assert {one["param"] for one in data["benchmarks"]} == {f"session.prompt={text}"}


@pytest.mark.nightly
@settings(QUICK, max_examples=200)
@given(TEXTS)
def test_every_form_has_any_of_many_texts(told: Told, text: str) -> None:
    run = told(text)
    in_csv(run, text)
    in_junit(run, text)
    in_openmetrics(run, text)
    in_markdown(run, text)
    in_terminal(run, text)
    in_pytest_benchmark(run, text)


@settings(deadline=None, max_examples=8)
@given(TEXTS)
def test_a_figure_is_well_formed_and_shows_the_text(text: str) -> None:
    in_a_figure(text)


@pytest.mark.nightly
@settings(deadline=None, max_examples=100)
@given(TEXTS)
def test_a_figure_is_well_formed_with_any_of_many_texts(text: str) -> None:
    in_a_figure(text)


def in_a_figure(text: str) -> None:
    (drawing, _) = svg.inline(drawn(LIGHT["ink"], text), 1)
    words = [element.text or "" for element in ElementTree.fromstring(drawing).iter("text")]
    assert not text.strip() or for_a_line(text) in words


class Page(HTMLParser):
    """What a page shows, its tags, and its figures as they stand."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.shown: list[str] = []
        self.tags: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.shown.append(data)


BROKE_ONE = ("in #ff8800, #123456", "</style><script>x</script> $a$ 1.2345")


@pytest.fixture(scope="module")
def usual(told: Told) -> Page:
    """The page of a text that is nothing but one."""
    return Page(html_page.render(told("plain text")))


@settings(QUICK, max_examples=5)
@given(TEXTS)
def test_a_page_shows_the_text_and_nothing_of_it_is_markup(
    told: Told, usual: Page, text: str
) -> None:
    with undrawn():
        _assert_shown(told(text), usual, text)


def test_a_page_with_its_figures_survives_what_broke_one(told: Told, usual: Page) -> None:
    text = " ".join(BROKE_ONE)
    _assert_shown(told(text), usual, text)


@pytest.mark.nightly
@pytest.mark.parametrize("text", [*BROKE_ONE, *HOSTILE])
def test_a_page_with_its_figures_shows_a_hostile_text(told: Told, usual: Page, text: str) -> None:
    _assert_shown(told(text), usual, text)


def _assert_shown(run: Run, usual: Page, text: str) -> None:
    written = html_page.render(run)
    read = Page(written)
    assert read.tags.count("script") == 0
    assert set(read.tags) <= set(usual.tags) | {"path"}
    assert for_markup(text) in "".join(read.shown)
    for drawing in written.split("<svg")[1:]:
        ElementTree.fromstring("<svg" + drawing.partition("</svg>")[0] + "</svg>")


def test_a_file_takes_any_name_that_was_given(tmp_path: Path) -> None:
    write_text(tmp_path / "a", "caf\udce9 \ud83d")
    assert (tmp_path / "a").read_text(encoding="utf-8") == "caf\\udce9 \\ud83d"


def _letters(text: str) -> str:
    return "".join(c for c in text if c.isalnum())
