"""Cell means at fractional scales."""

from __future__ import annotations

import numpy as np
import pytest

from g2gbench.marker.cells import inner_weights, place_at, place_of, places_of_protocol


@pytest.mark.parametrize("extent", [32.0, 21.333333, 96.0, 6.4, 8.0])
def test_each_cell_is_a_mean_of_its_inner_half(extent: float) -> None:
    weights = inner_weights(4, extent, pixels=100, origin=1.7)
    assert weights.sum(axis=1) == pytest.approx(np.ones(4), abs=1e-5)
    centre = weights @ (np.arange(100) + 0.5)
    # A pixel that is shared counts as if all of it lay at its centre: up to 1/8 pixel off.
    assert centre == pytest.approx(1.7 + (np.arange(4) + 0.5) * extent / 4, abs=0.13)


def test_whole_cells_weigh_their_inner_pixels_alone() -> None:
    weights = inner_weights(2, 16.0, pixels=16, origin=0.0)
    assert np.flatnonzero(weights[0]).tolist() == [2, 3, 4, 5]
    assert np.flatnonzero(weights[1]).tolist() == [10, 11, 12, 13]


def test_a_border_between_pixels_counts_by_its_share() -> None:
    (weights,) = inner_weights(1, 3.0, pixels=3, origin=0.0)
    assert weights == pytest.approx([0.25 / 1.5, 1 / 1.5, 0.25 / 1.5])


def test_both_axes_scale_on_their_own() -> None:
    place = place_of(1280, 360, (640, 720))
    assert place is not None
    assert (place.extent_x, place.extent_y) == (384, 16)


def test_a_place_takes_no_pixel_more_than_it_covers() -> None:
    place = place_of(1280 * 2 // 3, 704 * 2 // 3, (1280, 704))
    assert place is not None
    assert (place.pixels_x, place.pixels_y) == (128, 22)


def test_a_marker_larger_than_the_frame_has_no_place() -> None:
    assert place_at(191, 32, 1, 1) is None
    assert place_at(192, 31, 1, 1) is None


def test_protocol_sizes_that_do_not_fit_are_left_out() -> None:
    assert [place.extent_x / 24 for place in places_of_protocol(192, 32)] == [8, 4, 6, 2, 5, 7, 3]
