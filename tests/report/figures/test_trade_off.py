"""Latency against picture quality: which cells are weighed, and which are the best."""

from __future__ import annotations

import io
from dataclasses import replace
from itertools import pairwise

import pytest

from g2gbench.analysis.result import CellResult
from g2gbench.report.figures.drawing import LARGE, SMALL, style
from g2gbench.report.figures.trade_off import panels_of, trade_off
from tests.analysis.results import cell, estimate


def rate(value: str, g2g_ms: float | None, psnr_db: float | None, **more: str) -> CellResult:
    measured = {"g2g_ms.p50": g2g_ms, "psnr_db": psnr_db}
    metrics = {name: estimate(one, within=1) for name, one in measured.items()}
    return cell(settings={"publish.max_bitrate": value, **more}, metrics=metrics)


def test_the_best_are_those_that_no_cell_beats() -> None:
    cells = [
        rate("1Mbps", 100, 30),
        rate("2Mbps", 120, 34),
        rate("3Mbps", 130, 34),  # slower than the one before, and no better
        rate("4Mbps", 120, 34),  # as good as it in both
    ]
    (points,) = panels_of(cells).values()
    assert [point.best for point in points] == [True, True, False, True]


def test_each_network_has_a_panel_and_is_weighed_by_itself() -> None:
    network = "network.profile"
    cells = [rate("1Mbps", 100, 30, **{network: n}) for n in ("wifi", "lte")]
    panels = panels_of(cells)
    assert {name: [p.name for p in points] for name, points in panels.items()} == {
        "wifi": ["1Mbps"],
        "lte": ["1Mbps"],
    }
    assert all(point.best for points in panels.values() for point in points)


@pytest.mark.parametrize(
    "without",
    [
        rate("2Mbps", None, 30),
        rate("2Mbps", 100, None),
        replace(rate("2Mbps", 9, 9), status="invalid"),
    ],
)
def test_a_cell_without_both_values_or_that_is_invalid_is_not_weighed(
    without: CellResult,
) -> None:
    assert panels_of([rate("1Mbps", 100, 30), without]) == {}
    (points,) = panels_of([rate("1Mbps", 100, 30), rate("3Mbps", 120, 32), without]).values()
    assert [point.name for point in points] == ["1Mbps", "3Mbps"]


def test_a_run_of_a_version_without_picture_quality_has_no_panel() -> None:
    settings = [{"publish.max_bitrate": value} for value in ("1Mbps", "2Mbps")]
    cells = [cell(settings=one, metrics={"g2g_ms.p50": estimate(100)}) for one in settings]
    assert panels_of(cells) == {}


@pytest.mark.parametrize("width", [SMALL, LARGE])
def test_names_stand_beside_their_points_and_never_on_each_other(width: int) -> None:
    cells = [rate(f"{n}Mbps", 100 + n, 30 + n / 100) for n in range(5)]
    illustration = trade_off(panels_of(cells), "latency-quality")
    with style():
        canvas = illustration.draw(width)
        canvas.figure.savefig(io.BytesIO(), format="svg")
        (axes,) = canvas.figure.axes
        boxes = sorted((t.get_window_extent() for t in axes.texts), key=lambda box: box.y0)
    assert [text.get_text() for text in axes.texts] == [f"{n}Mbps" for n in range(5)]
    assert all(low.y1 <= high.y0 for low, high in pairwise(boxes))


def test_of_many_cells_the_best_alone_are_named() -> None:
    cells = [rate(f"{n}Mbps", 100 + n, 40 - n) for n in range(12)]
    illustration = trade_off(panels_of(cells), "latency-quality")
    with style():
        (axes,) = illustration.draw(LARGE).figure.axes
    assert [text.get_text() for text in axes.texts] == ["0Mbps"]
    assert "have their names" in illustration.caption
    assert "11Mbps 111 ms" in illustration.alt  # the alternative text has them all
