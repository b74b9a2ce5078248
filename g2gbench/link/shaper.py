"""One direction of the link in real time: packets in, sockets out, each when the core says so."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from g2gbench.link.datagrams import NO_HEADER, RTP, SIGNALLING, kind_of, rtp_header
from g2gbench.link.emulation import LinkEmulator, LinkSettings, Passage
from g2gbench.link.packet_log import PacketLog
from g2gbench.measure.packets import DIRECTIONS

_LATE_NS = 1_000_000


@dataclass(slots=True)
class Punctuality:
    """Punctuality of departures: packets that left after they were due."""

    sent: int = 0
    late_1ms: int = 0
    late_max_ns: int = 0
    unsent: int = 0  # of those: their socket refused them

    def note(self, late_ns: int) -> None:
        """Count a packet that left."""
        self.sent += 1
        self.late_1ms += late_ns > _LATE_NS
        self.late_max_ns = max(self.late_max_ns, late_ns)


class _Parcel(NamedTuple):
    """A packet in the emulator, with the way to send it on and its entry in the log."""

    send: Callable[[], object]
    size: int
    kind: int
    data: bytes


class LinkDirection:
    """A ``LinkEmulator`` with a clock, a timer and sockets.

    Args:
        name: one of ``packets.DIRECTIONS``.
        settings: what the direction does.
        seed: of its chance.
        punctuality: counts its departures.
        log: takes a record of each packet; None: nobody asked for one.

    """

    def __init__(
        self,
        name: str,
        settings: LinkSettings,
        seed: int,
        punctuality: Punctuality,
        log: PacketLog | None = None,
    ) -> None:
        self.datagrams = self.rtp_packets = 0  # that entered
        self._name = name
        self._code = DIRECTIONS.index(name)
        self._direction = LinkEmulator(settings, seed, time.monotonic_ns())
        self._punctuality = punctuality
        self._log = log
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._timer_ns = 0
        self._closed = False

    def counts(self) -> dict[str, int]:
        """Return this direction's counts by the names of the link's counters."""
        counts = {**self._direction.counts, "rtp_packets": self.rtp_packets}
        return {f"{self._name}.{key}": number for key, number in counts.items()}

    def datagram(self, data: bytes, headers: int, send: Callable[[], object]) -> None:
        """Carry a datagram that has just been read; ``headers``: bytes of IP and UDP.

        ``send`` returns False when its socket refuses the datagram.
        """
        now_ns = time.monotonic_ns()
        if self._closed:
            return
        kind = kind_of(data)
        self.datagrams += 1
        self.rtp_packets += kind == RTP
        size = len(data)
        self._direction.offer(size + headers, now_ns, _Parcel(send, size, kind, data))
        self._forward()

    def message(self, size: int, headers: int, send: Callable[[], object]) -> None:
        """Carry a message of TCP: late perhaps, but always and in order."""
        if self._closed:
            return
        parcel = _Parcel(send, size, SIGNALLING, b"")
        self._direction.offer(size + headers, time.monotonic_ns(), parcel, reliable=True)
        self._forward()

    async def passed(self, size: int, headers: int) -> None:
        """Wait as long as a message of TCP takes."""
        done = self._loop.create_future()
        self.message(size, headers, lambda: None if done.done() else done.set_result(None))
        await done

    def change(self, settings: LinkSettings) -> None:
        """Have other settings from now on."""
        self._direction.change(settings, time.monotonic_ns())
        self._forward()

    def close(self) -> None:
        """Stop: what is still inside is logged as held, and nothing enters any more."""
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()
        for passage in self._direction.drain(time.monotonic_ns()):
            # What became due since the last look did not leave either.
            if passage.fate == "passed":
                self._note(passage._replace(fate="held"), -1)
            elif passage.fate != "copy":
                self._note(passage, -1)

    def _forward(self) -> None:
        """Send all that is due, then set the timer for what comes next."""
        for passage in self._direction.advance(time.monotonic_ns()):
            left_ns = -1
            if passage.due_ns >= 0:
                left_ns = time.monotonic_ns()
                self._punctuality.unsent += passage.token.send() is False
                self._punctuality.note(left_ns - passage.due_ns)
            self._note(passage, left_ns)
        next_ns = self._direction.next_ns()
        if next_ns is None or (self._timer is not None and self._timer_ns <= next_ns):
            return
        if self._timer is not None:
            self._timer.cancel()
        # The loop's clock is the monotonic one.
        self._timer_ns, self._timer = next_ns, self._loop.call_at(next_ns / 1e9, self._woken)

    def _woken(self) -> None:
        self._timer = None
        self._forward()

    def _note(self, passage: Passage, left_ns: int) -> None:
        if self._log is None:
            return
        parcel: Any = passage.token
        header = rtp_header(parcel.data) if parcel.kind == RTP else NO_HEADER
        self._log.add(passage, left_ns, parcel.size, self._code, parcel.kind, header)
