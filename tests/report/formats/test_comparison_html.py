from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from g2gbench.report import SUMMARY_MD
from g2gbench.report.figures import floor_strip
from g2gbench.report.formats import comparison, comparison_html
from g2gbench.store.comparing import Comparison
from tests.report import runs
from tests.report.chromium import NEEDS_CHROMIUM, assert_fits_every_window, print_page, served
from tests.report.comparisons import STATES
from tests.report.undrawn import undrawn

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def pages(made: dict[str, Comparison]) -> dict[str, str]:
    return {state: comparison_html.render(made[state]) for state in STATES}


@pytest.mark.parametrize("state", STATES)
def test_a_page_is_one_file_without_a_script_and_its_ids_are_unique(
    pages: dict[str, str], state: str
) -> None:
    page = pages[state]
    assert not re.search(r'<script|<img|<iframe|(src|href)="(?!#|data:)|@import', page)
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert len(page) < 1_000_000


def test_the_verdict_comes_first_with_its_numbers(pages: dict[str, str]) -> None:
    page = pages["worse"]
    assert "<title>regression: wifi, base against candidate - g2gbench</title>" in page
    assert "<h1><b>Regression:</b> g2g p50 rose by 60 ms</h1>" in page
    assert "<dt>Regression</dt><dd>2</dd>" in page
    assert "<dt>Exit code</dt><dd>1</dd>" in page
    assert page.count("<figure") == 2
    assert 'aria-label="regression: difference +60 ms, interval [+56, +64], effect floor' in page


def test_a_hostile_name_is_shown_and_nothing_else(pages: dict[str, str]) -> None:
    assert "&lt;script&gt;alert(1)" in pages["hostile"]
    assert "{{ 7 * 7 }}" in pages["hostile"]


def test_what_differs_and_was_let_through_is_told(pages: dict[str, str]) -> None:
    assert (
        "The two runs are not alike, and were compared all the same: publish.codec"
        in (pages["unlike"])
    )
    assert 'class="chip regression"' in pages["unlike"].partition("Same conditions?")[2]
    assert "differs" not in pages["worse"].partition("Same conditions?")[2]


def test_what_was_not_measured_says_so_in_its_place(pages: dict[str, str]) -> None:
    assert "not measured" in pages["invalid"]
    assert "candidate: no valid trial" in pages["invalid"]
    assert "<figure" not in pages["invalid"]


def test_right_is_worse_whatever_the_metric(made: dict[str, Comparison]) -> None:
    rows = {row.metric: row for row in made["worse"].rows}
    slower, fps = floor_strip.span_of(rows["g2g_ms.p50"]), floor_strip.span_of(rows["fps"])
    assert slower is not None
    assert fps is not None
    assert 1 < slower.low <= slower.value <= slower.high
    row = rows["fps"]
    assert row.shift is not None
    assert row.floor is not None
    assert fps.high == pytest.approx(-row.shift.low / row.floor.value)


def test_the_axis_ends_where_the_intervals_do_or_says_that_they_go_on(
    made: dict[str, Comparison],
) -> None:
    rows = [row for row in made["worse"].rows if row.judged]
    assert 2 < floor_strip.reach(rows) <= floor_strip.MOST_FLOORS
    assert floor_strip.reach([]) == 2
    row = next(row for row in rows if row.outcome == "regression")
    assert "<path" not in floor_strip.svg(row, 99)
    assert floor_strip.svg(row, 2).count("<path") == 2


def test_page_markdown_and_json_are_written_side_by_side(
    made: dict[str, Comparison], tmp_path: Path
) -> None:
    comparison.write(made["worse"], tmp_path / "new" / "folder")
    written = {path.name for path in (tmp_path / "new" / "folder").iterdir()}
    assert written == {"compare.html", "compare.md", "compare.json"}
    data = json.loads((tmp_path / "new" / "folder" / "compare.json").read_text(encoding="utf-8"))
    assert (data["status"], data["exit_code"]) == ("regression", 1)


def test_a_summary_gains_the_comparison_below_the_run(
    made: dict[str, Comparison], tmp_path: Path
) -> None:
    run = runs.passing(tmp_path)
    with undrawn():
        comparison.add_to_reports(made["worse"], run)
    text = (run.path / SUMMARY_MD).read_text(encoding="utf-8")
    assert text.startswith("## ❌ g2gbench wifi: fail, regression against the baseline ")
    assert "\n\n### 🔻 g2gbench compare " in text
    with undrawn():
        comparison.add_to_reports(made["worse"], run)
    assert (run.path / SUMMARY_MD).read_text(encoding="utf-8") == text


@NEEDS_CHROMIUM
def test_no_page_is_wider_than_its_window_and_each_prints(
    pages: dict[str, str], tmp_path: Path
) -> None:
    paths = [tmp_path / f"{number}.html" for number in range(len(pages))]
    for path, page in zip(paths, pages.values(), strict=True):
        path.write_text(page, encoding="utf-8")
    assert_fits_every_window(paths, tmp_path)
    with served(tmp_path) as address:
        printed, logged = print_page(f"{address}/0.html", tmp_path)
    assert printed.startswith(b"%PDF")
    assert "CONSOLE" not in logged
