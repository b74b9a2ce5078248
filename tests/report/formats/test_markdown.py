from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from g2gbench.report.formats import markdown
from g2gbench.store.reading import Run
from tests.report import runs
from tests.report.conftest import BUILDERS, Reported
from tests.report.runs import Recipe


def test_the_verdict_comes_first(reported: Reported) -> None:
    text = markdown.render(reported["fail"])
    assert text.startswith("## ❌ g2gbench wifi: fail, g2g p95 was 661 ms, limit 500 ms\n")
    assert "| ❌ does not hold | `g2g_ms.p95 < 500` | 661 ms | [638, 684] |" in text
    assert "| ✅ holds, close | `drop_ratio < 3%` | 2.7 % | [1.3, 4.0] |" in text


@pytest.mark.parametrize("state", BUILDERS)
def test_rows_of_a_table_have_as_many_columns_as_its_head(reported: Reported, state: str) -> None:
    columns = 0
    for line in markdown.render(reported[state]).split("\n"):
        if not line.startswith("|"):
            columns = 0
            continue
        found = line.replace("\\|", "").count("|")
        assert found == (columns or found), line
        columns = found


def test_text_from_outside_stays_text(reported: Reported) -> None:
    text = markdown.render(reported["hostile"])
    assert "<script" not in text
    assert "<img" not in text
    assert "https://" not in text
    assert "@someone" not in text
    assert "](" not in text.replace("\\]", "")
    assert "\x1b" not in text


def multiplied(run: Run, names: Sequence[str]) -> Run:
    """The run of one cell as one of many like it, with these names."""
    (cell,) = run.result.cells
    (planned,) = run.facts["cells"]
    many = replace(run, facts=run.facts | {"cells": [planned | {"cell": name} for name in names]})
    cells = tuple(replace(cell, cell=name) for name in names)
    many.__dict__["result"] = replace(run.result, cells=cells)
    return many


def test_a_large_matrix_fits_into_a_comment(tmp_path: Path) -> None:
    prompt = "x" * 400
    names = [f"session.prompt={prompt}{i},publish.codec=vp8" for i in range(90)]
    recipe = Recipe(reason="unreachable", message="no answer " * 60)
    run = runs.store(tmp_path, {names[0]: [recipe]})
    text = markdown.render(multiplied(run, names))
    assert len(text.encode()) < markdown.MOST_BYTES
    assert "30 more rows: see `report.html`." in text


def test_a_job_may_have_many_summaries_in_one_step() -> None:
    assert 10 * markdown.MOST_BYTES < 1024 * 1024  # what GitHub takes of a step


def test_a_table_that_is_too_long_in_bytes_is_left_out(tmp_path: Path) -> None:
    wide = "\U0001f9ea" * 80  # four bytes a character
    names = [f"session.prompt={wide}{i},publish.codec=vp8" for i in range(60)]
    run = runs.store(tmp_path, {names[0]: [runs.UNREACHABLE]})
    text = markdown.render(multiplied(run, names))
    assert len(text.encode()) < markdown.MOST_BYTES
    assert "A table is left out here" in text


def test_what_was_not_measured_comes_with_its_reason(reported: Reported) -> None:
    assert "| fps | not measured (no valid trial measured it) | – |" in markdown.render(
        reported["unreachable"]
    )
