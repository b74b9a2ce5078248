"""Real encoders and decoders around a sequence of luma pictures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

import av
import numpy as np

from g2gbench.marker import Luma, Marker

FPS = 30

_VPX = {
    "deadline": "realtime",
    "cpu-used": "8",
    "error-resilient": "1",
    "lag-in-frames": "0",
    "drop-threshold": "30",
    "undershoot-pct": "100",
}
_REALTIME = {
    "libvpx": _VPX,
    "libvpx-vp9": _VPX,
    "libx264": {"preset": "ultrafast", "tune": "zerolatency"},
}
_DECODERS = {"libvpx": "vp8", "libvpx-vp9": "vp9", "libx264": "h264"}


def encode(
    frames: Iterable[Luma],
    codec: str,
    *,
    bits_per_second: int | None = None,
    quantiser: int | None = None,
) -> Iterator[av.Packet[av.VideoStream]]:
    """Packets of a realtime encoder; a packet's pts is the index of its frame.

    The encoder is free to drop frames where it can (VP8, VP9). Give a rate or a fixed quantiser.
    """
    context: av.VideoCodecContext | None = None
    for index, luma in enumerate(frames):
        height, width = luma.shape
        if context is None:
            context = _encoder(codec, width, height, bits_per_second, quantiser)
        picture = np.full((height * 3 // 2, width), 128, np.uint8)
        picture[:height] = luma
        frame = av.VideoFrame.from_ndarray(picture, format="yuv420p")
        frame.pts = index
        yield from context.encode(frame)
    if context is not None:
        yield from context.encode(None)


def _encoder(
    codec: str, width: int, height: int, bits_per_second: int | None, quantiser: int | None
) -> av.VideoCodecContext:
    context = _context(codec, "w")
    context.width, context.height, context.pix_fmt = width, height, "yuv420p"
    context.time_base = Fraction(1, FPS)
    context.framerate = Fraction(FPS)
    context.gop_size = 3000
    options = dict(_REALTIME[codec])
    if bits_per_second is not None:
        context.bit_rate = bits_per_second
        options |= {"maxrate": str(bits_per_second), "bufsize": str(bits_per_second)}
    if quantiser is not None:
        same = str(quantiser)
        options |= {"qp": same} if codec == "libx264" else {"qmin": same, "qmax": same}
    context.options = options
    return context


def _context(codec: str, mode: Literal["r", "w"]) -> av.VideoCodecContext:
    context = av.CodecContext.create(codec, mode)
    assert isinstance(context, av.VideoCodecContext)
    context.thread_count = 1  # libvpx threads spin while they wait: slow beside other work
    return context


def transcode(
    frames: Iterable[Luma], codec: str, *, bits_per_second: int
) -> Iterator[tuple[int, Luma]]:
    """(index, decoded luma) of every frame that an encoder at this rate lets through."""
    decoder = _context(_DECODERS[codec], "r")
    for packet in encode(frames, codec, bits_per_second=bits_per_second):
        yield from _lumas(decoder.decode(packet))
    yield from _lumas(decoder.decode(None))


def _lumas(frames: Iterable[av.VideoFrame]) -> Iterator[tuple[int, Luma]]:
    for frame in frames:
        plane = frame.planes[0]
        rows = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
        assert frame.pts is not None
        yield frame.pts, rows[: frame.height, : frame.width]


def stamped(frames: Iterable[Luma], marker: Marker, start: int) -> Iterator[Luma]:
    """The frames with a marker that counts up from ``start``."""
    for index, luma in enumerate(frames):
        assert marker.stamp(luma, start + index)
        yield luma


@dataclass
class Tally:
    """What became of the received frames."""

    right: int = 0
    stale: int = 0  # a number that was sent earlier: the encoder left the old pixels standing
    wrong: int = 0
    missed: int = 0

    def add(self, found: int | None, index: int, start: int) -> None:
        if found is None:
            self.missed += 1
        elif found == start + index:
            self.right += 1
        elif start <= found < start + index:
            self.stale += 1
        else:
            self.wrong += 1

    @property
    def received(self) -> int:
        return self.right + self.stale + self.wrong + self.missed

    @property
    def share_right(self) -> float:
        return self.right / self.received
