"""From a decoded picture to I420 of the size that is wanted."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from g2gbench.sources.i420 import Buffer, Layout

Picture = npt.NDArray[np.uint8]  # (height, width, 3), blue, green, red


def even(width: int, height: int) -> tuple[int, int]:
    """The largest size of even sides within this one."""
    return width - width % 2, height - height % 2


def write(picture: Picture, layout: Layout, into: Buffer) -> None:
    """Write a picture so that it covers the layout's size: scaled, what is over cut off evenly."""
    height, width = picture.shape[:2]
    if (width, height) != (layout.width, layout.height):
        scale = max(layout.width / width, layout.height / height)
        cut_width = min(width, round(layout.width / scale))
        cut_height = min(height, round(layout.height / scale))
        left, top = (width - cut_width) // 2, (height - cut_height) // 2
        picture = picture[top : top + cut_height, left : left + cut_width]
        if (cut_width, cut_height) != (layout.width, layout.height):
            way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
            size = (layout.width, layout.height)
            picture = np.asarray(cv2.resize(picture, size, interpolation=way), np.uint8)
    converted = cv2.cvtColor(np.ascontiguousarray(picture), cv2.COLOR_BGR2YUV_I420)
    np.frombuffer(into, np.uint8)[:] = converted.reshape(-1)
