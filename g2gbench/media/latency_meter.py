"""Glass-to-glass latency while a session runs: frame numbers and times in, samples out. Pure.

What a finished session is judged by is its ledger; this is what its user may see meanwhile.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from statistics import median

from g2gbench.quality.drops import DEADLINE_NS, DROP_SECONDS, MIN_FLIGHT_NS


@dataclass(frozen=True, slots=True)
class G2G:
    """One second: the median g2g of frames that came back in it, the share of dropped frames among
    those whose fate became known in the last four, and ttff; None: not measured.

    The rules are those by which a recorded session is judged (``g2gbench.measure.quality``).
    """

    g2g_ms: float | None = None
    drop_ratio: float | None = None
    ttff_ms: float | None = None


class LatencyMeter:
    """Matches numbers that were stamped with numbers that are read.

    Frames captured before the first one that came back are of no session yet: they count neither
    as delivered nor as dropped.

    Args:
        bits: how many bits a number has.

    """

    def __init__(self, bits: int) -> None:
        self._mask = (1 << bits) - 1
        self._open: dict[int, int] = {}  # number -> captured, oldest first
        self._overtaken: dict[int, int] = {}  # number -> when a newer frame first was back
        self._latencies_ms: list[float] = []
        self._delivered = self._dropped = 0
        self._settled: deque[tuple[int, int]] = deque(maxlen=DROP_SECONDS)  # (delivered, dropped)
        self._live_ns: int | None = None  # capture of the first frame that came back
        self._connect_ns: int | None = None
        self._ttff_ms: float | None = None

    @property
    def samples(self) -> int:
        """Latencies of the second that runs."""
        return len(self._latencies_ms)

    def connecting(self, now_ns: int) -> None:
        """A connect attempt begins: ttff counts from here."""
        self._connect_ns = now_ns
        self._open.clear()
        self._overtaken.clear()
        self._latencies_ms.clear()
        self._delivered = self._dropped = 0
        self._settled.clear()
        self._live_ns = self._ttff_ms = None

    def captured(self, number: int, at_ns: int) -> None:
        """A frame was stamped."""
        self._open[number & self._mask] = at_ns
        if self._live_ns is None:
            self._forget(at_ns)

    def waits_for(self, number: int) -> bool:
        """Return whether a frame of this number was stamped and has not come back."""
        return number in self._open

    def seen(self, number: int, at_ns: int) -> float | None:
        """A number was read from a remote frame; its g2g in ms.

        None for one that was never sent, or was there before: it is nothing.
        """
        captured_ns = self._open.pop(number, None)
        if captured_ns is None:
            return None
        self._overtaken.pop(number, None)
        for older, older_ns in self._open.items():  # few: those that are on their way
            if older_ns >= captured_ns:
                break
            self._overtaken.setdefault(older, at_ns)
        if self._live_ns is None:
            self._live_ns = captured_ns
            if self._connect_ns is not None:
                self._ttff_ms = (at_ns - self._connect_ns) / 1e6
        self._delivered += 1
        g2g_ms = (at_ns - captured_ns) / 1e6
        self._latencies_ms.append(g2g_ms)
        return g2g_ms

    def take(self, now_ns: int) -> G2G:
        """The second since the last call."""
        if self._live_ns is not None:
            self._dropped += self._forget(now_ns)
        self._settled.append((self._delivered, self._dropped))
        delivered, dropped = map(sum, zip(*self._settled, strict=True))
        second = G2G(
            median(self._latencies_ms) if self._latencies_ms else None,
            dropped / (delivered + dropped) if delivered + dropped else None,
            self._ttff_ms,
        )
        self._latencies_ms.clear()
        self._delivered = self._dropped = 0
        return second

    def _forget(self, now_ns: int) -> int:
        """Give up what is overdue; how many of these are of the session."""
        count = 0
        for number, captured_ns in list(self._open.items()):
            overtaken_ns = self._overtaken.get(number, now_ns)
            late = now_ns - captured_ns > DEADLINE_NS or now_ns - overtaken_ns > MIN_FLIGHT_NS
            if late:
                del self._open[number]
                self._overtaken.pop(number, None)
                count += self._live_ns is not None and captured_ns > self._live_ns
        return count
