"""What reports say of a client that displays, and that they say nothing of it of others."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from g2gbench.analysis.result import CellResult, Estimates
from g2gbench.report.figures.illustrate import figures_of
from g2gbench.report.formats import markdown, terminal
from g2gbench.report.text.numbers import KEY_METRICS, key_metrics
from g2gbench.report.views import cell_view, drop_view
from g2gbench.report.views.budget_view import budget_of
from tests.report.conftest import Reported

pytestmark = pytest.mark.integration

DISPLAY_MS = 5.0
WITH_DISPLAY = (
    "g2g_ms.p50",
    "g2g_displayed_ms.p50",
    "g2g_ms.p95",
    "g2g_displayed_ms.p95",
    *KEY_METRICS[2:],
)


def test_the_key_numbers_have_those_of_the_display_where_one_cell_displays(
    reported: Reported,
) -> None:
    native, browser = reported["display"].result.cells
    assert key_metrics([native]) == KEY_METRICS
    assert key_metrics([browser]) == key_metrics([native, browser]) == WITH_DISPLAY


def test_the_display_comes_on_top_of_a_budget_that_still_sums_to_g2g(reported: Reported) -> None:
    trials = reported["one display"].result.cells[0].trials
    budget = budget_of(trials)
    assert budget is not None
    assert budget.display is not None
    assert budget.display.ms == pytest.approx(DISPLAY_MS)
    assert budget.total_ms == pytest.approx(trials[0].value("g2g_ms.mean"))
    assert budget.all_parts == (*budget.parts, budget.display)
    assert budget.total.endswith(" + 5")
    assert budget.share(budget.display) == "–"
    assert budget.display.remark == "of the 95% of the frames that were displayed"


def test_a_budget_of_a_client_that_does_not_display_ends_with_g2g(reported: Reported) -> None:
    native = budget_of(reported["display"].result.cells[0].trials)
    assert native is not None
    assert native.display is None
    assert native.all_parts == native.parts
    assert "+" not in native.total


@pytest.mark.parametrize(("state", "rows"), [("one display", 9), ("fail", 8)])
def test_drops_by_phase_have_a_row_for_the_display_where_there_is_one(
    reported: Reported, state: str, rows: int
) -> None:
    run = reported[state]
    cell = run.result.cells[0]
    names = [name for name, *_ in drop_view.drop_rows(cell)]
    assert len(names) == rows
    assert ("display" in names) == (state == "one display")
    figure = figures_of(run)[0].drops
    assert figure is not None
    assert ("display 7" in figure.alt) == (state == "one display")  # every 20th of 150


def test_the_page_tells_displayed_g2g_beside_g2g(reported: Reported) -> None:
    page = reported.html("one display")
    assert re.search(r"no limit set; displayed [\d.]+ ms", page)
    assert "<td>displayed</td>" in page
    assert "ms more until they were on display" in page
    assert "<td>displayed</td>" not in reported.html("pass")


def test_the_table_of_cells_has_a_column_for_the_display(reported: Reported) -> None:
    page = reported.html("display")
    assert page.count("</i>9 display</th>") == 1
    assert "9 display" not in reported.html("two cells")


def test_a_terminal_and_a_summary_tell_it_too(reported: Reported) -> None:
    lines = terminal.render(reported["one display"]).split("\n")
    assert any(line.split()[:3] == ["g2g", "displayed", "p50"] for line in lines)
    assert any(line.split()[:2] == ["display", "5"] for line in lines)
    assert any(line.strip() == "display 7" for line in lines)
    several = terminal.render(reported["display"]).split("\n")
    (head,) = [line for line in several if "where the ms go" in line]
    assert head.split()[-2:] == ["g2g", "disp"]
    text = markdown.render(reported["display"])
    assert "| **g2g mean** | display |" in text
    assert "g2g displayed p95" in text


def test_a_remark_on_the_display_stands_where_the_key_numbers_are(reported: Reported) -> None:
    cell = reported["one display"].result.cells[0]
    assert cell_view.remark_on_display(cell) == ""
    locked = with_displayed(cell, reason="locked")
    assert cell_view.remark_on_display(locked) == "displayed: locked"
    assert cell_view.remarks_on_display([locked]) == ["displayed: locked"]
    native, browser = reported["display"].result.cells
    both = [native, with_displayed(browser, reason="locked")]
    assert cell_view.remarks_on_display(both) == ["displayed: locked (browser)"]
    assert cell_view.remark_on_display(with_displayed(locked, value=None)) == ""


def with_displayed(cell: CellResult, **changes: Any) -> CellResult:
    """The cell with displayed g2g p50 changed."""
    name = "g2g_displayed_ms.p50"
    changed = {**cell.metrics, name: replace(cell.metrics[name], **changes)}
    return replace(cell, metrics=Estimates(changed))
