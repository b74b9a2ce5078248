"""The grid of a matrix: what stands where, and what is said of what could not be judged."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import product

import pytest

from g2gbench.analysis.result import CellResult
from g2gbench.measure.records import Scalar
from g2gbench.report.figures.drawing import LARGE, SMALL, Illustration, style
from g2gbench.report.figures.heat_map import MOST_ACROSS, grid_of, heat_map
from tests.analysis import results
from tests.analysis.results import estimate


def cell(settings: Mapping[str, Scalar], value: float | None) -> CellResult:
    return results.cell(settings=settings, metrics={"g2g_ms.p95": estimate(value, within=5)})


def matrix(codecs: Sequence[str], rates: Sequence[str]) -> list[CellResult]:
    return [
        cell({"publish.codec": codec, "publish.max_bitrate": rate}, 100.0 + 10 * place)
        for place, (codec, rate) in enumerate(product(codecs, rates))
    ]


def figure(cells: Sequence[CellResult]) -> Illustration | None:
    grid = grid_of(cells)
    assert grid is not None
    return heat_map(grid, "heat-map")


def texts(illustration: Illustration, width: int) -> list[str]:
    with style():
        canvas = illustration.draw(width)
        canvas.figure.savefig(io.BytesIO(), format="svg")
    drawn = [text.get_text() for text in canvas.figure.texts]
    return drawn + [text.get_text() for axes in canvas.figure.axes for text in axes.texts]


def test_the_field_with_most_values_that_fit_stands_across() -> None:
    grid = grid_of(matrix(["vp8", "h264"], ["500kbps", "1Mbps", "2Mbps"]))
    assert grid is not None
    assert grid.across == "publish.max_bitrate"
    assert grid.rows == ("vp8", "h264")
    assert grid.places[1, 2].cell == "publish.codec=h264,publish.max_bitrate=2Mbps"


def test_a_field_with_too_many_values_stands_down() -> None:
    rates = [f"{n}00kbps" for n in range(1, MOST_ACROSS + 2)]
    grid = grid_of(matrix(["vp8", "h264"], rates))
    assert grid is not None
    assert grid.across == "publish.codec"
    assert grid.rows == tuple(rates)


@pytest.mark.parametrize("cells", [[], matrix(["vp8", "h264", "av1"], ["2Mbps"])])
def test_one_varied_field_makes_no_grid(cells: list[CellResult]) -> None:
    assert grid_of(cells) is None


def test_all_other_fields_together_name_a_row() -> None:
    cells = [
        cell({"network.profile": network, "publish.codec": codec, "source.fps": fps}, 100)
        for network, codec, fps in product(["wifi", "lte"], ["vp8", "h264"], ["15", "30"])
    ]
    grid = grid_of(cells)
    assert grid is not None
    assert grid.across == "source.fps"  # of equally many, the last
    assert grid.rows == ("wifi, vp8", "wifi, h264", "lte, vp8", "lte, h264")


def test_a_matrix_without_any_value_is_not_drawn() -> None:
    cells = [cell(c.settings, None) for c in matrix("ab", "xy")]
    assert figure(cells) is None


@pytest.mark.parametrize("width", [SMALL, LARGE])
def test_each_place_shows_its_value_its_interval_and_whether_it_fails(width: int) -> None:
    cells = matrix(["vp8", "h264"], ["1Mbps", "2Mbps"])
    cells[3] = replace(cells[3], status="fail")
    drawn = figure(cells)
    assert drawn is not None
    found = texts(drawn, width)
    assert {"100", "110", "120", "130", "95–105", "vp8", "2Mbps", "ms"} <= set(found)
    assert found.count("✕") == 1
    assert "h264, 2Mbps: 130 ms, fail" in drawn.alt


def test_what_could_not_be_judged_has_no_number_and_no_rank() -> None:
    cells = matrix(["vp8", "h264"], ["1Mbps", "2Mbps"])
    cells[0] = replace(cells[0], status="invalid")
    cells[1] = cell(cells[1].settings, None)
    drawn = figure(cells)
    assert drawn is not None
    found = texts(drawn, LARGE)
    assert "100" not in found
    assert {"invalid", "not measured"} <= set(found)
    assert "vp8, 1Mbps: invalid" in drawn.alt


def test_cells_of_equal_value_need_no_second_step() -> None:
    cells = [cell(c.settings, 100.0) for c in matrix("ab", "xy")]
    drawn = figure(cells)
    assert drawn is not None
    assert texts(drawn, SMALL).count("100") == 4
