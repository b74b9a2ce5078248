"""The layout of an I420 picture: a Y plane, then U and V at half the width and half the height."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

Plane: TypeAlias = npt.NDArray[np.uint8]
Buffer: TypeAlias = bytearray | memoryview | Plane

SMALLEST_SIDE = 32


class Planes(NamedTuple):
    """Views of one picture's planes: y (height, width), u and v (height / 2, width / 2)."""

    y: Plane
    u: Plane
    v: Plane


@dataclass(frozen=True, slots=True)
class Layout:
    """Layout of the planes of pictures of one size in their buffer.

    Raises ValueError for a side that is odd or shorter than 32 pixels.
    """

    width: int
    height: int

    def __post_init__(self) -> None:
        for name, side in (("width", self.width), ("height", self.height)):
            if side < SMALLEST_SIDE or side % 2:
                raise ValueError(
                    f"{name} is {side}; allowed: an even number of pixels from {SMALLEST_SIDE}"
                )

    @property
    def size(self) -> int:
        """Bytes of a whole picture."""
        return self.width * self.height * 3 // 2

    def planes(self, buffer: Buffer) -> Planes:
        """Views of a picture's planes; writable when the buffer is.

        Raises TypeError when an array is not of uint8, ValueError when the length is not ``size``.
        """
        if isinstance(buffer, np.ndarray) and buffer.dtype != np.uint8:
            raise TypeError(f"the buffer has dtype {buffer.dtype}; allowed: uint8")
        flat = np.frombuffer(buffer, np.uint8)
        if flat.size != self.size:
            raise ValueError(
                f"the buffer holds {flat.size} bytes; allowed: {self.size} "
                f"(I420 of {self.width}x{self.height})"
            )
        width, height = self.width, self.height
        luma, chroma = width * height, width * height // 4
        half = (height // 2, width // 2)
        return Planes(
            flat[:luma].reshape(height, width),
            flat[luma : luma + chroma].reshape(half),
            flat[luma + chroma :].reshape(half),
        )


class Sized:
    """Base of a source whose pictures all have the size of its ``_layout``."""

    _layout: Layout

    @property
    def width(self) -> int:
        """Width in pixels."""
        return self._layout.width

    @property
    def height(self) -> int:
        """Height in pixels."""
        return self._layout.height
