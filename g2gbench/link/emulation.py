"""One direction of an emulated link: what becomes of each packet, and when. Pure.

Nothing here waits, draws from the machine's chance or reads a clock: time and a seed come in, and
fates come out. Whoever holds a ``LinkEmulator`` calls ``advance`` when ``next_ns`` has come.
"""

from __future__ import annotations

from heapq import heappop, heappush
from operator import itemgetter
from typing import Any, Final, Literal, NamedTuple, TypeAlias

from g2gbench.link.capacity import Capacity, capacity_of
from g2gbench.link.jitter import JitterModel
from g2gbench.link.loss import LossModel
from g2gbench.link.queue import DropTail, Waiting, queue_of
from g2gbench.link.random_streams import uniforms
from g2gbench.link.settings import LinkSettings
from g2gbench.link.traces import Steps, Timeline

__all__ = ["RETRANSMISSION_NS", "Fate", "LinkEmulator", "LinkSettings", "Passage"]

Fate = Literal["passed", "copy", "queue", "codel", "loss", "blackout", "held"]
"""As in ``g2gbench.measure.packets.FATES``."""

RETRANSMISSION_NS: Final = 200_000_000
"""Linux's least retransmission time-out of TCP (TCP_RTO_MIN); the round trip comes on top of it
(tcp_rto: srtt + max(4 * rttvar, 200 ms)), here taken as twice the one-way delay."""

_NS = 1_000_000_000
_NEVER = 1 << 100
_by_time = itemgetter(0)
_Flying: TypeAlias = tuple[int, int, Any, int, int, bool, bool]
"""(when it is due, a running number, token, size, when it arrived, reliable, duplicated)."""


class Passage(NamedTuple):
    """Fate of a packet. Times in ns; ``due_ns`` is -1 for one that does not leave."""

    at_ns: int  # when that was certain
    token: Any  # what was handed in with it
    size: int  # as it was offered, without the link's overhead
    arrived_ns: int
    due_ns: int
    fate: Fate


class LinkEmulator:
    """One direction of a link.

    The order is queue and capacity, loss, delay and jitter, duplication, blackout. So a packet that
    is lost on the way has used its share of the capacity, as on a radio link, and a packet is hit
    by a blackout when it would leave in one, whenever it came.

    What TCP carries (``reliable``) takes capacity, queueing and delay like any other but is never
    dropped: a loss costs it one retransmission, a blackout holds it until its end. It keeps its
    order among its like, and no datagram waits for it.

    A capacity or trace that changes while packets wait serves them from then on; of the packet
    under way, the part that is not yet sent takes the new rate.

    Args:
        settings: what it does.
        seed: 0 or more; one seed gives one sequence.
        now_ns: the present. No time that is handed in later may lie before an earlier one.

    """

    def __init__(self, settings: LinkSettings, seed: int, now_ns: int) -> None:
        self._packets = self._bytes = self._duplicated = 0
        self._dropped: dict[Fate, int] = {"queue": 0, "codel": 0, "loss": 0, "blackout": 0}
        self._sealed: list[Passage] = []
        self._queue = DropTail()
        self._serving: Waiting | None = None
        self._began_ns = now_ns  # when its bytes began to leave
        self._unsent = 0.0  # how many they were then
        self._free_ns = now_ns  # when the serialiser had sent the last one
        self._event_ns = _NEVER  # when the serialiser has sent one, or takes the next
        self._flying: list[_Flying] = []  # a heap
        self._number = 0
        self._last_ns = self._last_reliable_ns = 0  # the latest departures: order is kept
        self._stalled: list[_Flying] = []  # reliable ones that a blackout holds
        self._loss = LossModel(uniforms(seed, "loss"))
        self._jitter = JitterModel(uniforms(seed, "jitter"))
        self._duplication = uniforms(seed, "duplication")
        self._apply(settings, now_ns)

    def _apply(self, settings: LinkSettings, now_ns: int) -> None:
        self.settings = settings
        self._overhead = settings.overhead_bytes
        self._queue = queue_of(settings.queue_discipline, self._queue)
        self._limited = not (
            settings.queue_packets is settings.queue_bytes is settings.queue_s is None
        )
        self._capacity: Capacity | None = capacity_of(settings, now_ns)
        trace = settings.trace
        self._timeline = Timeline(trace, now_ns) if isinstance(trace, Steps) else None
        self._row_until_ns = 0
        self._set_path(settings.loss, settings.delay_s)
        self._jittery = settings.jitter_s > 0
        self._jitter.set(settings.jitter_s, settings.jitter_correlation_s)

    def _set_path(self, loss: float, delay_s: float) -> None:
        self._delay_ns = round(delay_s * _NS)
        self._lossy = loss > 0
        self._loss.set(loss, self.settings.avg_burst_loss_length)

    # -- what its user does

    @property
    def counts(self) -> dict[str, int]:
        """Packets and bytes (with overhead) offered, copies that left, and drops by their cause."""
        return {
            "packets": self._packets,
            "bytes": self._bytes,
            "duplicated": self._duplicated,
            **{f"dropped_{cause}": number for cause, number in self._dropped.items()},
        }

    def offer(self, size: int, now_ns: int, token: object, *, reliable: bool = False) -> None:
        """Let a packet arrive.

        Args:
            size: bytes of the packet with its headers.
            now_ns: when it arrives.
            token: comes back with its fate.
            reliable: carried by TCP.

        """
        wire = size + self._overhead
        self._packets += 1
        self._bytes += wire
        packet = (token, size, now_ns, wire, reliable)
        if self._capacity is None:
            self._leave(packet, now_ns)
            return
        if self._event_ns <= now_ns:
            self._serve(now_ns)
        if self._event_ns == _NEVER:
            self._queue.push(packet)
            self._event_ns = self._capacity.begin(max(self._free_ns, now_ns))
            self._serve(now_ns)
        elif self._limited and not reliable and self._is_full(wire, now_ns):
            self._drop(packet, now_ns, "queue")
        else:
            self._queue.push(packet)

    def next_ns(self) -> int | None:
        """Return when the next fate may be certain; None while the link is empty."""
        if self._sealed:
            return self._sealed[0].at_ns
        due_ns = self._flying[0][0] if self._flying else _NEVER
        soonest_ns = min(due_ns, self._event_ns)
        return None if soonest_ns == _NEVER else soonest_ns

    def advance(self, now_ns: int) -> list[Passage]:
        """Every packet whose fate became certain up to now, in the order of time.

        A packet that leaves twice is listed twice: ``passed``, then ``copy``.
        """
        if self._event_ns <= now_ns:
            self._serve(now_ns)
        if self._flying and self._flying[0][0] <= now_ns:
            self._depart(now_ns)
        sealed, self._sealed = self._sealed, []
        if len(sealed) > 1:
            sealed.sort(key=_by_time)
        return sealed

    def change(self, settings: LinkSettings, now_ns: int) -> None:
        """Have other settings from now on; what happened up to now happened under the old ones."""
        self._serve(now_ns)
        self._depart(now_ns)
        before = self.settings
        kept = self._capacity
        self._apply(settings, now_ns)
        if settings.trace is before.trace is None and settings.capacity_bps == before.capacity_bps:
            self._capacity = kept
        else:
            self._replan(now_ns)
        if not settings.blackout:
            for _, _, token, size, arrived_ns, _, _ in self._stalled:
                self._sealed.append(Passage(now_ns, token, size, arrived_ns, now_ns, "passed"))
            self._stalled.clear()

    def drain(self, now_ns: int) -> list[Passage]:
        """The fates up to now, then all that is still in the link as ``held``; it is empty then.

        ``due_ns`` of a packet that is held on its way is when it would have left.
        """
        passages = self.advance(now_ns)
        flying = sorted(self._flying)
        passages += [Passage(now_ns, x[2], x[3], x[4], x[0], "held") for x in flying]
        waiting = [(x[2], x[3], x[4]) for x in self._stalled]
        waiting += [x[:3] for x in ([self._serving] if self._serving else [])]
        waiting += [x[:3] for x in self._queue.packets]
        passages += [Passage(now_ns, *x, -1, "held") for x in waiting]
        self._flying, self._stalled, self._serving = [], [], None
        self._queue, self._event_ns = queue_of(self.settings.queue_discipline), _NEVER
        return passages

    # -- queue and capacity

    def _is_full(self, wire: int, now_ns: int) -> bool:
        """Return whether a packet that arrives at a link that is not idle has no place."""
        settings, serving = self.settings, self._serving
        limit = settings.queue_packets
        if limit is not None and len(self._queue.packets) + (serving is not None) >= limit:
            return True
        limit = settings.queue_bytes
        if limit is not None:
            under_way = 0 if serving is None else serving[3]
            if self._queue.bytes + under_way + wire > limit:
                return True
        if settings.queue_s is None or self._capacity is None:
            return False
        turn_ns = self._capacity.drained(self._event_ns, self._queue.bytes)
        return turn_ns - now_ns > settings.queue_s * _NS

    def _serve(self, until_ns: int) -> None:
        """Take packets from the queue and send them, as the capacity allows, up to a time."""
        queue, capacity = self._queue, self._capacity
        while (at_ns := self._event_ns) <= until_ns and capacity is not None:
            packet = self._serving
            if packet is not None:
                self._serving = None
                self._free_ns = at_ns
                self._leave(packet, at_ns)
                if not queue.packets:
                    self._event_ns = _NEVER
                    return
                begin_ns = capacity.begin(at_ns)
                if begin_ns > at_ns:
                    self._event_ns = begin_ns
                    continue
            dropped: list[Waiting] = []
            self._serving = packet = queue.take(at_ns, dropped)
            for one in dropped:
                self._drop(one, at_ns, "codel")
            self._began_ns, self._unsent = at_ns, packet[3]
            self._event_ns = capacity.finish(at_ns, packet[3])

    def _replan(self, now_ns: int) -> None:
        """Have what waits, and what is left of the packet under way, served by a new capacity."""
        if self._event_ns == _NEVER:
            return
        self._free_ns = now_ns
        packet, capacity = self._serving, self._capacity
        if capacity is None:
            for one in ([packet] if packet else []) + list(self._queue.packets):
                self._leave(one, now_ns)
            self._serving = None
            self._queue, self._event_ns = queue_of(self.settings.queue_discipline), _NEVER
            return
        begin_ns = capacity.begin(now_ns)
        if packet is None:
            self._event_ns = begin_ns
            return
        if now_ns > self._began_ns:
            self._unsent *= (self._event_ns - now_ns) / (self._event_ns - self._began_ns)
        self._began_ns = begin_ns
        self._event_ns = capacity.finish(begin_ns, self._unsent)

    # -- the way behind it

    def _leave(self, packet: Waiting, at_ns: int) -> None:
        """Send a packet on its way, or lose it there. Calls come in the order of time.

        Every stage that is on draws once for every packet, so that none depends on another.
        """
        token, size, arrived_ns, _, reliable = packet
        if self._timeline is not None and at_ns >= self._row_until_ns:
            row, self._row_until_ns = self._timeline.at(at_ns)
            own = self.settings
            self._set_path(
                own.loss if row.loss is None else row.loss,
                own.delay_s if row.delay_s is None else row.delay_s,
            )
        lost = self._lossy and self._loss.lost()
        due_ns = at_ns + self._delay_ns
        if self._jittery:
            due_ns = max(at_ns, due_ns + round(self._jitter.at(at_ns)))
        settings = self.settings
        copied = settings.duplication > 0 and self._duplication() < settings.duplication
        if reliable:
            if lost:
                due_ns += RETRANSMISSION_NS + 2 * self._delay_ns
            due_ns = self._last_reliable_ns = max(due_ns, self._last_reliable_ns)
        elif lost:
            self._drop(packet, at_ns, "loss")
            return
        elif due_ns >= self._last_ns:
            self._last_ns = due_ns
        elif not settings.allow_reordering:
            due_ns = self._last_ns
        self._number += 1
        heappush(self._flying, (due_ns, self._number, token, size, arrived_ns, reliable, copied))

    def _depart(self, until_ns: int) -> None:
        """Let packets that are due leave, up to a time."""
        flying, sealed, blackout = self._flying, self._sealed, self.settings.blackout
        while flying and flying[0][0] <= until_ns:
            packet = heappop(flying)
            due_ns, _, token, size, arrived_ns, reliable, copied = packet
            if not blackout:
                sealed.append(Passage(due_ns, token, size, arrived_ns, due_ns, "passed"))
                if copied and not reliable:
                    self._duplicated += 1
                    sealed.append(Passage(due_ns, token, size, arrived_ns, due_ns, "copy"))
            elif reliable:
                self._stalled.append(packet)
            else:
                self._drop((token, size, arrived_ns, size, False), due_ns, "blackout")

    def _drop(self, packet: Waiting, at_ns: int, cause: Fate) -> None:
        self._dropped[cause] += 1
        self._sealed.append(Passage(at_ns, packet[0], packet[1], packet[2], -1, cause))
