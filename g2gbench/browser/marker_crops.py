"""Crops of remote frames as a page sends them: marker corners, and whole pictures. Pure."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from g2gbench.marker import Luma

_HEADER: Final = struct.Struct("<dIHHHHIII")
_LENGTH: Final = struct.Struct("<I")
_WHOLE: Final = 1 << 31  # added to the media section of a picture that was kept


@dataclass(frozen=True, slots=True)
class Corner:
    """The lower left corner of a remote frame, or all of it where it was ``kept``.

    ``at_ms``: by the page's clock, when it was handed over. ``mid``: its media section. ``width``
    and ``height`` are the whole frame's; ``pixels`` is its corner's luma, (height, width) uint8.
    ``rtp_timestamp`` is 0 where the browser does not tell it.
    """

    at_ms: float
    mid: int
    width: int
    height: int
    pixels: Luma
    rtp_timestamp: int
    kept: bool = False

    def luma(self) -> Luma:
        """A whole luma plane with the corner in its place, and nothing elsewhere."""
        if self.pixels.shape == (self.height, self.width):
            return self.pixels
        plane = np.zeros((self.height, self.width), np.uint8)  # untouched pages cost nothing
        tall, wide = self.pixels.shape
        plane[self.height - tall :, :wide] = self.pixels
        return plane


def corners(batch: bytes) -> Iterator[Corner]:
    """The corners of a batch, in the order of arrival; raises ValueError for anything else."""
    place = 0
    while place < len(batch):
        try:
            (length,) = _LENGTH.unpack_from(batch, place)
            begin = place + _LENGTH.size
            at_ms, mid, width, height, wide, tall, rtp, stride, offset = _HEADER.unpack_from(
                batch, begin
            )
        except struct.error:
            raise ValueError("a batch of corners was cut off") from None
        place = begin + length
        first = begin + _HEADER.size + offset
        if place > len(batch) or first + stride * tall > place or not wide <= stride:
            raise ValueError("a corner does not fit its batch")
        if wide > width or tall > height:
            raise ValueError("a corner is larger than its frame")
        plane = np.frombuffer(batch, np.uint8, stride * tall, first).reshape(tall, stride)
        section, kept = mid & ~_WHOLE, bool(mid & _WHOLE)
        yield Corner(at_ms, section, width, height, plane[:, :wide], rtp, kept)
