"""Marker v2: 24 bits and a CRC-16, for targets that pass pixels through.

Layout: 24 columns x 2 rows of cells 8 pixels wide and 16 tall in the bottom-left corner of the
luma plane; 1 is grey level 235, 0 is 16. Columns 0, 1, 22 and 23 are pilots: 1 0 .. 1 0 in the
upper row, 0 1 .. 0 1 in the lower. Columns 2..21, upper row then lower, hold 40 bits, most
significant first: the number, then CRC-16/CCITT (initial value FFFF) over its three bytes.

Pilots on both sides give each side its own black, white and polarity, so that shading across the
marker and negative pictures read well; a mirrored picture is tried when the upright one fails.
"""

from __future__ import annotations

import math
import operator
from binascii import crc_hqx
from functools import lru_cache
from itertools import pairwise
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from g2gbench.marker.cells import Place, Sampler, place_of, places_of_protocol
from g2gbench.marker.examination import NO_MARKER, REJECTED, Examination
from g2gbench.marker.ladder import ladder
from g2gbench.marker.luma import (
    MARKER_HEIGHT,
    MARKER_WIDTH,
    Luma,
    holds_marker,
    require_luma,
    require_writable_luma,
)

Levels: TypeAlias = npt.NDArray[np.floating]

BITS = 24
WHITE, BLACK = 235, 16

COLUMNS, ROWS, CELL = 24, 2, 8
MINIMUM_AMPLITUDE = 6.0  # grey levels from the middle to black and to white, on either side
PILOT_CLEARNESS = 0.3  # of its side's amplitude, for the least clear pilot
WEAK_CELL = 0.4  # of the mean strength of the 40 cells that carry bits
MAXIMUM_WEAK_CELLS = 4

_CRC_START = 0xFFFF
_UPPER_PILOTS = bytes([WHITE] * CELL + [BLACK] * CELL)
_LOWER_PILOTS = bytes([BLACK] * CELL + [WHITE] * CELL)
_PILOT_COLUMNS = (0, 1, 22, 23)
_PAYLOAD = slice(2, 22)


def _ten_cells_as_pixels() -> list[bytes]:
    values = np.arange(1024)[:, np.newaxis]
    ones = (values >> np.arange(9, -1, -1)) & 1
    table = np.repeat(np.where(ones, WHITE, BLACK).astype(np.uint8), CELL, axis=1)
    return [row.tobytes() for row in table]


_TEN_CELLS = _ten_cells_as_pixels()


def word(number: int) -> int:
    """The 40 bits of a 24-bit number: the number, then its CRC-16."""
    return number << 16 | crc_hqx(number.to_bytes(3), _CRC_START)


def stamp(luma: Luma, number: int) -> bool:
    """Write ``number & 0xffffff`` into the bottom-left corner of a luma plane, in place.

    Args:
        luma: uint8, shape (height, width), writable; rows may be farther apart than their width.
        number: any integer; 24 bits of it are kept.

    Returns:
        False when the frame is smaller than 192 x 32 and was left as it is.

    Raises:
        TypeError: not an array of uint8, or the number is no integer.
        ValueError: not two dimensions, or read-only.

    """
    require_writable_luma(luma)
    if not holds_marker(luma):
        return False
    bits = word(operator.index(number) & 0xFFFFFF)
    cells = _TEN_CELLS
    upper = _UPPER_PILOTS + cells[bits >> 30] + cells[bits >> 20 & 1023] + _UPPER_PILOTS
    lower = _LOWER_PILOTS + cells[bits >> 10 & 1023] + cells[bits & 1023] + _LOWER_PILOTS
    luma[-MARKER_HEIGHT : -MARKER_HEIGHT // 2, :MARKER_WIDTH] = np.frombuffer(upper, np.uint8)
    luma[-MARKER_HEIGHT // 2 :, :MARKER_WIDTH] = np.frombuffer(lower, np.uint8)
    return True


def examine(luma: Luma, *, sent_size: tuple[int, int] | None = None) -> Examination:
    """Look for a marker in a luma plane, upright and mirrored, and say what came of it.

    Args:
        luma: uint8, shape (height, width), upright or mirrored left to right.
        sent_size: (width, height) of the frame when it was stamped. Without it the native size is
            tried, then the other cell sizes that v1's protocol knows.

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


def scan(luma: Luma) -> tuple[int, float] | None:
    """Look for an upright marker at scales 0.2 to 2.5 in steps of 1 %, equal in x and y.

    Args:
        luma: uint8, shape (height, width). For a mirrored picture pass ``luma[:, ::-1]``.

    Returns:
        The number and the scale since the stamp (the middle of the longest run of neighbouring
        scales that agree on a number), or None. Costs some hundred times a read: use it when
        nothing tells the size that was stamped.

    """
    require_luma(luma)
    height, width = luma.shape
    steps = ladder(width, height, ROWS, COLUMNS)
    if steps is None:
        return None
    means = steps.means(luma, ROWS, COLUMNS)
    left, right, signed = _against_pilots(means)
    # The cheap gate for all scales at once: only the few that pass it are looked at one by one.
    plausible = np.minimum(np.abs(left), np.abs(right)) > MINIMUM_AMPLITUDE
    hits: list[tuple[int, int]] = []
    for index in np.flatnonzero(plausible & ((left > 0) == (right > 0))).tolist():
        found = _decide(signed[index], left.item(index), right.item(index))
        if found.number is not None:
            hits.append((index, found.number))
    if not hits:
        return None
    run = max(_runs(hits), key=len)
    (first, number), (last, _) = run[0], run[-1]
    return number, math.sqrt(steps.scales[first] * steps.scales[last])


def _runs(hits: list[tuple[int, int]]) -> list[list[tuple[int, int]]]:
    """Hits (index, number) grouped where the index goes up by one and the number stays."""
    runs = [hits[:1]]
    for (index, number), hit in pairwise(hits):
        if hit == (index + 1, number):
            runs[-1].append(hit)
        else:
            runs.append([hit])
    return runs


def _against_pilots(means: Levels) -> tuple[Levels, Levels, Levels]:
    """Amplitudes of the left and right pilots, and cells less the middle level at their column.

    ``means`` has shape (..., 2, 24); the amplitudes have shape (...), negative in a negative.
    """
    upper, lower = means[..., 0, :], means[..., 1, :]
    difference, middle = (upper - lower) / 2, (upper + lower) / 2
    left = (difference[..., 0] - difference[..., 1]) / 2
    right = (difference[..., 22] - difference[..., 23]) / 2
    signed = means - (middle @ _MIDDLE)[..., np.newaxis, :]
    return left, right, signed


def _middle_weights() -> npt.NDArray[np.float32]:
    """Weights (24, 24) from columns to the middle level at each column.

    The level goes in a straight line through the means of the pilots on the left (centred on the
    border of columns 0 and 1) and on the right (columns 22 and 23).
    """
    position = (np.arange(COLUMNS) - 0.5) / 22
    weights = np.zeros((COLUMNS, COLUMNS), np.float32)
    weights[[0, 1]] = (1 - position) / 2
    weights[[22, 23]] = position / 2
    return weights


_MIDDLE = _middle_weights()


@lru_cache(maxsize=32)
def _samplers(width: int, height: int, sent_size: tuple[int, int] | None) -> tuple[Sampler, ...]:
    if sent_size is None:
        places = places_of_protocol(width, height)
    else:
        place = place_of(width, height, sent_size)
        places = () if place is None else (place,)
    return tuple(
        _sampler(place, width, mirrored=mirrored) for place in places for mirrored in (False, True)
    )


def _sampler(place: Place, width: int, *, mirrored: bool) -> Sampler:
    """Cell means, and by extra weights the differences that ``_against_pilots`` takes.

    The result has shape (4, 50): row 0 is the upper row of cells, row 1 the lower, row 2 half
    their difference, row 3 their mean; columns 0..23 are the cells, columns 24..47 the middle level
    at each, column 48 and 49 half the difference of the left and of the right pair of pilots.
    """
    upper, lower = place.vertical(ROWS)
    vertical = np.stack((upper, lower, (upper - lower) / 2, (upper + lower) / 2))
    cells = place.horizontal(COLUMNS)
    if mirrored:
        cells = cells[::-1]
    left, right = (cells[:, 0] - cells[:, 1]) / 2, (cells[:, 22] - cells[:, 23]) / 2
    horizontal = np.column_stack((cells, cells @ _MIDDLE, left, right))
    begin = width - place.pixels_x if mirrored else 0
    return Sampler(
        vertical,
        np.ascontiguousarray(horizontal),
        slice(-place.pixels_y, None),
        slice(begin, begin + place.pixels_x),
    )


def _examine_at(sampler: Sampler, luma: Luma) -> Examination:
    values = sampler(luma)
    left, right = values.item(2, 2 * COLUMNS), values.item(2, 2 * COLUMNS + 1)
    if not (min(left, right) > MINIMUM_AMPLITUDE or max(left, right) < -MINIMUM_AMPLITUDE):
        return NO_MARKER
    return _decide(values[:2, :COLUMNS] - values[3, COLUMNS : 2 * COLUMNS], left, right)


def _decide(signed: Levels, left: float, right: float) -> Examination:
    """Judge cells (2, 24) less their middle level, given amplitudes of equal sign."""
    if left < 0:
        signed, left, right = -signed, -left, -right
    packed = np.packbits(signed[:, _PAYLOAD] > 0).tobytes()
    valid = crc_hqx(packed, _CRC_START) == 0
    least_left, least_right = _least_pilots(signed)
    if least_left < PILOT_CLEARNESS * left or least_right < PILOT_CLEARNESS * right:
        # A code word that holds is no accident of the content: the marker is there, but damaged.
        return REJECTED if valid else NO_MARKER
    if not valid:
        return REJECTED
    strength = np.abs(signed[:, _PAYLOAD])
    limit = WEAK_CELL / strength.size * strength.sum()
    if np.count_nonzero(strength < limit) > MAXIMUM_WEAK_CELLS:
        return REJECTED
    return Examination(int.from_bytes(packed[:3]), "ok")


def _least_pilots(signed: Levels) -> tuple[float, float]:
    """Return the margin of the least clear pilot on the left and on the right side."""
    (a, b, *_, c, d), (e, f, *_, g, h) = signed.tolist()
    return min(a, -b, -e, f), min(c, -d, -g, h)
