"""Detection of a settled session: its last seconds are alike."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from itertools import pairwise
from statistics import median
from typing import Final

from g2gbench.measure.records import Captured, Record, Seen, Stats
from g2gbench.measure.stats import number
from g2gbench.media.latency_meter import LatencyMeter

SECONDS: Final = 3
"""So many seconds in a row must be alike."""

G2G_RATIO: Final = 0.2
G2G_MS: Final = 5.0
"""Their medians of g2g may differ by the larger of the two."""

FLOW_RATIO: Final = 0.2
"""By this share more or fewer frames may come in a second than were captured in it."""

BITRATE_FACTOR: Final = 1.5
"""By this factor their bitrates may differ, where they are known."""

_SECOND_NS: Final = 1_000_000_000
_KEPT: Final = 4096  # frames: more than half a minute at 120 fps
_BITRATE: Final = ("outbound.bytes_sent", "outbound.header_bytes_sent")


class Settling:
    """Detector of a settled session among its records, which it hands on; safe from any thread.

    ``bits``: how many bits a marker's number has.
    """

    def __init__(self, bits: int, journal: Callable[[Record], None] = lambda _: None) -> None:
        self._journal = journal
        self._meter = LatencyMeter(bits)
        self._lock = threading.Lock()
        self._captured: deque[int] = deque(maxlen=_KEPT)
        self._came: deque[tuple[int, float]] = deque(maxlen=_KEPT)  # (received_ns, g2g ms)
        self._sent: deque[tuple[int, float]] = deque(maxlen=SECONDS + 1)  # (at_ns, bits so far)

    def take(self, record: Record) -> None:
        """Take one record; those of other kinds are handed on alone."""
        self._journal(record)
        with self._lock:
            if isinstance(record, Captured) and record.accepted:
                self._captured.append(record.captured_ns)
                self._meter.captured(record.seq, record.captured_ns)
            elif isinstance(record, Seen) and record.reading == "ok" and record.seq is not None:
                g2g_ms = self._meter.seen(record.seq, record.received_ns)
                if g2g_ms is not None:
                    self._came.append((record.received_ns, g2g_ms))
            elif isinstance(record, Stats):
                self._meter.take(record.at_ns)  # once a second: it gives up what is overdue
                values = [number(record.values.get(key)) for key in _BITRATE]
                if None not in values:
                    self._sent.append((record.at_ns, 8 * sum(v for v in values if v is not None)))

    def settled(self, now_ns: int) -> bool:
        """Return whether the last seconds before ``now_ns`` are alike."""
        with self._lock:
            seconds = [
                (now_ns - (i + 1) * _SECOND_NS, now_ns - i * _SECOND_NS) for i in range(SECONDS)
            ]
            latencies = []
            for start_ns, end_ns in seconds:
                captured = sum(start_ns <= at_ns < end_ns for at_ns in self._captured)
                came = [g2g for at_ns, g2g in self._came if start_ns <= at_ns < end_ns]
                # One frame may fall on either side of an edge.
                if not came or abs(len(came) - captured) > max(1, FLOW_RATIO * captured):
                    return False
                latencies.append(median(came))
            spread = max(latencies) - min(latencies)
            return spread <= max(G2G_MS, G2G_RATIO * min(latencies)) and self._steady_bitrate()

    def _steady_bitrate(self) -> bool:
        sent = list(self._sent)
        rates = [
            (bits - bits_before) / (at_ns - before_ns)
            for (before_ns, bits_before), (at_ns, bits) in pairwise(sent)
            if at_ns > before_ns
        ]
        return not rates or max(rates) <= BITRATE_FACTOR * max(min(rates), 0.0)
