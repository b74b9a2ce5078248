"""Made histories: the value of each run, with noise of several kinds and a step where asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np

LEVEL: Final = 200.0
SPREAD: Final = 4.0
NOISES: Final[Mapping[str, Callable[[np.random.Generator, int], Any]]] = {
    "normal": lambda chance, n: chance.normal(size=n),
    "Laplace": lambda chance, n: chance.laplace(size=n),
    "lognormal": lambda chance, n: np.exp(0.5 * chance.normal(size=n)),
    "Student t, 3": lambda chance, n: chance.standard_t(3, size=n),
}


def history(noise: str, n: int, seed: int, *, step_at: int = 0, step: float = 0.0) -> list[float]:
    """``n`` runs; from ``step_at`` on all are ``step`` spreads higher."""
    values = LEVEL + SPREAD * NOISES[noise](np.random.default_rng(seed), n)
    values[step_at:] += step * SPREAD if step_at else 0.0
    return [float(value) for value in values]
