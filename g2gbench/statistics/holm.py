"""Many tests at once: p-values adjusted so that the whole family errs as rarely as one may."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

LEVEL: Final = 0.05
"""How often a whole family may say of equal things that one of them is worse."""


def holm(p_values: Sequence[float], least: Sequence[float] | None = None) -> tuple[float, ...]:
    """The p-values adjusted by Holm's steps, in the order given; compare each with ``LEVEL``.

    ``least`` is the smallest p-value that each test could have given. A test that could not have
    reached the level, whatever had come out, can raise no false alarm: it does not count to the
    family (Tarone, Biometrics 1990), and its adjusted p-value is 1.
    """
    able = [i for i in range(len(p_values)) if least is None or least[i] <= LEVEL]
    adjusted = [1.0] * len(p_values)
    largest = 0.0
    for done, i in enumerate(sorted(able, key=lambda i: p_values[i])):
        largest = max(largest, (len(able) - done) * p_values[i])
        adjusted[i] = min(1.0, largest)
    return tuple(adjusted)


def size_of(least: Sequence[float]) -> int:
    """Return how many tests count to the family."""
    return sum(value <= LEVEL for value in least)
