"""The files that a report leaves, and what stands on its page."""

from __future__ import annotations

import html
import json
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest
from markupsafe import escape

from g2gbench import report
from g2gbench.measure.registry import METRICS
from g2gbench.report.figures import illustrate, svg
from g2gbench.report.formats import html_page
from g2gbench.store.reading import Run, open_run
from tests.report import runs
from tests.report.conftest import BUILDERS, Reported
from tests.report.runs import HOSTILE, Recipe
from tests.report.undrawn import undrawn

pytestmark = pytest.mark.integration

_VOID = {"meta", "link", "br", "img", "input", "hr", "path", "circle", "line", "rect", "use"}


class Outline(HTMLParser):
    """Tags, texts and attributes of a page; ``unclosed`` names what does not match."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.words: list[str] = []
        self.unclosed: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.unclosed += self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in _VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        if tag in _VOID:
            return
        if not self._open or self._open.pop() != tag:
            self.unclosed.append(f"/{tag}")

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


@pytest.mark.parametrize("state", BUILDERS)
def test_every_report_is_there_and_nothing_half_written(pages: Reported, state: str) -> None:
    path = pages.written(state).path
    names = {entry.name for entry in path.iterdir()}
    assert names >= {
        "run.json",
        "summary.json",
        "summary.csv",
        "report.html",
        "summary.md",
        "junit.xml",
        "figures",
    }
    assert not list(path.rglob("*.tmp"))


@pytest.mark.parametrize("state", BUILDERS)
def test_the_page_needs_nothing_from_outside(pages: Reported, state: str) -> None:
    outline = Outline(pages.html(state))
    assert {tag for tag, _ in outline.tags} & {"script", "iframe", "object", "img", "base"} == set()
    for tag, attributes in outline.tags:
        assert not [name for name in attributes if name.startswith("on")]
        target = attributes.get("href", attributes.get("src", "#"))
        kept = (
            tag == "a" and (pages.written(state).path / unquote(target)).is_dir()
        )  # its own records
        assert kept or target.startswith("#") or (tag, target) == ("link", "data:,")
    styles = "".join(re.findall(r"<style>.*?</style>", pages.html(state), re.DOTALL))
    assert "url(" not in styles
    assert "@import" not in styles
    assert "@font-face" not in styles


@pytest.mark.parametrize("state", BUILDERS)
def test_the_page_is_well_formed(pages: Reported, state: str) -> None:
    outline = Outline(pages.html(state))
    assert outline.unclosed == []
    ids = [attributes["id"] for _, attributes in outline.tags if "id" in attributes]
    assert len(set(ids)) == len(ids)
    links = {a["href"] for t, a in outline.tags if t in ("a", "use")}
    assert {link[1:] for link in links if link.startswith("#")} <= set(ids)


@pytest.mark.parametrize(
    "state",
    [
        pytest.param(state, marks=[pytest.mark.nightly] * (state in ("fail", "blackout")))
        for state in BUILDERS
    ],
)
def test_the_same_run_gives_the_same_page(pages: Reported, state: str) -> None:
    run = open_run(pages.written(state).path)
    with pages.drawing(state):
        assert html_page.render(run) == pages.html(state)


@pytest.mark.parametrize("state", BUILDERS)
def test_every_picture_is_told_in_words(pages: Reported, state: str) -> None:
    outline = Outline(pages.html(state))
    pictures = [a for _, a in outline.tags if a.get("role") == "img"]
    assert pictures
    assert all(len(attributes["aria-label"]) > 20 for attributes in pictures)
    drawings = [a for tag, a in outline.tags if tag == "svg"]
    assert all(attributes.get("aria-hidden") == "true" for attributes in drawings)


@pytest.mark.parametrize("state", BUILDERS)
def test_no_cell_of_a_table_is_empty_and_no_number_is_not_one(pages: Reported, state: str) -> None:
    text = pages.html(state)
    outline = Outline(text)
    assert not re.search(r"\b(nan|None|inf|undefined)\b", outline.text.partition("Definitions")[2])
    assert not re.search(r"\bnan\b|\bNone\b", outline.text)
    values = re.findall(r'<td class="n">(.*?)</td>', text, re.DOTALL)
    assert values
    assert all(value.strip() for value in values)


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("pass", "Pass: all 4 expectations hold"),
        ("fail", "Fail: g2g p95 was 661 ms, limit 500 ms"),
        ("invalid", "Invalid: 1 of 3 trials is valid, 3 are needed"),
        ("interrupted", "Interrupted: 1 of 3 trials was measured"),
        ("unreachable", "Unreachable: the service refused the key (401)"),
    ],
)
def test_the_verdict_is_the_heading(reported: Reported, state: str, words: str) -> None:
    heading = re.search(r"<h1>(.*?)</h1>", reported.html(state), re.DOTALL)
    assert heading
    assert Outline(heading[1]).text == words
    assert f'<div class="verdict {state}">' in reported.html(state)


def test_only_a_broken_limit_colours_a_number(reported: Reported) -> None:
    states = re.findall(r'<div class="tile (\w*)">', reported.html("fail"))
    assert states == ["", "fail", "pass", "pass", "", "pass"]


def test_an_invalid_run_shows_its_numbers_and_judges_none(reported: Reported) -> None:
    text = reported.html("invalid")
    assert re.findall(r'<div class="tile (\w*)">', text) == ["invalid"] * 6
    assert Outline(text).text.count("not judged") >= 4
    assert "does not hold" not in text
    assert text.count('class="zone off"') == 4


def test_trials_that_do_not_count_say_so_beside_their_numbers(reported: Reported) -> None:
    text = reported.html("six cells")
    assert text.count("of trials that do not count") == 6


def test_what_was_not_measured_says_why(reported: Reported) -> None:
    text = Outline(reported.html("unreachable")).text
    assert "No frame came back: there is nothing to draw over time." in text
    assert text.count("no valid trial measured it") >= len(METRICS)
    assert (
        "not measured: needs 500 delivered frames, has 148" in Outline(reported.html("fail")).text
    )


def test_a_killed_run_gets_its_summary_and_lists_the_trial_that_never_ran(
    tmp_path: Path,
) -> None:
    run = runs.interrupted(tmp_path)
    assert not (run.path / "summary.json").exists()
    with undrawn():
        report.write(run)
    stored = json.loads((run.path / "summary.json").read_text(encoding="utf-8"))
    assert stored["status"] == "interrupted"
    text = Outline((run.path / "report.html").read_text(encoding="utf-8")).text
    assert "not run" in text
    assert "its process was cut off" in text


def test_a_stored_summary_is_left_as_it_is(tmp_path: Path) -> None:
    run = runs.passing(tmp_path)
    before = (run.path / "summary.json").read_bytes()
    with undrawn():
        report.write(run)
    assert (run.path / "summary.json").read_bytes() == before


def test_the_page_does_not_depend_on_where_the_run_lies(tmp_path: Path) -> None:
    run = runs.passing(tmp_path / "a")
    with undrawn():
        text = html_page.render(run)
        (tmp_path / "b").mkdir()
        moved = run.path.rename(tmp_path / "b" / run.path.name)
        assert html_page.render(open_run(moved)) == text


def test_text_from_outside_stays_text(reported: Reported) -> None:
    text = reported.html("hostile")
    assert "<script" not in text
    assert "<img" not in text
    assert text.count("</style>") == 1
    assert "{{ 7 * 7 }}" in text  # neither executed nor lost
    assert html.escape("<script>alert(1)</script>", quote=True) in text
    words = HOSTILE.partition("\x1b")[0].split()
    assert " ".join(words) in Outline(text).text


ONE_TRIAL = {"budget", "over-time", "distribution", "drops", "first-frame", "first-seconds"}


@pytest.mark.parametrize(
    ("state", "names"),
    [
        ("pass", ONE_TRIAL),
        ("fail", {*ONE_TRIAL, "trials"}),
        ("unreachable", set()),
    ],
)
def test_figures_are_files_too(pages: Reported, state: str, names: set[str]) -> None:
    figures = list((pages.written(state).path / "figures").iterdir())
    assert {figure.stem for figure in figures} == names
    assert {figure.suffix for figure in figures} == ({".png", ".svg"} if names else set())


def test_each_cell_of_a_matrix_has_a_section_and_a_figure(reported: Reported) -> None:
    text = reported.html("six cells")
    assert [f'id="cell-{i}"' in text for i in range(7)] == [True] * 6 + [False]
    figures = {figure.stem for figure in (reported.written("six cells").path / "figures").iterdir()}
    assert {"cells", "heat-map", "budget"} <= figures
    assert len(figures) == 11


def test_stages_of_the_way_add_up_on_the_page(reported: Reported) -> None:
    trial = reported["pass"].summary_data["cells"][0]["trials"][0]
    text = Outline(reported.html("pass")).text
    for stage in trial["accounting"]:
        assert str(stage["count"]) in text
    counts = [stage["count"] for stage in trial["accounting"]]
    lost = [stage["lost"] or 0 for stage in trial["accounting"]]
    assert counts[0] - sum(lost) == counts[-1]


def test_every_metric_is_defined(reported: Reported) -> None:
    text = reported.html("pass")
    for metric in METRICS.values():
        assert str(escape(metric.definition)) in text


def test_what_the_tool_cannot_say_is_said(reported: Reported) -> None:
    text = Outline(reported.html("pass")).text
    assert "There is no calibration of this machine" in text
    assert "half a frame interval of capture quantisation: ±20.0 ms at 25 frames" in text


def many_cells(root: Path) -> Run:
    return runs.matrix(root, ["vp8", "h264"], [f"{i}Mbps" for i in range(1, 8)])


def test_of_many_cells_each_has_a_small_figure_alone(tmp_path: Path) -> None:
    with undrawn():
        text = html_page.render(many_cells(tmp_path))
    assert text.count('class="v700"') == 5  # of the matrix and its codecs


@pytest.mark.nightly
def test_a_page_of_many_cells_stays_small(tmp_path: Path) -> None:
    assert len(html_page.render(many_cells(tmp_path)).encode()) < 1_500_000


def long_session(root: Path) -> Run:
    return runs.store(root, {"default": [Recipe(frames=5000, seed=3)]})


def test_long_sessions_show_a_part_of_their_frames_and_say_so(tmp_path: Path) -> None:
    run = long_session(tmp_path)
    with undrawn():
        text = html_page.render(run)
    assert "Dots: 4000 of 5050 frames, evenly chosen, and the slowest." in text
    (found,) = illustrate.figures_of(run)
    assert found.over_time is not None
    dots = sum(map(len, svg.inline(found.over_time, 1)))
    assert len(text.encode()) + dots < 1_300_000


@pytest.mark.nightly
def test_a_page_of_a_long_session_stays_small(tmp_path: Path) -> None:
    assert len(html_page.render(long_session(tmp_path)).encode()) < 1_500_000


def test_commands_that_write_no_report_do_not_load_matplotlib() -> None:
    code = (
        "import sys; from g2gbench import report; from g2gbench.report.formats import terminal; "
        "assert 'matplotlib' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_each_trial_leads_to_its_raw_records(reported: Reported) -> None:
    links = [tag[1]["href"] for tag in Outline(reported.html("fail")).tags if tag[0] == "a"]
    records = [link for link in links if not link.startswith("#")]
    assert records == [f"trials/default/{repeat}/" for repeat in range(5)]
    assert all((reported["fail"].path / link / "frames.parquet").is_file() for link in records)


def test_a_key_number_says_what_it_means(reported: Reported) -> None:
    tags = Outline(reported.html("pass")).tags
    told = [attributes["title"] for tag, attributes in tags if tag == "abbr"]
    assert METRICS["ttff_ms"].definition in told
    assert len(told) == 6


def test_a_matrix_of_two_fields_is_drawn_as_a_grid(reported: Reported) -> None:
    assert (reported.written("six cells").path / "figures" / "heat-map.png").exists()
    assert not (reported.written("two cells").path / "figures" / "heat-map.png").exists()
    assert "g2g p95 by publish.codec across" in reported.html("six cells")
