"""Figures and backdrops that move by quarters of a pixel."""

from __future__ import annotations

import numpy as np
import pytest

from g2gbench.sources.canvas import Canvas
from g2gbench.sources.i420 import Layout, Planes
from g2gbench.sources.sprite import Backdrop, Sprite, quarters


def grey_frame(width: int = 64, height: int = 48) -> Planes:
    layout = Layout(width, height)
    return layout.planes(np.full(layout.size, 100, np.uint8))


def block() -> Canvas:
    canvas = Canvas(24, 20)
    canvas.rectangle(6, 6, 18, 14, (200, 90, 160))
    return canvas


def centre_of_mass(frame: Planes) -> float:
    weight = frame.y.astype(float) - 100
    return float((weight.sum(axis=0) * np.arange(frame.y.shape[1])).sum() / weight.sum())


def test_a_figure_replaces_what_it_covers_and_leaves_the_rest() -> None:
    frame = grey_frame()
    Sprite(block()).draw(frame, 4 * 10, 4 * 10)
    assert frame.y[20, 22] == 200
    assert (frame.u[10, 11], frame.v[10, 11]) == (90, 160)
    assert (frame.y[:12] == 100).all()
    assert (frame.y[:, :12] == 100).all()


@pytest.mark.parametrize("quarter", [1, 2, 3])
def test_quarters_of_a_pixel_move_a_figure_by_as_much(quarter: int) -> None:
    still, moved = grey_frame(), grey_frame()
    sprite = Sprite(block())
    sprite.draw(still, 40, 40)
    sprite.draw(moved, 40 + quarter, 40)
    way = centre_of_mass(moved) - centre_of_mass(still)
    assert way == pytest.approx(quarter / 4, abs=0.02)


@pytest.mark.parametrize(("x", "y"), [(-20, 5), (60, 5), (5, -15), (5, 44), (-40, 0), (0, 400)])
def test_a_figure_may_leave_the_frame_on_every_side(x: int, y: int) -> None:
    frame = grey_frame()
    Sprite(block(), moves_down=True).draw(frame, 4 * x, 4 * y)
    inside = 6 + x < 64 and 18 + x > 0 and 6 + y < 48 and 14 + y > 0
    assert bool((frame.y != 100).any()) is inside


def test_a_backdrop_pans_over_its_scene() -> None:
    canvas = Canvas(130, 48)
    for column in range(130):
        canvas.rectangle(column, 0, column + 1, 48, (20 + column, 128, 128))
    backdrop = Backdrop(canvas)
    frame = grey_frame()
    backdrop.draw(frame, 0)
    assert frame.y[5, 30] == 50
    backdrop.draw(frame, 4 * 64)
    assert frame.y[5, 30] == 114
    backdrop.draw(frame, 4 * 64 - 2)
    assert frame.y[5, 30] in (113, 114)


def test_positions_are_rounded_down_to_quarters() -> None:
    assert [quarters(x) for x in (0.0, 0.24, 0.25, 1.99, -0.1)] == [0, 0, 1, 7, -1]
