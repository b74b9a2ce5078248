"""Jitter of a link's delay: Gaussian, each packet on its own or correlated. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable
from statistics import NormalDist

_normal = NormalDist().inv_cdf


class JitterModel:
    """A Gaussian of mean 0, in ns; with a correlation time an Ornstein-Uhlenbeck process.

    Its autocorrelation over a lag t is then exp(-t / correlation time), whatever the packets' rate.

    Args:
        uniform: draws from (0, 1); one for each value.

    """

    def __init__(self, uniform: Callable[[], float]) -> None:
        self._uniform = uniform
        self._jitter_ns = 0.0
        self._correlation_ns = 0.0
        self._value: float | None = None  # of variance 1
        self._at_ns = 0

    def set(self, jitter_s: float, correlation_s: float) -> None:
        """Change the figures; the process goes on from its present value."""
        self._jitter_ns = jitter_s * 1e9
        self._correlation_ns = correlation_s * 1e9

    def at(self, now_ns: int) -> float:
        """The value at a time, in ns; times must not fall."""
        value = _normal(self._uniform())
        if self._correlation_ns > 0:
            if self._value is not None:
                kept = math.exp((self._at_ns - now_ns) / self._correlation_ns)
                value = kept * self._value + math.sqrt(1 - kept * kept) * value
            self._value, self._at_ns = value, now_ns
        return value * self._jitter_ns
