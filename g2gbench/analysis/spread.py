"""Spread of a cell's trials, and what else differs between the farthest two.

A spread is no error, but a reader must know whether it is the path's or the machine's.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import Final

from g2gbench.analysis.result import Spread
from g2gbench.analysis.trials import TrialResult
from g2gbench.analysis.valid import counting

METRIC: Final = "g2g_ms.p50"
LIMIT: Final = 0.10
"""A spread above this share of the median is explained, and so is what differs by more."""

_TIMES: Final = ("encode_ms", "decode_ms", "jitter_buffer_ms", "rtt_ms.p50")
_SHARES: Final = ("cpu.room", "cpu.worker", "cpu.client", "cpu.link", "uplink.bitrate_bps")


def spread_of(trials: Sequence[TrialResult]) -> Spread | None:
    """The spread of g2g p50 over valid trials; None with fewer than two, no text up to LIMIT."""
    measured = [
        (value, trial) for trial in counting(trials) if (value := _value(trial, METRIC)) is not None
    ]
    if len(measured) < 2:
        return None
    measured.sort(key=lambda pair: pair[0])
    (low, fastest), (high, slowest) = measured[0], measured[-1]
    middle = median(value for value, _ in measured)
    ratio = (high - low) / middle
    if ratio <= LIMIT:
        return Spread(METRIC, ratio, "")
    found = _differences(fastest, slowest, high - low)
    why = (
        f"against the fastest, the slowest had {', '.join(found)}"
        if found
        else "nothing else that was measured differs by as much: unexplained"
    )
    return Spread(METRIC, ratio, f"g2g p50 spreads by {ratio:.0%} over the trials: {why}.")


def _differences(fastest: TrialResult, slowest: TrialResult, gap_ms: float) -> list[str]:
    """Return the metrics that moved with g2g: times within the gap, shares that rose."""
    found = []
    for name in (*_TIMES, *_SHARES):
        before, after = _value(fastest, name), _value(slowest, name)
        if before is None or after is None or before <= 0:
            continue
        change = after / before - 1
        matters = after - before > LIMIT * gap_ms if name in _TIMES else True
        if abs(change) > LIMIT and matters:
            found.append(f"{name} {change:+.0%}")
    return found


def _value(trial: TrialResult, name: str) -> float | None:
    value = trial.metrics.get(name)
    return value.value if value is not None else None
