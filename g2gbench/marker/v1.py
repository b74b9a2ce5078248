"""Marker v1: the service's 16-bit marker, stamped byte for byte, read more strictly.

Layout: 24 columns x 4 equal rows of cells of 8 x 8 pixels in the bottom-left corner of the luma
plane. Columns, most significant bit first: sync 1 0 1 0, 16 bits of the number, 4 bits of checksum
(XOR of the number's nibbles); 1 is grey level 200, 0 is 50.

The checksum lets one garbage pattern in 16 through, so this reader looks at what the protocol's
does not: contrast, agreement of the four equal rows, and how clear the least clear column is.
"""

from __future__ import annotations

import operator
from functools import lru_cache

import numpy as np

from g2gbench.marker.cells import Place, Sampler, place_of, places_of_protocol
from g2gbench.marker.examination import NO_MARKER, REJECTED, Examination
from g2gbench.marker.luma import (
    MARKER_HEIGHT,
    MARKER_WIDTH,
    Luma,
    holds_marker,
    require_luma,
    require_writable_luma,
)

BITS = 16
WHITE, BLACK = 200, 50

COLUMNS, ROWS, CELL = 24, 4, 8
MINIMUM_CONTRAST = 16.0  # grey levels between the sync columns' ones and zeros
MAXIMUM_DISAGREEING_CELLS = 16  # of 96, against the code word of the number read
MINIMUM_CLEARNESS = 0.1  # of half the contrast, for the least clear column
MINIMUM_SYNC_CELLS = 14  # of 16 on their side: below it nothing looks like a marker

_SYNC = 0b1010
_SYNC_COLUMNS = 4


def _cells_as_pixels(bits: int) -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
    """Table (2 ** bits, bits * 8): the pixel row of every value, most significant bit first."""
    values = np.arange(1 << bits)[:, np.newaxis]
    ones = (values >> np.arange(bits - 1, -1, -1)) & 1
    return np.repeat(np.where(ones, WHITE, BLACK).astype(np.uint8), CELL, axis=1)


_NIBBLES = [row.tobytes() for row in _cells_as_pixels(4)]
_BYTES = [row.tobytes() for row in _cells_as_pixels(8)]


def checksum(number: int) -> int:
    """The XOR of the four nibbles of a 16-bit number, 0..15."""
    folded = number ^ number >> 8
    return (folded ^ folded >> 4) & 0xF


def stamp(luma: Luma, number: int) -> bool:
    """Write ``number & 0xffff`` into the bottom-left corner of a luma plane, in place.

    Args:
        luma: uint8, shape (height, width), writable; rows may be farther apart than their width.
        number: any integer; 16 bits of it are kept.

    Returns:
        False when the frame is smaller than 192 x 32 and was left as it is.

    Raises:
        TypeError: not an array of uint8, or the number is no integer.
        ValueError: not two dimensions, or read-only.

    """
    require_writable_luma(luma)
    if not holds_marker(luma):
        return False
    sent = operator.index(number) & 0xFFFF
    data = _BYTES[sent >> 8] + _BYTES[sent & 0xFF]
    row = np.frombuffer(_NIBBLES[_SYNC] + data + _NIBBLES[checksum(sent)], np.uint8)
    luma[-MARKER_HEIGHT:, :MARKER_WIDTH] = row
    return True


def examine(luma: Luma, *, sent_size: tuple[int, int] | None = None) -> Examination:
    """Look for a marker in a luma plane and say what came of it.

    Args:
        luma: uint8, shape (height, width), upright.
        sent_size: (width, height) of the frame when it was stamped. Without it the protocol's
            eleven cell sizes are tried in turn, which lets wrong numbers through: gate them.

    Raises:
        TypeError: not an array of uint8.
        ValueError: not two dimensions, or a size that is not positive.

    """
    require_luma(luma)
    height, width = luma.shape
    outcome = NO_MARKER
    for sampler in _samplers(width, height, sent_size):
        found = _examine_at(sampler, luma)
        if found.number is not None:
            return found
        if found is REJECTED:
            outcome = found
    return outcome


def read(luma: Luma, *, sent_size: tuple[int, int] | None = None) -> int | None:
    """The number that a luma plane carries, or None; see ``examine`` for arguments and errors."""
    return examine(luma, sent_size=sent_size).number


@lru_cache(maxsize=32)
def _samplers(width: int, height: int, sent_size: tuple[int, int] | None) -> tuple[Sampler, ...]:
    if sent_size is None:
        return tuple(_sampler(place) for place in places_of_protocol(width, height))
    place = place_of(width, height, sent_size)
    return () if place is None else (_sampler(place),)


def _sampler(place: Place) -> Sampler:
    """Cell means, and by extra weights what the gates need of them.

    The result has shape (5, 26): rows 0..3 are the marker's, row 4 their mean; columns 0..23 are
    the cells, column 24 the threshold (the mean of the sync cells), column 25 their contrast.
    """
    vertical = place.vertical(ROWS)
    vertical = np.vstack((vertical, vertical.mean(axis=0)))
    cells = place.horizontal(COLUMNS)
    ones, zeros = cells[:, [0, 2]].mean(axis=1), cells[:, [1, 3]].mean(axis=1)
    threshold = (ones + zeros) / 2
    horizontal = np.column_stack((cells, threshold, ones - zeros))
    return Sampler(
        np.ascontiguousarray(vertical),
        np.ascontiguousarray(horizontal),
        slice(-place.pixels_y, None),
        slice(0, place.pixels_x),
    )


def _examine_at(sampler: Sampler, luma: Luma) -> Examination:
    values = sampler(luma)
    contrast = values.item(4, COLUMNS + 1)
    if contrast < MINIMUM_CONTRAST:
        return NO_MARKER
    signed = values[:, :COLUMNS] - values.item(4, COLUMNS)
    ones = signed > 0
    word = int.from_bytes(np.packbits(ones[4]).tobytes())
    number = word >> 4 & 0xFFFF
    disagreeing = ones[:4] != ones[4]
    if word >> 20 != _SYNC or (
        ROWS * _SYNC_COLUMNS - np.count_nonzero(disagreeing[:, :_SYNC_COLUMNS]) < MINIMUM_SYNC_CELLS
    ):
        return NO_MARKER
    if (
        word & 0xF != checksum(number)
        or np.count_nonzero(disagreeing) > MAXIMUM_DISAGREEING_CELLS
        or min(map(abs, signed[4].tolist())) < MINIMUM_CLEARNESS * contrast / 2
    ):
        return REJECTED
    return Examination(number, "ok")
