"""Queue disciplines: drop-tail and CoDel (RFC 8289). Pure."""

from __future__ import annotations

import math
from collections import deque
from typing import Any, Final, TypeAlias

from g2gbench.link.settings import Discipline

TARGET_NS: Final = 5_000_000
"""RFC 8289 4.2: the sojourn time that is acceptable as a standing queue."""
INTERVAL_NS: Final = 100_000_000
"""RFC 8289 4.3: how long it may be exceeded; a worst-case round trip of the Internet."""

Waiting: TypeAlias = tuple[Any, int, int, int, bool]
"""(token, size offered, when it arrived in ns, bytes on the wire, reliable)."""


class DropTail:
    """First in, first out. Whether an arrival may join is decided by who calls ``push``.

    Args:
        before: a queue whose packets wait here from now on.

    """

    def __init__(self, before: DropTail | None = None) -> None:
        self.packets: deque[Waiting] = before.packets if before else deque()
        self.bytes: int = before.bytes if before else 0  # on the wire

    def push(self, packet: Waiting) -> None:
        """Add a packet at the tail."""
        self.packets.append(packet)
        self.bytes += packet[3]

    def take(self, now_ns: int, dropped: list[Waiting]) -> Waiting:
        """The packet whose turn it is; those that fall before it are added to ``dropped``."""
        packet = self.packets.popleft()
        self.bytes -= packet[3]
        return packet


class Codel(DropTail):
    """Controlled delay, RFC 8289 section 5: drops at the head what makes the queue stand.

    A reliable message is not dropped; it counts as a drop, as a packet marked for congestion does.
    """

    def __init__(self, before: DropTail | None = None) -> None:
        super().__init__(before)
        self._largest = 0  # bytes of the largest packet seen
        self._first_above_ns: int | None = None
        self._dropping = False
        self._drop_next_ns = 0
        self._count = self._last_count = 0

    def take(self, now_ns: int, dropped: list[Waiting]) -> Waiting:
        """The packet whose turn it is; those that fall before it are added to ``dropped``."""
        packet, may_drop = self._next(now_ns)
        if self._dropping:
            self._dropping = may_drop
            while self._dropping and now_ns >= self._drop_next_ns:
                self._count += 1
                if packet[4]:
                    self._drop_next_ns = self._control_law(self._drop_next_ns)
                    break
                dropped.append(packet)
                packet, self._dropping = self._next(now_ns)
                if self._dropping:
                    self._drop_next_ns = self._control_law(self._drop_next_ns)
        elif may_drop:
            if not packet[4]:
                dropped.append(packet)
                packet, _ = self._next(now_ns)
            self._dropping = True
            # Resume near the rate that last controlled the queue, if that was not long ago.
            risen = self._count - self._last_count
            recent = now_ns - self._drop_next_ns < 16 * INTERVAL_NS
            self._count = risen if risen > 1 and recent else 1
            self._drop_next_ns = self._control_law(now_ns)
            self._last_count = self._count
        return packet

    def _next(self, now_ns: int) -> tuple[Waiting, bool]:
        """The head, and whether it may be dropped. There always is one: the last may not."""
        packet = self.packets.popleft()
        self.bytes -= packet[3]
        self._largest = max(self._largest, packet[3])
        if now_ns - packet[2] < TARGET_NS or self.bytes <= self._largest:
            self._first_above_ns = None
            return packet, False
        if self._first_above_ns is None:
            self._first_above_ns = now_ns + INTERVAL_NS
            return packet, False
        return packet, now_ns >= self._first_above_ns

    def _control_law(self, from_ns: int) -> int:
        return from_ns + round(INTERVAL_NS / math.sqrt(self._count))


def queue_of(discipline: Discipline, before: DropTail | None = None) -> DropTail:
    """A queue of a discipline, with the packets of the one before it."""
    return Codel(before) if discipline == "codel" else DropTail(before)
