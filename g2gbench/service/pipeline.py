"""Timing of the emulated model: when it takes a frame, and when it is done with it. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

_NS = 1_000_000_000
# An encoder still at work on one frame makes the SDK skip the next without a word, and keep the
# metadata of the skipped one.
SPACING_S = 0.012
# Of the source's frame interval: a queue must drain faster than it fills.
SPACING_SHARE = 0.8


@dataclass(frozen=True, slots=True)
class Processing:
    """Time for which the model holds a frame.

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
        uniform: draws from [0, 1).

    """

    def __init__(self, processing: Processing, uniform: Callable[[], float]) -> None:
        self._processing = processing
        self._uniform = uniform
        self._next_admission_ns = 0
        self._last_departure_ns = 0

    def wait_ns(self, now_ns: int) -> int:
        """Return how long until the model takes another frame; 0: at once."""
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
        self._last_departure_ns = max(due_ns, now_ns, self._last_departure_ns)
        return self._last_departure_ns


class Spacing:
    """Keeps hand-overs to an encoder apart, whatever held up the one who hands over.

    A thread that stood still finds several frames due at once, and a schedule made beforehand does
    not part them: what counts is when the frame before was really handed over.

    Args:
        fps: of the frames that come in.

    """

    def __init__(self, fps: float) -> None:
        self.spacing_ns = round(min(SPACING_S, SPACING_SHARE / fps) * _NS)
        self._last_ns: int | None = None

    def due_ns(self, wanted_ns: int) -> int:
        """Return when a frame wanted at ``wanted_ns`` may be handed over."""
        if self._last_ns is None:
            return wanted_ns
        return max(wanted_ns, self._last_ns + self.spacing_ns)

    def handed_over(self, at_ns: int) -> None:
        """A frame was handed over."""
        self._last_ns = at_ns
