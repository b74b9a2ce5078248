"""Pictures as the page draws them: their layers once, then what is laid where. Pure.

``static/drawing.js`` reads it, and lays layers as ``g2gbench.sources.sprite`` does, bit for bit.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterable, Sequence
from typing import Any, Final

import numpy as np

from g2gbench.marker import MARKER_HEIGHT, MARKER_WIDTH, Luma, Marker
from g2gbench.sources.layers import Layer, Step
from g2gbench.sources.sprite import Backdrop, Sprite

PICTURE: Final = 0
LAYERS: Final = 1
ORDERS: Final = 2
_KIND: Final = struct.Struct("<II")  # its kind; for layers, how long their table is
_PICTURE: Final = struct.Struct("<IId")  # its kind, its number, when it is due in ms after frame 0
_ORDER: Final = struct.Struct("<IIIId")  # number, steps, marker's width and height, when it is due
_STEP: Final = struct.Struct("<iii")
_ALIGNED: Final = 8


def picture(frame_id: int, due_ms: float, i420: bytes | bytearray) -> bytes:
    """A whole picture."""
    return _PICTURE.pack(PICTURE, frame_id, due_ms) + i420


def layers(width: int, height: int, laid: Sequence[Layer], *, mirrored: bool) -> bytes:
    """All layers of the pictures of one size, which are flipped when ``mirrored``.

    A table in JSON says where the planes of each layer begin, in bytes after the table.
    """
    parts: list[bytes] = []
    begins = 0
    table: list[dict[str, object]] = []
    for layer in laid:
        planes = []
        for values in _arrays(layer):
            data = values.tobytes()
            parts += (data, bytes(-len(data) % _ALIGNED))
            planes.append({"height": values.shape[-2], "width": values.shape[-1], "begin": begins})
            begins += len(data) + len(parts[-1])
        moves_down = isinstance(layer, Sprite) and layer.moves_down
        covers = isinstance(layer, Sprite)
        table.append({"covers": covers, "movesDown": moves_down, "planes": planes})
    header = {"width": width, "height": height, "mirrored": mirrored, "layers": table}
    head = json.dumps(header, separators=(",", ":")).encode()
    head += b" " * (-len(head) % _ALIGNED)
    return b"".join((_KIND.pack(LAYERS, len(head)), head, *parts))


def _arrays(layer: Layer) -> Iterable[np.ndarray[Any, Any]]:
    """Of each plane: uint8 (quarter, height, width), or uint16 (down, across, 2, height, width)."""
    if isinstance(layer, Backdrop):
        return layer.steps
    return (np.array(plane, dtype="<u2") for plane in layer.steps)


def draw_commands(of_pictures: Iterable[bytes]) -> bytes:
    """A message with the orders of several pictures."""
    return _KIND.pack(ORDERS, 0) + b"".join(of_pictures)


def draw_command(frame_id: int, due_ms: float, steps: Sequence[Step], stamp: Luma) -> bytes:
    """Return how one picture is laid; ``stamp`` is laid last, in the lower left corner."""
    tall, wide = stamp.shape
    head = _ORDER.pack(frame_id, len(steps), wide, tall, due_ms)
    return head + b"".join(_STEP.pack(*step) for step in steps) + stamp.tobytes()


class Stamps:
    """The marker's own pixels, which depend on nothing below them; none on too small a picture."""

    def __init__(self, marker: Marker, width: int, height: int) -> None:
        fits = width >= MARKER_WIDTH and height >= MARKER_HEIGHT
        self._marker = marker
        self._luma = np.zeros((MARKER_HEIGHT, MARKER_WIDTH) if fits else (0, 0), np.uint8)

    def __call__(self, number: int) -> Luma:
        """Of this number; valid until the next."""
        if self._luma.size:
            self._marker.stamp(self._luma, number)
        return self._luma
