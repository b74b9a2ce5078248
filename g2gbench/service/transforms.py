"""Transforms of the emulated model: real pixel work on I420 buffers, deterministic."""

from __future__ import annotations

import zlib

import cv2
import numpy as np
import numpy.typing as npt

Plane = npt.NDArray[np.uint8]
Size = tuple[int, int]  # width, height
TRANSFORMS = ("passthrough", "restyle", "mirror")
# Wider than a marker's 8-pixel cells, and no multiple of them: no marker survives it.
_TILE = 12
_COARSE = 4


def planes(buffer: bytearray | memoryview | npt.NDArray[np.uint8], size: Size) -> list[Plane]:
    """Views of an I420 buffer: Y (H, W), U and V (H/2, W/2), halves rounded up.

    A sender that has too little bandwidth scales down, to odd sizes too.
    """
    width, height = size
    half_width, half_height = (width + 1) // 2, (height + 1) // 2
    flat = np.frombuffer(buffer, np.uint8)
    luma, chroma = width * height, half_width * half_height
    return [
        flat[:luma].reshape(height, width),
        flat[luma : luma + chroma].reshape(half_height, half_width),
        flat[luma + chroma : luma + 2 * chroma].reshape(half_height, half_width),
    ]


class Transform:
    """A named transform from pictures of any size to pictures of one size.

    ``restyle`` obeys prompts and reference images; without either it passes the picture through, as
    the service does. The other two do the same whatever is asked of them.

    Args:
        name: one of TRANSFORMS.
        size: (width, height) of the result; even.

    """

    def __init__(self, name: str, size: Size) -> None:
        if name not in TRANSFORMS:
            raise ValueError(f"transform {name!r}; {', '.join(TRANSFORMS)} are allowed")
        self._name = name
        self._size = size
        self._tables: list[Plane] | None = None

    def set_style(self, prompt: str | None, image: str | None) -> None:
        """Choose the tint and the tone of ``restyle``: the same input, the same style."""
        if self._name == "restyle":
            given = prompt or image
            # JSON may hold half a surrogate pair, which no encoding takes unless told to.
            code = zlib.crc32((given or "").encode("utf-8", "surrogatepass"))
            self._tables = _style(code) if given else None

    def __call__(self, buffer: memoryview, size: Size) -> bytearray:
        """A new I420 buffer of the transformed picture."""
        width, height = self._size
        tables = self._tables  # once: a style that comes meanwhile is the next picture's
        out = bytearray(width * height * 3 // 2)
        pairs = zip(planes(buffer, size), planes(out, self._size), strict=True)
        for index, (source, target) in enumerate(pairs):
            wanted = (target.shape[1], target.shape[0])
            if self._name == "mirror":
                target[:] = cv2.flip(_resized(source, wanted), 1)
            elif tables is not None:
                tiles = cv2.LUT(_tiles(source), tables[index])
                cv2.resize(tiles, wanted, dst=target, interpolation=cv2.INTER_NEAREST)
            else:
                target[:] = _resized(source, wanted)
        return out


def halved(buffer: bytearray, size: Size) -> tuple[bytearray, Size]:
    """A picture at half the width and height, both even."""
    smaller = size[0] // 4 * 2, size[1] // 4 * 2
    out = bytearray(smaller[0] * smaller[1] * 3 // 2)
    for source, target in zip(planes(buffer, size), planes(out, smaller), strict=True):
        target[:] = _resized(source, (target.shape[1], target.shape[0]))
    return out, smaller


def coarsen(buffer: bytearray, size: Size) -> None:
    """Take a quarter of the resolution of a picture, in place: each 4 by 4 pixels become alike.

    A marker survives it, whose cells are a whole number of them.
    """
    for plane in planes(buffer, size):
        height, width = plane.shape
        rows, columns = max(1, height // _COARSE), max(1, width // _COARSE)
        whole = plane[: rows * _COARSE, : columns * _COARSE]
        small = cv2.resize(whole, (columns, rows), interpolation=cv2.INTER_AREA)
        whole[:] = cv2.resize(small, whole.shape[::-1], interpolation=cv2.INTER_NEAREST)


def _style(code: int) -> list[Plane]:
    """Tables for Y, U and V: a few tones, and a tint."""
    levels = np.arange(256)
    steps = 6 + (code >> 16 & 7)
    tones = 16 + np.round(levels / 255 * steps) / steps * 219
    tints = (code & 0x3F) - 32, (code >> 8 & 0x3F) - 32
    curves = (tones, levels + tints[0], levels + tints[1])
    return [np.clip(curve, 16, 240).astype(np.uint8) for curve in curves]


def _resized(plane: Plane, size: Size) -> Plane:
    if plane.shape == (size[1], size[0]):
        return plane
    return np.asarray(cv2.resize(plane, size, interpolation=cv2.INTER_AREA), np.uint8)


def _tiles(plane: Plane) -> Plane:
    """The mean of each tile; what is left over at the right and below is left out."""
    height, width = plane.shape
    rows, columns = max(1, height // _TILE), max(1, width // _TILE)
    # A whole factor is what makes the mean cheap: a fifth of the time.
    whole = plane[: rows * _TILE, : columns * _TILE]
    return np.asarray(cv2.resize(whole, (columns, rows), interpolation=cv2.INTER_AREA), np.uint8)
