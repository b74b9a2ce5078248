"""The corners of remote frames, as the page packs them."""

from __future__ import annotations

import struct

import numpy as np
import pytest

from g2gbench import marker
from g2gbench.browser.marker_crops import corners


def packed(
    luma: np.ndarray[tuple[int, int], np.dtype[np.uint8]],
    *,
    wide: int = 200,
    tall: int = 40,
    at_ms: float = 12.5,
    mid: int = 3,
    stride: int | None = None,
    offset: int = 0,
) -> bytes:
    """A frame's lower left corner as incoming.js writes it."""
    height, width = luma.shape
    stride = stride or wide
    plane = np.full((tall, stride), 77, np.uint8)
    plane[:, :wide] = luma[height - tall :, :wide]
    header = struct.pack("<dIHHHHIII", at_ms, mid, width, height, wide, tall, 99, stride, offset)
    body = header + b"\x01" * offset + plane.tobytes()
    return struct.pack("<I", len(body)) + body


@pytest.mark.parametrize("version", ["v1", "v2"])
@pytest.mark.parametrize(("stride", "offset"), [(None, 0), (256, 16)])
def test_a_corner_is_read_as_the_whole_frame_is(
    version: marker.Version, stride: int | None, offset: int
) -> None:
    stamped = marker.get(version)
    luma = np.full((360, 640), 120, np.uint8)
    stamped.stamp(luma, 4321)
    (corner,) = corners(packed(luma, stride=stride, offset=offset))
    assert (corner.at_ms, corner.mid, corner.rtp_timestamp) == (12.5, 3, 99)
    assert corner.luma().shape == (360, 640)
    assert stamped.examine(corner.luma(), sent_size=(640, 360)).number == 4321


def test_a_picture_that_was_kept_is_all_there() -> None:
    luma = np.arange(60 * 200, dtype=np.uint16).astype(np.uint8).reshape(60, 200)
    mid = 3 + (1 << 31)
    (kept,) = corners(packed(luma, wide=200, tall=60, mid=mid, stride=208))
    assert (kept.mid, kept.kept) == (3, True)
    assert np.array_equal(kept.luma(), luma)
    (corner,) = corners(packed(luma))
    assert not corner.kept


def test_a_batch_keeps_its_order() -> None:
    luma = np.zeros((360, 640), np.uint8)
    batch = b"".join(packed(luma, at_ms=at_ms) for at_ms in (1.0, 2.0, 3.0))
    assert [corner.at_ms for corner in corners(batch)] == [1.0, 2.0, 3.0]


@pytest.mark.parametrize(
    ("batch", "reason"),
    [
        (b"\x01", "cut off"),
        (packed(np.zeros((360, 640), np.uint8))[:-1], "does not fit"),
        (packed(np.zeros((360, 640), np.uint8), stride=300)[:4000], "does not fit"),
        (packed(np.zeros((40, 640), np.uint8)).replace(b"\x28\x00", b"\xff\x00"), "fit"),
    ],
)
def test_a_batch_that_is_none_is_refused(batch: bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        list(corners(batch))
