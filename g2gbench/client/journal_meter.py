"""Glass-to-glass latency of a trial while it runs, from its journal's records. Pure."""

from __future__ import annotations

from g2gbench.measure.records import Captured, Reached, Record, Seen, Stats
from g2gbench.media.latency_meter import G2G, LatencyMeter


class JournalMeter:
    """Feeds a `LatencyMeter` from records, for the terminal and for the live page alike.

    ``second`` is what the latest second measured: it changes with each `Stats`.

    Args:
        bits: how many bits a marker's number has.

    """

    def __init__(self, bits: int) -> None:
        self.second = G2G()
        self._meter = LatencyMeter(bits)

    def take(self, record: Record) -> float | None:
        """Take one record; the g2g, in ms, of the frame that came back with it."""
        if isinstance(record, Captured):
            if record.accepted:
                self._meter.captured(record.seq, record.captured_ns)
        elif isinstance(record, Seen):
            if record.seq is not None:
                return self._meter.seen(record.seq, record.received_ns)
        elif isinstance(record, Reached):
            if record.phase == "connect":
                self._meter.connecting(record.at_ns)
        elif isinstance(record, Stats):
            self.second = self._meter.take(record.at_ns)
        return None
