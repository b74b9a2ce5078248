"""Rate limit of a client's messages. Pure."""

from __future__ import annotations

_NS = 1_000_000_000


class TokenBucket:
    """A token bucket: ``burst`` at once, ``per_second`` in the long run.

    Args:
        per_second, burst: above 0.
        now_ns: the clock's reading now.

    """

    def __init__(self, per_second: float, burst: int, *, now_ns: int) -> None:
        self._per_second = per_second
        self._burst = burst
        self._left = float(burst)
        self._then_ns = now_ns

    def allows(self, *, now_ns: int) -> bool:
        """Return whether one more may come now; if so, it is counted."""
        passed_s = max(0, now_ns - self._then_ns) / _NS
        self._left = min(self._burst, self._left + passed_s * self._per_second)
        self._then_ns = max(now_ns, self._then_ns)
        if self._left < 1:
            return False
        self._left -= 1
        return True
