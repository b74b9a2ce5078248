from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from g2gbench.report.figures.drawing import LARGE, SMALL
from g2gbench.report.figures.over_time import MOST_DOTS, _thinned, over_time
from g2gbench.report.figures.svg import inline
from g2gbench.report.views.series import Series, series_of
from tests.report import runs
from tests.report.conftest import Reported
from tests.report.runs import Recipe

pytestmark = pytest.mark.integration

LONG = "uplink: capacity 500kbps loss 5 % qu"


@pytest.fixture
def series(reported: Reported) -> Series:
    return series_of(reported["pass"].trials[0])


def names(series: Series, width: int, *marks: tuple[float, str]) -> list[str]:
    """Which of the marks' names stand in the figure, cut or whole."""
    svg = inline(over_time(replace(series, marks=marks), None, "over-time", (width,)), 1)[0]
    texts = [text.strip() for text in re.findall(r"<text[^>]*>([^<]*)</text>", svg)]
    starts = tuple(name[:7] for _, name in marks)
    return [text for text in texts if text.startswith(starts)]


def test_an_event_is_named_where_there_is_room(series: Series) -> None:
    assert names(series, LARGE, (1.0, LONG), (5.0, "new prompt")) == [LONG, "new prompt"]


def test_a_name_without_room_is_cut_and_never_leaves_the_panel(series: Series) -> None:
    (cut,) = names(series, SMALL, (2.5, LONG))
    assert cut.endswith("…")
    assert 8 <= len(cut) < len(LONG)


def test_a_name_near_the_end_stands_left_of_its_line(series: Series) -> None:
    assert names(series, SMALL, (5.9, "back to none")) == ["back to none"]


def test_of_names_that_would_overlap_the_first_one_stays(series: Series) -> None:
    marks = ((3.0, "uplink: blackout"), (3.1, "back to none"))
    assert names(series, LARGE, *marks) == ["uplink: blackout"]
    assert names(series, SMALL, (2.0, "uplink: blackout"), (5.9, "back to none")) == [
        "uplink: blackout"
    ]


def test_every_event_has_its_line_also_without_a_name(series: Series) -> None:
    marks = tuple((3.0 + i / 10, f"change {i}") for i in range(5))
    plain = inline(over_time(replace(series, marks=()), None, "over-time", (LARGE,)), 1)[0]
    drawn = inline(over_time(replace(series, marks=marks), None, "over-time", (LARGE,)), 1)[0]
    panels = 4  # g2g, frames received, frames lost, bitrate
    added = drawn.count("stroke-dasharray") - plain.count("stroke-dasharray")
    assert added == len(marks) * panels


def test_of_many_frames_the_slowest_is_always_a_dot(tmp_path: Path) -> None:
    run = runs.store(tmp_path, {"default": [Recipe(frames=5000, seed=3)]})
    series = series_of(run.trials[0])
    at_s, g2g_ms, steady = _thinned(series)
    assert MOST_DOTS <= len(at_s) <= MOST_DOTS + 2
    assert g2g_ms.max() == series.g2g_ms.max()
    assert g2g_ms[steady].max() == series.steady_g2g_ms.max()
