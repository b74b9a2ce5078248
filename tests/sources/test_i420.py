"""The planes of a picture in one buffer."""

from __future__ import annotations

import numpy as np
import pytest

from g2gbench.sources.i420 import Layout


def test_planes_follow_each_other_without_padding() -> None:
    layout = Layout(64, 48)
    buffer = bytearray(layout.size)
    planes = layout.planes(buffer)
    for level, plane in enumerate(planes, start=1):
        plane[:] = level
    assert buffer == b"\1" * 3072 + b"\2" * 768 + b"\3" * 768
    assert [plane.shape for plane in planes] == [(48, 64), (24, 32), (24, 32)]


def test_planes_of_a_read_only_buffer_are_read_only() -> None:
    layout = Layout(64, 48)
    planes = layout.planes(memoryview(bytes(layout.size)))
    assert not any(plane.flags.writeable for plane in planes)


@pytest.mark.parametrize(("width", "height"), [(33, 32), (32, 33), (30, 32), (32, 0), (-64, 48)])
def test_odd_and_tiny_sizes_are_refused(width: int, height: int) -> None:
    with pytest.raises(ValueError, match=r"allowed: an even number of pixels from 32"):
        Layout(width, height)


def test_a_buffer_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match=r"holds 10 bytes; allowed: 4608 \(I420 of 64x48\)"):
        Layout(64, 48).planes(np.zeros(10, np.uint8))
