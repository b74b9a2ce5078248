from __future__ import annotations

import numpy as np

from g2gbench.sources import LiveSource, SyntheticSource
from g2gbench.sources.i420 import Buffer, Layout
from g2gbench.sources.mirror import Mirrored, MirroredLive, mirrored

SIZE = (64, 32)
LAYOUT = Layout(*SIZE)


class Device:
    """Gives one picture, and is gone."""

    width, height, fps = *SIZE, 30.0

    def __init__(self, picture: bytes) -> None:
        self._left = [picture]

    def capture(self, into: Buffer) -> int | None:
        if not self._left:
            return None
        np.frombuffer(into, np.uint8)[:] = np.frombuffer(self._left.pop(), np.uint8)
        return 77


def _picture() -> tuple[SyntheticSource, bytearray]:
    source = SyntheticSource("noise", *SIZE, 30, 1)
    buffer = bytearray(LAYOUT.size)
    source.render(3, buffer)
    return source, buffer


def test_every_plane_is_flipped_left_to_right() -> None:
    source, plain = _picture()
    flipped = mirrored(source)
    assert isinstance(flipped, Mirrored)
    assert (flipped.width, flipped.height, flipped.fps) == (*SIZE, 30)
    assert flipped.due_ns(9) == source.due_ns(9)
    buffer = bytearray(LAYOUT.size)
    flipped.render(3, buffer)
    for seen, was in zip(LAYOUT.planes(buffer), LAYOUT.planes(plain), strict=True):
        assert np.array_equal(seen, was[:, ::-1])


def test_a_device_goes_on_setting_the_pace() -> None:
    _, plain = _picture()
    flipped = mirrored(Device(bytes(plain)))
    assert isinstance(flipped, MirroredLive)
    assert isinstance(flipped, LiveSource)
    buffer = bytearray(LAYOUT.size)
    assert flipped.capture(buffer) == 77
    assert np.array_equal(LAYOUT.planes(buffer).y, LAYOUT.planes(plain).y[:, ::-1])
    before = bytes(buffer)
    assert flipped.capture(buffer) is None
    assert bytes(buffer) == before
