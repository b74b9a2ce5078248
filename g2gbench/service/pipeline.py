"""When the emulated model takes a frame and when it is done with it. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

_NS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Processing:
    """How long the model holds a frame.

    ``mean_s`` and ``spread_s``: a frame is held for a time drawn evenly from mean ± spread.
    ``max_fps``: frames taken per second at most; None for no limit.
    """

    mean_s: float = 0.0
    spread_s: float = 0.0
    max_fps: float | None = None

    def __post_init__(self) -> None:
        """Refuse what no model does."""
        if self.mean_s < 0 or self.spread_s < 0 or (self.max_fps is not None and self.max_fps <= 0):
            raise ValueError(f"{self}: times from 0, max_fps above 0 are allowed")


class Pipeline:
    """Admission and departure of frames: latency and throughput are independent of each other.

    Args:
        processing: the model's times.
        spacing_s: least time between departures. Frames that leave closer together than an encoder
            works are skipped inside the SDK, where nobody counts them.
        uniform: draws from [0, 1).

    """

    def __init__(
        self, processing: Processing, spacing_s: float, uniform: Callable[[], float]
    ) -> None:
        self._processing = processing
        self._spacing_ns = round(spacing_s * _NS)
        self._uniform = uniform
        self._next_admission_ns = 0
        self._last_departure_ns = 0

    def wait_ns(self, now_ns: int) -> int:
        """How long until the model takes another frame; 0: at once."""
        return max(0, self._next_admission_ns - now_ns)

    def admit(self, received_ns: int, now_ns: int) -> int:
        """Take a frame; when it is done, in ns. Departures keep their order."""
        processing = self._processing
        if processing.max_fps is not None:
            step_ns = round(_NS / processing.max_fps)
            # From the schedule, not from now: the rate is met, lateness does not add up. After a
            # pause the schedule begins anew: no burst makes up for it.
            late = now_ns - self._next_admission_ns >= step_ns
            self._next_admission_ns = (now_ns if late else self._next_admission_ns) + step_ns
        held_s = processing.mean_s + processing.spread_s * (2 * self._uniform() - 1)
        due_ns = received_ns + round(max(0.0, held_s) * _NS)
        self._last_departure_ns = max(due_ns, now_ns, self._last_departure_ns + self._spacing_ns)
        return self._last_departure_ns
