"""Luma planes as arrays of bytes, as the markers take them."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Luma: TypeAlias = npt.NDArray[np.uint8]

MARKER_WIDTH = 192
"""Width in pixels of either marker, at the size at which it is stamped."""
MARKER_HEIGHT = 32
"""Height in pixels of either marker, at the size at which it is stamped."""

_UINT8 = np.dtype(np.uint8)


def require_luma(luma: Luma) -> None:
    """Refuse anything but an array of uint8 of shape (height, width); any strides are welcome.

    Raises TypeError for another type or dtype, ValueError for another number of dimensions.
    """
    if not isinstance(luma, np.ndarray):
        raise TypeError(f"luma is a {type(luma).__name__}; allowed: a numpy array (height, width)")
    if luma.dtype != _UINT8:
        raise TypeError(f"luma has dtype {luma.dtype}; allowed: uint8")
    if luma.ndim != 2:
        raise ValueError(f"luma has shape {luma.shape}; allowed: (height, width)")


def require_writable_luma(luma: Luma) -> None:
    """The same, and refuse a read-only array with ValueError: a stamp is written in place."""
    require_luma(luma)
    if not luma.flags.writeable:
        raise ValueError("luma is read-only; a stamp needs a writable array, luma.copy() makes one")


def holds_marker(luma: Luma) -> bool:
    """Return whether a frame is large enough to be stamped: 192 x 32 pixels."""
    height, width = luma.shape
    return bool(height >= MARKER_HEIGHT and width >= MARKER_WIDTH)
