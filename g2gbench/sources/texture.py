"""Texture, blur and motion in arithmetic that every machine rounds alike.

Pictures must be the same wherever they are made, so everything here is integers, or the four basic
operations on floats, which IEEE 754 rounds in one way. Randomness is a bit generator's raw stream,
whose values numpy guarantees across versions.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Field: TypeAlias = npt.NDArray[np.int32]


class Dice:
    """A small source of repeatable choices: the same seeds give the same rolls everywhere."""

    def __init__(self, *seeds: int) -> None:
        self._bits = np.random.PCG64(np.random.SeedSequence(seeds))

    def between(self, low: int, high: int) -> int:
        """An integer in low..high, both included."""
        return low + int(self._bits.random_raw()) % (high - low + 1)

    def bytes(self, *shape: int) -> Field:
        """An array of integers 0..255."""
        raw = np.asarray(self._bits.random_raw(shape), np.uint64)
        return (raw >> np.uint64(56)).astype(np.int32)


def value_noise(dice: Dice, height: int, width: int, cell: int) -> Field:
    """Random values 0..255 at the corners of square cells, interpolated linearly between them."""
    corners = dice.bytes(height // cell + 2, width // cell + 2)
    share = np.arange(cell, dtype=np.int32)
    across = corners[:, :-1, np.newaxis] * (cell - share) + corners[:, 1:, np.newaxis] * share
    rows = across.reshape(corners.shape[0], -1)[:, :width]
    down = (
        rows[:-1, np.newaxis] * (cell - share)[:, np.newaxis]
        + rows[1:, np.newaxis] * share[:, np.newaxis]
    )
    down //= cell * cell
    return np.asarray(down.reshape(-1, width)[:height], np.int32)


def octaves(dice: Dice, height: int, width: int, *, largest: int, smallest: int) -> Field:
    """Texture whose amplitude halves with each halving of the scale; about -64..64."""
    total = np.zeros((height, width), np.int32)
    cell = largest
    while cell >= smallest:
        layer = value_noise(dice, height, width, cell)
        layer -= 128
        layer *= cell
        total += layer
        cell //= 2
    total //= 2 * largest
    return total


def soften(field: Field, passes: int = 1) -> Field:
    """Blur by 1 2 1 along both axes, edges repeated: the optics before the sensor."""
    for _ in range(passes):
        for axis in (0, 1):
            turned = field if axis == 0 else field.T
            before = np.concatenate((turned[:1], turned[:-1]))
            after = np.concatenate((turned[1:], turned[-1:]))
            softer = (before + 2 * turned + after + 2) // 4
            field = softer if axis == 0 else softer.T
    return field


def defocus(field: Field, radius: int) -> Field:
    """Blur by running means over 2 * radius + 1 pixels, twice along each axis, edges repeated."""
    span = 2 * radius + 1
    for axis in (0, 1, 0, 1):
        pad = [(radius + 1, radius) if side == axis else (0, 0) for side in (0, 1)]
        sums = np.pad(field, pad, mode="edge").cumsum(axis=axis, dtype=np.int64)
        ends, begins = (
            (sums[span:], sums[:-span]) if axis == 0 else (sums[:, span:], sums[:, :-span])
        )
        field = ((ends - begins) // span).astype(np.int32)
    return field


def halve(field: Field) -> Field:
    """Means of 2 x 2 pixels: a chroma plane from one at full size."""
    means: Field = (
        field[::2, ::2] + field[1::2, ::2] + field[::2, 1::2] + field[1::2, 1::2] + 2
    ) // 4
    return means


def there_and_back(cycles: float) -> float:
    """A wave 0 .. 1 .. 0 of period 1 that slows down where it turns, as a panning camera does."""
    phase = cycles % 1.0
    way = 2 * phase if phase < 0.5 else 2 - 2 * phase
    return way * way * (3 - 2 * way)
