"""One direction of an emulated link: what becomes of each packet. Pure: time and chance come in."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass

UDP_OVERHEAD_BYTES = 28  # IPv4 and UDP headers: they take capacity too
TCP_OVERHEAD_BYTES = 60  # IPv4, TCP with timestamps, WebSocket framing: about one segment's worth
_NS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class LinkSettings:
    """What one direction does to packets.

    ``delay_s``: constant, one way. ``capacity_bps``: serialisation rate, None for unlimited.
    ``loss``: chance of each packet, 0..1, independent. ``queue_s`` / ``queue_packets``: what may
    wait for the capacity before the tail is dropped; without either, without bound.
    """

    delay_s: float = 0.0
    capacity_bps: float | None = None
    loss: float = 0.0
    queue_s: float | None = None
    queue_packets: int | None = None

    def __post_init__(self) -> None:
        """Refuse what no link can be."""
        if self.delay_s < 0 or not 0 <= self.loss <= 1:
            raise ValueError(f"delay {self.delay_s} s, loss {self.loss}; 0.. and 0..1 are allowed")
        if self.capacity_bps is not None and self.capacity_bps <= 0:
            raise ValueError(f"capacity {self.capacity_bps} bps; more than 0 is allowed")


class Direction:
    """One direction of a link.

    Order: queue (drop-tail) and capacity, then loss, then delay. A packet that is lost on the way
    has used its share of the capacity, as on a radio link.

    Args:
        settings: may be replaced at any time by assigning ``settings``; packets that were already
            accepted keep their departure.
        uniform: draws from [0, 1); a seeded generator's ``random`` gives a repeatable sequence.

    """

    def __init__(self, settings: LinkSettings, uniform: Callable[[], float]) -> None:
        self.settings = settings
        self.counts: Counter[str] = Counter()
        self._uniform = uniform
        self._free_ns = 0  # when the serialiser has sent all that it accepted
        self._waiting: deque[int] = deque()  # when each accepted packet leaves the serialiser
        self._last_ns = 0  # the latest departure: order is kept

    def offer(self, size: int, now_ns: int, *, reliable: bool = False) -> int | None:
        """When a packet leaves the link, in ns; None when it is dropped.

        Args:
            size: bytes of the packet with its headers.
            now_ns: when it arrives; must not go back.
            reliable: carried by TCP: takes capacity and delay, but is neither lost nor dropped.

        """
        settings = self.settings
        self.counts["packets"] += 1
        self.counts["bytes"] += size
        out_ns = now_ns
        if settings.capacity_bps is not None:
            start_ns = max(self._free_ns, now_ns)
            out_ns = start_ns + round(size * 8 * _NS / settings.capacity_bps)
            if not reliable and self._queue_is_full(start_ns, now_ns):
                self.counts["dropped_queue"] += 1
                return None
            self._free_ns = out_ns
            self._waiting.append(out_ns)
        # Drawn for every packet, so that the sequence does not depend on other settings.
        if self._uniform() < settings.loss and not reliable:
            self.counts["dropped_loss"] += 1
            return None
        self._last_ns = max(self._last_ns, out_ns + round(settings.delay_s * _NS))
        return self._last_ns

    def _queue_is_full(self, start_ns: int, now_ns: int) -> bool:
        settings = self.settings
        while self._waiting and self._waiting[0] <= now_ns:
            self._waiting.popleft()
        if settings.queue_packets is not None and len(self._waiting) >= settings.queue_packets:
            return True
        limit_s = settings.queue_s
        return limit_s is not None and start_ns - now_ns > limit_s * _NS
