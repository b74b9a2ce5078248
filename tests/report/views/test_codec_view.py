"""A comparison of codecs as a report shows it."""

from __future__ import annotations

import math
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from g2gbench.analysis.codecs import codecs
from g2gbench.analysis.plain import from_plain, to_plain
from g2gbench.report.figures.palette import PALETTE
from g2gbench.report.figures.rate_curves import MARKS
from g2gbench.report.figures.svg import inline
from g2gbench.report.formats.html_page import render
from g2gbench.report.views.codec_view import codec_views, figures
from g2gbench.scenario import json_schema
from g2gbench.statistics.bd_rate import INSTALL
from g2gbench.store.reading import Run
from tests.analysis import ladders
from tests.report import runs
from tests.report.ladder import ladder
from tests.report.undrawn import undrawn

pytestmark = pytest.mark.integration


def test_each_codec_is_a_line_of_its_own_colour_and_shape() -> None:
    (view,) = codec_views(ladders.result())
    assert view.curves is not None
    for width, svg in zip(view.curves.widths, inline(view.curves, 1), strict=True):
        for codec in ladders.MORE_BITS:
            assert svg.count(f">{codec}</text>") == 2, width  # at the end of its line, both panels
            assert f"var(--codec-{codec})" in svg
    assert "PSNR displayed of vp8: 30.0 dB at 136 kbps" in view.curves.alt
    assert "g2g p50 of vp9: 25.0 ms" in view.curves.alt


def test_an_invalid_cell_is_in_no_curve_and_no_rank_and_marked_in_the_table() -> None:
    """As it is read: what compares the codecs is taken from the cells."""
    summary = to_plain(ladders.result())
    bad = summary["cells"][0]
    bad["status"] = "invalid"
    (view,) = codec_views(from_plain(summary))
    rate = bad["settings"]["publish.max_bitrate"]
    assert view.points[0][1] == f"{rate} (invalid)"
    assert not any(point[1].endswith("(invalid)") for point in view.points[1:])
    assert view.curves is not None
    before = codec_views(ladders.result())[0]
    assert before.curves is not None
    assert view.curves.alt.count("kbps") == before.curves.alt.count("kbps") - 2
    for one in view.rankings:
        assert f"Ranking of {len(summary['cells']) - 1} cells" in one.alt


def test_every_codec_that_a_scenario_may_name_has_a_colour_and_a_shape() -> None:
    names = json_schema()["$defs"]["Publish"]["properties"]["codec"]["enum"]
    assert set(MARKS) == set(names)
    assert len(set(MARKS.values())) == len(names)
    assert {f"codec-{name}" for name in names} <= set(PALETTE)


def test_a_delta_has_its_sign_unit_and_interval() -> None:
    (view,) = codec_views(ladders.result())
    ((codec, deltas),) = view.deltas
    assert codec == "vp9"
    assert deltas[0] == ("−20.0 %", "[−20.0, −20.0] of 3 repeats", "")
    assert deltas[3][0] == "+5.0 ms"
    assert view.sentences == (
        "vp9 takes 20.0 % fewer bits than vp8 for the same PSNR [−20.0, −20.0] of 3 repeats.",
    )


def test_vmaf_has_a_column_and_a_delta_where_it_was_measured(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (without,) = codec_views(ladders.result())
    usual = ladders.measured

    def scored(codec: str, rate: float, repeat: int) -> dict[str, float | None]:
        return {**usual(codec, rate, repeat), "vmaf_displayed": 40 + 10 * math.log2(rate / 150e3)}

    monkeypatch.setattr(ladders, "measured", scored)
    (view,) = codec_views(ladders.result())
    assert set(view.names) - set(without.names) == {"VMAF displayed"}
    more = set(view.delta_names) - set(without.delta_names)
    assert more == {"bitrate at the same VMAF, in percent"}
    ((_, deltas),) = view.deltas
    assert deltas[view.delta_names.index(more.pop())][0] == "−20.0 %"


def test_what_could_not_be_computed_says_why_in_its_place() -> None:
    whole = ladders.result()
    few = codecs([cell for cell in whole.cells if "1200" not in cell.cell])
    (view,) = codec_views(replace(whole, codecs=few))
    ((_, deltas),) = view.deltas
    assert deltas[0] == ("not measured", "", "needs 4 points of each codec, has 3")
    assert view.sentences == ()


def test_with_too_few_trials_it_says_how_many_would_do() -> None:
    (view,) = codec_views(ladders.result(repeats=3))
    assert any("5 can" in note for note in view.notes)
    (ranked, _) = view.rankings
    assert ranked.alt.startswith("Ranking of 8 cells by PSNR displayed: group 1: ")
    assert "group 2" not in ranked.alt
    (enough,) = codec_views(ladders.result(repeats=6))
    assert "group 2" in enough.rankings[0].alt
    assert enough.notes == ()


def test_a_run_that_compares_no_codecs_has_no_such_part(tmp_path: Path) -> None:
    run = runs.passing(tmp_path)
    assert codec_views(run.result) == []
    assert figures(run.result) == []
    with undrawn():
        assert 'id="codecs"' not in render(run)


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, str]:
    run = ladder(tmp_path_factory.mktemp("ladder"))
    with undrawn():
        return run, render(run)


def test_the_page_shows_curves_differences_and_points(page: tuple[Run, str]) -> None:
    text = page[1]
    part = text[text.index('<section id="codecs">') :]
    part = part[: part.index("</section>")]
    assert part.count("<figure") == 3
    assert "Against vp8" in part
    assert "All 8 points" in part
    assert '<a href="#codecs">' in text


def test_its_figures_are_among_the_files(page: tuple[Run, str]) -> None:
    names = {one.name for one in figures(page[0].result)}
    assert names == {"codecs", "ranking-psnr_displayed_db", "ranking-g2g_ms"}


def test_without_the_package_for_deltas_one_line_says_what_is_left_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "bjontegaard", None)
    (view,) = codec_views(ladders.result())
    assert view.deltas == ()
    assert view.curves is not None
    assert [note for note in view.notes if INSTALL in note] == [view.notes[0]]
