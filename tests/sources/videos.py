"""Video files made for a test: each frame one grey, so that it can be told which one it is."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

SIZE = (320, 192)
STEP = 30  # between the greys of two frames


def grey(number: int) -> int:
    """The grey of a frame, 0 to 255."""
    return 20 + STEP * (number % 8)


def video(path: Path, times_ms: Sequence[int], size: tuple[int, int] = SIZE) -> Path:
    """A video whose frames are shown at these times."""
    width, height = size
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=30)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.codec_context.time_base = Fraction(1, 1000)
        for number, at_ms in enumerate(times_ms):
            picture = np.full((height, width, 3), grey(number), np.uint8)
            frame = av.VideoFrame.from_ndarray(picture, format="bgr24")
            frame.pts, frame.time_base = at_ms, Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path
