"""Both markers refuse what is not a luma plane and say what was found and what is allowed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from g2gbench.marker import Marker, get


@pytest.fixture(params=["v1", "v2"])
def marker(request: pytest.FixtureRequest) -> Marker:
    return get(request.param)


REFUSED: list[tuple[Any, type[Exception], str]] = [
    (b"\0" * 8192, TypeError, "bytes.*allowed: a numpy array"),
    (None, TypeError, "NoneType.*allowed: a numpy array"),
    (np.zeros((64, 256), np.float32), TypeError, "float32.*allowed: uint8"),
    (np.zeros((64, 256), np.int8), TypeError, "int8.*allowed: uint8"),
    (np.zeros((64, 256), np.bool_), TypeError, "bool.*allowed: uint8"),
    (np.zeros((64, 256, 3), np.uint8), ValueError, r"\(64, 256, 3\).*allowed: \(height, width\)"),
    (np.zeros(16384, np.uint8), ValueError, r"\(16384,\).*allowed: \(height, width\)"),
]


@pytest.mark.parametrize(("luma", "error", "message"), REFUSED)
def test_what_is_no_luma_plane_is_refused(
    marker: Marker, luma: Any, error: type[Exception], message: str
) -> None:
    for call in (
        lambda: marker.stamp(luma, 1),
        lambda: marker.read(luma, sent_size=(256, 64)),
        lambda: marker.examine(luma),
    ):
        with pytest.raises(error, match=message):
            call()


def test_a_read_only_plane_is_refused_to_stamp_and_can_be_read(marker: Marker) -> None:
    luma = np.full((64, 256), 90, np.uint8)
    marker.stamp(luma, 5)
    luma.setflags(write=False)
    assert marker.read(luma, sent_size=(256, 64)) == 5
    with pytest.raises(ValueError, match="read-only"):
        marker.stamp(luma, 6)


@pytest.mark.parametrize("sent_size", [(0, 360), (640, -1)])
def test_a_sent_size_that_is_not_positive_is_refused(
    marker: Marker, sent_size: tuple[int, int]
) -> None:
    with pytest.raises(ValueError, match=r"sent_size.*allowed"):
        marker.read(np.zeros((64, 256), np.uint8), sent_size=sent_size)


def test_a_number_that_is_no_integer_is_refused(marker: Marker) -> None:
    number: Any = 1.5
    with pytest.raises(TypeError):
        marker.stamp(np.zeros((64, 256), np.uint8), number)
