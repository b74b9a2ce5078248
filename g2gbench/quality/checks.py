"""Checks of this package's numbers and settings, with one wording for what is refused."""

from __future__ import annotations

import math
from typing import Any

import numpy as np


def number(name: str, value: object, *, most: float = math.inf) -> float:
    """A finite number from 0 to ``most``.

    Raises TypeError for what is no number (a truth value is none), ValueError for NaN, infinity and
    what lies outside.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | np.number):
        raise TypeError(f"{name} is {value!r}; a number is needed")
    if not math.isfinite(value):
        raise ValueError(f"{name} is {value!r}; a finite number is needed")
    if value < 0 or value > most:
        upper = "" if most == math.inf else f" and at most {most:g}"
        raise ValueError(f"{name} is {value!r}; it must be at least 0{upper}")
    return float(value)


def positive(name: str, value: Any) -> float:
    """A finite number above 0; raises TypeError or ValueError."""
    if number(name, value) == 0:
        raise ValueError(f"{name} is {value!r}; it must be more than 0")
    return float(value)


def count(name: str, value: object) -> int:
    """A whole number of at least 1; raises TypeError or ValueError."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name} is {value!r}; a whole number is needed")
    if value < 1:
        raise ValueError(f"{name} is {value}; it must be at least 1")
    return value


def flag(name: str, value: object) -> bool:
    """True or False; raises TypeError."""
    if not isinstance(value, bool):
        raise TypeError(f"{name} is {value!r}; True or False is needed")
    return value
