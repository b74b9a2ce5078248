from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from g2gbench.report.figures.over_time import over_time
from g2gbench.report.figures.svg import inline
from g2gbench.report.formats import markdown
from g2gbench.report.text.headline import headline
from g2gbench.report.views.quality_view import LETTERS, level_words, quality_view, sentences, words
from g2gbench.report.views.series import series_of
from g2gbench.store.reading import Run, Trial
from tests.analysis import results
from tests.analysis.results import cell
from tests.report import runs
from tests.report.conftest import Reported
from tests.report.runs import Recipe

pytestmark = pytest.mark.integration


@pytest.fixture
def slow(tmp_path: Path) -> Trial:
    """A trial of 16 s, held good and then poor: g2g is 1 s for 4 s of it."""
    recipe = Recipe(g2g_ms=600, frames=400, slow=400)
    return runs.store(tmp_path, {"default": [recipe]}, expect=[]).trials[0]


def test_seconds_of_one_level_are_one_stretch(slow: Trial) -> None:
    view = quality_view(slow, -2.0, 16.0)
    assert view is not None
    assert [one.level for one in view.alone].count("poor") == 1
    (poor,) = (one for one in view.alone if one.level == "poor")
    assert 3 <= poor.length_s <= 5
    for before, after in zip(view.held, view.held[1:], strict=False):
        assert after.start_s == pytest.approx(before.end_s)
        assert (before.level, before.provisional) != (after.level, after.provisional)
    assert {one.provisional for one in view.held} == {True, False}


def test_stretches_end_where_the_figure_ends(slow: Trial) -> None:
    view = quality_view(slow, 1.25, 7.5)
    assert view is not None
    assert (view.held[0].start_s, view.held[-1].end_s) == (1.25, 7.5)
    assert quality_view(slow, 100.0, 101.0) is None


def test_what_was_not_judged_has_no_view(slow: Trial) -> None:
    assert quality_view(replace(slow, again=()), -2.0, 16.0) is None


def test_an_unknown_level_is_its_own_word_and_letter(slow: Trial) -> None:
    unknown = [replace(one, level=None, held=None) for one in slow.judged]
    view = quality_view(replace(slow, again=tuple(unknown)), -2.0, 16.0)
    assert view is not None
    assert {one.level for one in view.held} == {"unknown"}
    assert "unknown from" in words(view)
    assert len(set(LETTERS.values())) == len(LETTERS)


def test_bands_stand_in_the_figure_with_letters_and_in_its_words(slow: Trial) -> None:
    series = series_of(slow)
    view = quality_view(slow, series.begin_s, series.end_s)
    figure = over_time(series, None, "over-time", (340, 1100), quality=view)
    small, large = inline(figure, 1)
    for letter in ("F", "P"):
        assert f">{letter}</text>" in large.replace("\n", "").replace(" <", "<")
    assert "each second" in large
    assert "each s<" in small
    assert "Quality held: fair from" in figure.alt
    assert "s poor" in figure.alt
    assert "provisional" in figure.caption


def test_a_run_without_verdicts_has_no_bands(slow: Trial) -> None:
    series = series_of(slow)
    figure = over_time(series, None, "over-time", (1100,))
    assert "quality" not in figure.alt.lower()
    assert "each second" not in inline(figure, 1)[0]


def test_a_level_is_told_with_what_limits_it() -> None:
    assert level_words(cell(quality="poor", limiting_factor="loss")) == "poor, limited by loss"
    assert level_words(cell(quality="good", limiting_factor="none")) == "good"
    assert level_words(cell(quality="good", limiting_factor="cpu")) == "good, limited by cpu"
    assert level_words(cell()) == "unknown"


def test_the_headline_tells_the_quality_of_one_cell_with_its_reasons(reported: Reported) -> None:
    lines = _lines(reported["fail"])
    assert lines[-1].startswith("Quality was poor, limited by stall (the share of frames dropped")


def test_a_good_quality_is_told_without_a_reason(tmp_path: Path) -> None:
    assert "Quality was good." in _lines(runs.store(tmp_path, {"default": [Recipe()]}))


def test_the_headline_counts_the_levels_of_several_cells(reported: Reported) -> None:
    assert _lines(reported["two cells"])[-1] == "Quality of 2 cells: good in 2."
    cells = [cell(quality=level) for level in ("good", "poor", "good", None)]
    assert list(sentences(results.run(cells))) == [
        "Quality of 4 cells: poor in 1, good in 2, unknown in 1."
    ]


def test_nothing_is_said_of_a_quality_that_nobody_knows(reported: Reported) -> None:
    assert not any("uality" in line for line in _lines(reported["unreachable"]))


def test_the_page_names_the_level(reported: Reported) -> None:
    assert "<dt>Quality level</dt><dd>poor, limited by stall</dd>" in reported.html("fail")
    assert "<dt>Quality level</dt><dd>good</dd>" in reported.html("two cells")
    assert "<th>Quality</th>" in reported.html("two cells")
    assert "<dt>Quality level</dt><dd>unknown</dd>" in reported.html("unreachable")


def test_the_markdown_table_has_the_level_of_each_cell(reported: Reported) -> None:
    text = markdown.render(reported["two cells"])
    assert "| cell | verdict | quality |" in text
    assert "✅ pass | good |" in text


def _lines(run: Run) -> tuple[str, ...]:
    return headline(run.result, run.planned).lines
