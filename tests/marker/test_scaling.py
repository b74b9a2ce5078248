"""Frames scaled on their way: with the sent size known, both markers read at any factor."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from g2gbench.marker import Marker, get
from tests.marker.pictures import one_over_f

FACTORS = (
    1 / 4, 0.3, 1 / 3, 3 / 8, 0.4, 1 / 2, 9 / 16, 0.6, 5 / 8, 2 / 3, 0.7, 3 / 4, 0.8, 5 / 6,
    7 / 8, 0.9, 1, 1.1, 1.25, 4 / 3, 1.4, 1.5, 1.6, 7 / 4, 2, 2.25, 2.5, 3,
)  # fmt: skip
FILTERS = {
    "area": cv2.INTER_AREA,
    "bilinear": cv2.INTER_LINEAR,
    "bicubic": cv2.INTER_CUBIC,
    "nearest": cv2.INTER_NEAREST,
}


def outcomes(
    marker: Marker, width: int, height: int, filters: dict[str, int], numbers: int
) -> tuple[int, int, int]:
    """Right, wrong and all readings over all factors."""
    rng = np.random.default_rng(width)
    picture = one_over_f(rng, height, width)
    right = wrong = total = 0
    for factor in FACTORS:
        size = (round(width * factor), round(height * factor))
        for interpolation in filters.values():
            for number in rng.integers(0, 1 << marker.bits, numbers).tolist():
                marker.stamp(picture, number)
                scaled = cv2.resize(picture, size, interpolation=interpolation)
                found = marker.read(np.asarray(scaled, np.uint8), sent_size=(width, height))
                right += found == number
                wrong += found not in (number, None)
                total += 1
    return right, wrong, total


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_every_factor_and_filter_reads_right(version: str) -> None:
    right, wrong, total = outcomes(get(version), 640, 360, FILTERS, 3)
    assert wrong == 0
    assert right / total >= 0.999


@pytest.mark.nightly
@pytest.mark.parametrize("version", ["v1", "v2"])
@pytest.mark.parametrize(("width", "height"), [(640, 360), (1280, 704), (1920, 1080)])
def test_every_factor_size_and_filter_reads_right(version: str, width: int, height: int) -> None:
    right, wrong, total = outcomes(get(version), width, height, FILTERS, 20)
    assert wrong == 0
    assert right / total >= 0.999


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_unequal_factors_in_x_and_y_read_right(version: str) -> None:
    marker = get(version)
    picture = one_over_f(np.random.default_rng(5), 360, 640)
    marker.stamp(picture, 12345)
    scaled = cv2.resize(picture, (500, 420), interpolation=cv2.INTER_LINEAR)
    assert marker.read(np.asarray(scaled, np.uint8), sent_size=(640, 360)) == 12345
