"""Steadiness of the steady state: its first second against those of its second half.

What a session still does when its warm-up is over (an encoder that works off a queue, a sender that
finds its bitrate) shows in the first second. The range of the later ones says by how much a second
of this session differs anyway.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from g2gbench.measure.journal import FloatArray, Session
from g2gbench.measure.ledger import DELIVERED, Ledger
from g2gbench.measure.stats import number

FEWEST_SECONDS: Final = 4
"""A shorter steady state has too few seconds to tell one from another."""

FEWEST_FRAMES: Final = 5
"""A second with fewer delivered frames has no median."""

MOMENTS_NS: Final = 100_000_000
"""So far apart are the moments at which frames on their way are counted."""

_CHANGES: Final = ("network", "prompt", "reconnect", "remote_stream")
_BITRATE: Final = ("outbound.bytes_sent", "outbound.header_bytes_sent")
_SECOND_NS: Final = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Opening:
    """The first second of something, and the range of the seconds of the second half."""

    first: float
    low: float
    high: float

    @property
    def beyond(self) -> float:
        """By how much the first second lies outside of the range."""
        return max(0.0, self.first - self.high, self.low - self.first)

    @property
    def factor(self) -> float:
        """By which factor it lies outside of the range; 1: within."""
        if self.first > self.high:
            return self.first / self.high if self.high > 0 else float("inf")
        if self.first < self.low:
            return self.low / self.first if self.first > 0 else float("inf")
        return 1.0


def why_not_judged(session: Session) -> str:
    """Return why a steady state is none to be steady; empty where it is."""
    if session.steady_ns is None:
        return "the warm-up was never over"
    start_ns, end_ns = session.steady_ns
    if end_ns - start_ns < FEWEST_SECONDS * _SECOND_NS:
        return f"it needs {FEWEST_SECONDS} s of steady state"
    if any(e.name == "link" and e.detail.get("varies") for e in session.events):
        return "the network follows a trace"
    if any(e.name in _CHANGES and start_ns <= e.at_ns < end_ns for e in session.events):
        return "something was changed in the steady state"
    return ""


def latency(session: Session, ledger: Ledger) -> Opening | None:
    """Median g2g of the frames captured in each second, in ms."""
    return _opening(
        [
            float(np.median(ledger.g2g_ms[one & (ledger.outcome == DELIVERED)]))
            if np.count_nonzero(one & (ledger.outcome == DELIVERED)) >= FEWEST_FRAMES
            else np.nan
            for one in _seconds(session, ledger)
        ]
    )


def delivery(session: Session, ledger: Ledger) -> Opening | None:
    """Share of the frames captured in each second that were delivered."""
    return _opening(
        [
            np.count_nonzero(one & (ledger.outcome == DELIVERED)) / np.count_nonzero(one)
            if np.count_nonzero(one) >= FEWEST_FRAMES
            else np.nan
            for one in _seconds(session, ledger)
        ]
    )


def bitrate(session: Session) -> Opening | None:
    """Bits a second that the client sent, between one snapshot of the statistics and the next."""
    if session.steady_ns is None:
        return None
    start_ns, end_ns = session.steady_ns
    rows: list[tuple[int, float]] = []
    for snapshot in session.stats:
        values = [number(snapshot.values.get(key)) for key in _BITRATE]
        if start_ns <= snapshot.at_ns <= end_ns and None not in values:
            rows.append((snapshot.at_ns, 8 * sum(value for value in values if value is not None)))
    if len(rows) <= FEWEST_SECONDS:
        return None
    at_ns, bits = np.array([row[0] for row in rows]), np.array([row[1] for row in rows])
    rates: FloatArray = np.diff(bits) / (np.diff(at_ns) / 1e9)
    return None if (rates < 0).any() else _opening(rates.tolist())


def backlog(session: Session, ledger: Ledger) -> Opening | None:
    """Frames on their way at the start of the steady state, and at moments of its second half."""
    if session.steady_ns is None:
        return None
    start_ns, end_ns = session.steady_ns
    later_ns = np.arange(start_ns + (end_ns - start_ns) // 2, end_ns, MOMENTS_NS)
    delivered = ledger.outcome == DELIVERED
    captured_ns = np.sort(ledger.captured_ns[delivered])
    received_ns = np.sort(ledger.received_ns[delivered])
    moments_ns = np.concatenate(([start_ns], later_ns))
    under_way = np.searchsorted(captured_ns, moments_ns) - np.searchsorted(received_ns, moments_ns)
    if len(under_way) < 2:
        return None
    later = under_way[1:]
    return Opening(float(under_way[0]), float(later.min()), float(later.max()))


def _seconds(session: Session, ledger: Ledger) -> list[np.ndarray]:
    """For each whole second of the steady state, which frames were captured in it."""
    if session.steady_ns is None:
        return []
    start_ns, end_ns = session.steady_ns
    place = (ledger.captured_ns - start_ns) // _SECOND_NS
    return [ledger.steady & (place == i) for i in range((end_ns - start_ns) // _SECOND_NS)]


def _opening(seconds: Sequence[float]) -> Opening | None:
    """None where the first second, or the whole second half, has no value."""
    if len(seconds) < FEWEST_SECONDS:
        return None
    later = np.array(seconds[len(seconds) // 2 :])
    later = later[np.isfinite(later)]
    if not np.isfinite(seconds[0]) or not len(later):
        return None
    return Opening(float(seconds[0]), float(later.min()), float(later.max()))
