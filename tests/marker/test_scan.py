"""The blind scan finds number and scale in one pass."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from g2gbench.marker import v2
from g2gbench.marker.ladder import SCALES
from tests.marker.pictures import one_over_f

WIDTH, HEIGHT = 960, 540
FACTORS = np.geomspace(0.2, 2.5, 27).round(4).tolist()


def scaled(number: int, factor: float, seed: int) -> tuple[np.ndarray, float]:
    picture = one_over_f(np.random.default_rng(seed), HEIGHT, WIDTH)
    v2.stamp(picture, number)
    size = (round(WIDTH * factor), round(HEIGHT * factor))
    filtered = cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(picture, size, interpolation=filtered), np.uint8), size[0] / WIDTH


def test_the_ladder_goes_from_0_2_to_2_5_in_steps_of_one_percent() -> None:
    inside = [scale for scale in SCALES if 0.1999 < scale < 2.5001]
    assert len(inside) == 254
    assert inside[0] == pytest.approx(0.2)
    assert inside[-1] == pytest.approx(2.5)
    steps = np.array(SCALES[1:]) / SCALES[:-1]
    assert steps == pytest.approx(np.full(len(SCALES) - 1, 1.01), abs=1e-4)


@pytest.mark.parametrize(
    "factor",
    [
        pytest.param(factor, marks=() if number % 13 == 0 else pytest.mark.nightly)
        for number, factor in enumerate(FACTORS)
    ],
)
def test_the_scale_is_found_within_one_percent(factor: float) -> None:
    for seed, number in enumerate((0, 0xFFFFFF, 0x5A5A5A, 9000)):
        picture, scale = scaled(number, factor, seed)
        found = v2.scan(picture)
        assert found is not None
        assert found[0] == number
        assert found[1] == pytest.approx(scale, rel=0.01)


def test_a_scale_that_was_found_reads_the_next_frames() -> None:
    picture, _ = scaled(77, 0.613, 1)
    found = v2.scan(picture)
    assert found is not None
    height, width = picture.shape
    sent_size = (round(width / found[1]), round(height / found[1]))
    for number in range(100, 105):
        later, _ = scaled(number, 0.613, number)
        assert v2.read(later, sent_size=sent_size) == number


def test_a_negative_is_found() -> None:
    picture, scale = scaled(4711, 0.8, 1)
    found = v2.scan(255 - picture)
    assert found is not None
    assert found[0] == 4711
    assert found[1] == pytest.approx(scale, rel=0.01)


def test_a_frame_as_small_as_the_marker_is_scanned_and_a_smaller_one_is_not() -> None:
    luma = np.zeros((32, 192), np.uint8)
    v2.stamp(luma, 99)
    found = v2.scan(luma)
    assert found is not None
    assert found[0] == 99
    assert found[1] == pytest.approx(1.0, rel=0.01)
    assert v2.scan(np.zeros((6, 38), np.uint8)) is None


@pytest.mark.parametrize(
    ("left", "right", "found"),
    [(6, 6, False), (7, 6, False), (6, 7, False), (7, 7, True), (7, -7, False), (90, -90, False)],
)
def test_the_pilots_of_both_sides_must_clear_the_same_way(
    left: int, right: int, found: bool
) -> None:
    """Grey levels from the middle; every other cell is as near to it as the nearer side."""
    luma = np.zeros((32, 192), np.uint8)
    v2.stamp(luma, 0x3CA55A)
    cells = np.sign(luma.astype(np.int16) - 125)
    height = np.full(192, min(abs(left), abs(right)))
    height[:16], height[-16:] = left, right
    picture = (128 + cells * height).astype(np.uint8)
    assert (v2.scan(picture) is not None) == found
    assert (v2.read(picture, sent_size=(192, 32)) is not None) == found


def test_a_flat_picture_has_nothing_to_find() -> None:
    assert v2.scan(np.full((360, 640), 128, np.uint8)) is None
