from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from g2gbench.report.figures.drawing import LARGE, MEDIUM, SMALL
from g2gbench.report.figures.first_seconds import first_seconds
from g2gbench.report.views.start_view import StartView

AT_S = np.arange(0, 10, 0.04)
NONE = np.empty(0)
PLAIN = StartView(
    repeat=2,
    begin_s=-0.9,
    end_s=10.0,
    at_s=AT_S,
    g2g_ms=np.where(AT_S < 2, 400.0, 100.0),
    lines=np.full(len(AT_S), 624.0),
    psnr_db=np.full(len(AT_S), np.nan),
    edges_s=NONE,
    mbps=NONE,
    qp_edges_s=NONE,
    qp=NONE,
    freezes=(),
    phases={"connect_ms.room": -0.6, "connect_ms.first_frame": -0.2},
    reached_s={"settled": 2.0, "full_size": 0.0},
    usual={"g2g_ms": 100.0},
)
WHOLE = replace(
    PLAIN,
    lines=np.where(AT_S < 1, 312.0, 624.0),
    psnr_db=np.where(AT_S < 3, 30.0, 38.0),
    edges_s=np.arange(-1, 10.5, 0.5),
    mbps=np.full(22, 1.5),
    freezes=((0.5, 0.4),),
    reached_s={"settled": 2.0, "full_size": 1.0, "full_bitrate": 0.0, "sharp": 3.0},
    usual={"g2g_ms": 100.0, "psnr_db": 38.0, "mbps": 1.5},
)


def words(start: StartView, width: int = LARGE) -> list[str]:
    return [text.get_text() for text in first_seconds(start, "a").draw(width).figure.texts]


def test_it_says_in_words_what_it_shows() -> None:
    figure = first_seconds(WHOLE, "first-seconds")
    assert figure.alt == (
        "The first 10 seconds of trial 2: settled after 2.00 s, full size after 1000 ms, full "
        "bitrate after 0 ms, sharp after 3.00 s; g2g between 100 and 400 ms, 1 freeze."
    )
    assert "Red: freezes and stalls." in figure.caption
    assert "Ticks before 0: room connected, first remote frame." in figure.caption


def test_what_was_not_measured_is_not_drawn() -> None:
    found = words(PLAIN)
    assert "g2g latency" in found
    assert not {"size", "media sent", "PSNR", "encoder's quantiser"} & set(found)
    assert "Every frame had 624 lines." in first_seconds(PLAIN, "a").caption
    assert "sharp not measured" in first_seconds(PLAIN, "a").alt


@pytest.mark.parametrize("width", [SMALL, MEDIUM, LARGE])
def test_each_panel_says_when_it_was_what_it_stays(width: int) -> None:
    found = words(WHOLE, width)
    assert {"g2g latency", "size", "media sent", "PSNR"} <= set(found)
    assert {"settled after 2.00 s", "full size after 1000 ms", "sharp after 3.00 s"} <= set(found)


def test_without_scored_pictures_the_encoders_quantiser_is_shown() -> None:
    qp = replace(PLAIN, qp_edges_s=np.arange(-1.0, 10), qp=np.full(10, 20.0))
    found = words(qp)
    assert "encoder's quantiser" in found
    assert not any(text.startswith("sharp") for text in found)


def test_a_long_wait_for_the_first_frame_does_not_press_the_seconds_flat() -> None:
    late = replace(PLAIN, begin_s=-30.0, phases={"connect_ms.room": -29.0})
    figure = first_seconds(late, "a")
    assert "Ticks" not in figure.caption
    assert figure.draw(LARGE).figure.axes[0].get_xlim() == (-3.0, 10.0)
