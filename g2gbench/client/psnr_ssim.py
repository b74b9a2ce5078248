"""Mean squared error and structural similarity (SSIM) of two pictures' luma."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from g2gbench.marker import MARKER_HEIGHT, MARKER_WIDTH, Luma

_WINDOW: Final = 11  # pixels, Gaussian
_SIGMA: Final = 1.5
_EDGE: Final = _WINDOW // 2  # windows that reach over the picture's edge are left out
_C1: Final = (0.01 * 255) ** 2
_C2: Final = (0.03 * 255) ** 2
_ROUNDED: Final = 2.0  # lines by which a picture that was only scaled may miss its shape
_LINES: Final = 256  # about so many a picture is brought down to first, by a whole factor

Levels = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class PictureScore:
    """``mse`` in grey levels squared, 0 for identical pictures; ``ssim`` 1 for those."""

    mse: float
    ssim: float


def score_picture(source: Luma, shown: Luma) -> PictureScore:
    """Hold the picture that was shown against its source, all but the marker's block.

    A picture of another size is scaled to the source's first (bilinear, as a page shows it). One of
    another shape was cut by an encoder that wants whole blocks, evenly on both sides: it is held
    against the part of the source that it shows. SSIM is that of Wang et al. 2004 with the
    parameters and the scaling down of its authors' ssim.m.
    Raises ValueError for a picture that is all marker.
    """
    left, top = _cut(source.shape, shown.shape)
    marker = MARKER_WIDTH - left, MARKER_HEIGHT - top
    source = _within(source, left, top)
    height, width = source.shape
    shown = _scaled(shown, width, height)
    if height - marker[1] < _WINDOW:
        raise ValueError(f"a picture of {width}x{height} has no room beside the marker")
    return PictureScore(_mse(source, shown, marker), _ssim(source, shown, marker))


def fitted(source: Luma, shown: Luma) -> Luma:
    """The picture in its source's size; the source fills in what an encoder cut off."""
    left, top = _cut(source.shape, shown.shape)
    if not left and not top:
        return _scaled(shown, source.shape[1], source.shape[0])
    whole = source.copy()
    inner = _within(whole, left, top)
    inner[:] = _scaled(shown, inner.shape[1], inner.shape[0])
    return whole


def _within(picture: Luma, left: int, top: int) -> Luma:
    """The picture without so many pixels of either side, and of above and below."""
    return picture[top : picture.shape[0] - top, left : picture.shape[1] - left]


def _scaled(picture: Luma, width: int, height: int) -> Luma:
    if picture.shape == (height, width):
        return picture
    scaled = cv2.resize(picture, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(scaled, np.uint8)


def _cut(source: tuple[int, ...], shown: tuple[int, ...]) -> tuple[int, int]:
    """Return the source's cropped margins, (left and right, top and bottom), in its pixels."""
    (height, width), (rows, columns) = source, shown
    if abs(rows - columns * height / width) <= _ROUNDED:
        return 0, 0
    if columns * height > rows * width:
        return 0, round((height - width * rows / columns) / 2)
    return round((width - height * columns / rows) / 2), 0


def _mse(source: Luma, shown: Luma, marker: tuple[int, int]) -> float:
    """Over all pixels but those of the marker, which is in the bottom left corner."""
    columns, rows = marker
    difference = np.asarray(cv2.absdiff(source, shown), np.uint8)
    block = difference[difference.shape[0] - rows :, :columns]
    block[:] = 0
    # Counted, not summed: whole numbers, however large the picture.
    total = np.bincount(difference.reshape(-1), minlength=256) @ np.arange(256) ** 2
    return float(total / (difference.size - block.size))


def _ssim(source: Luma, shown: Luma, marker: tuple[int, int]) -> float:
    height, width = source.shape
    factor = max(1, round(min(height, width) / _LINES))
    if factor > 1:
        size = (width // factor, height // factor)
        source, shown = (
            np.asarray(cv2.resize(p, size, interpolation=cv2.INTER_AREA), np.uint8)
            for p in (source, shown)
        )
    one, other = source.astype(np.float32), shown.astype(np.float32)
    mean_one, mean_other = _blurred(one), _blurred(other)
    both = mean_one * mean_other
    squares = mean_one * mean_one + mean_other * mean_other
    variances = _blurred(one * one) + _blurred(other * other) - squares
    covariance = _blurred(one * other) - both
    alike = (2 * both + _C1) * (2 * covariance + _C2) / ((squares + _C1) * (variances + _C2))
    return _mean_beside_marker(np.asarray(alike, np.float32), marker, factor)


def _mean_beside_marker(alike: Levels, marker: tuple[int, int], factor: int) -> float:
    """The mean over the windows that lie in the picture and touch no pixel of the marker."""
    inside = alike[_EDGE:-_EDGE, _EDGE:-_EDGE]
    columns, rows = (-(-side // factor) for side in marker)
    block = inside[inside.shape[0] - rows :, :columns]
    total = float(inside.sum(dtype=np.float64)) - float(block.sum(dtype=np.float64))
    return total / (inside.size - block.size)


def _blurred(picture: Levels) -> Levels:
    return np.asarray(cv2.GaussianBlur(picture, (_WINDOW, _WINDOW), _SIGMA), np.float32)
