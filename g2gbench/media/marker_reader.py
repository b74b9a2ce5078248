"""Frames in: timestamped on the event loop, read on a thread, through a bounded queue."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable

from g2gbench.marker import Luma
from g2gbench.marker.examination import NO_MARKER, Examination
from g2gbench.measure.records import Record, Seen
from g2gbench.media.stamp_size import StampSize
from g2gbench.realtime.streams import RemoteFrame

QUEUE_FRAMES = 32
_MOST_WAITING = 8  # a picture that stands still confirms nothing, and pictures are large


class Receiver(threading.Thread):
    """Reads markers in the order of arrival.

    Args:
        size: knows, or finds, at which size they were stamped, and reads them.
        journal: takes one Seen a frame.
        on_number: hears each number that was read, on this thread.
        on_picture: is shown the picture of each of them, on this thread; it must not be slow.

    """

    def __init__(
        self,
        size: StampSize,
        journal: Callable[[Record], None],
        on_number: Callable[[int, int], None],
        on_picture: Callable[[int, int, Luma], None] = lambda *_: None,
    ) -> None:
        super().__init__(daemon=True, name="receiver")
        self.dropped = 0  # frames that this tool lost: the trial is invalid for one
        self._size = size
        self._waiting: list[tuple[RemoteFrame, Examination, int]] = []  # read, and not yet told
        self._journal = journal
        self._on_number = on_number
        self._on_picture = on_picture
        self._queue: queue.Queue[RemoteFrame | None] = queue.Queue(QUEUE_FRAMES)

    def offer(self, arrival: RemoteFrame) -> None:
        """Take a frame to be read; never blocks."""
        try:
            self._queue.put_nowait(arrival)
        except queue.Full:
            self.dropped += 1

    def end(self) -> None:
        """Read what waits, then stop."""
        self._queue.put(None)
        self.join(timeout=5.0)

    def run(self) -> None:
        """Read until the end is reached."""
        while (arrival := self._queue.get()) is not None:
            look = self._size.look(arrival.luma)
            self._waiting.append((arrival, look.found, time.monotonic_ns()))
            if look.sure:
                newest = self._waiting.pop()
                self._settle(right=look.confirms)
                self._tell(*newest)
            elif len(self._waiting) > _MOST_WAITING:
                self._settle(right=False)
        self._settle(right=False)

    def _settle(self, *, right: bool) -> None:
        """Tell of those that wait as they were read; read wrong, they have no marker."""
        for arrival, found, read_ns in self._waiting:
            self._tell(arrival, found if right else NO_MARKER, read_ns)
        self._waiting.clear()

    def _tell(self, arrival: RemoteFrame, found: Examination, read_ns: int) -> None:
        height, width = arrival.luma.shape
        self._journal(
            Seen(
                received_ns=arrival.received_ns,
                read_ns=read_ns,
                seq=found.number,
                reading=found.reading,
                width=width,
                height=height,
                witness=arrival.witness,
                rtp_timestamp=arrival.rtp_timestamp,
            )
        )
        if found.number is not None:
            self._on_number(found.number, arrival.received_ns)
            self._on_picture(found.number, arrival.received_ns, arrival.luma)
