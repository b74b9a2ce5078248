"""Frames in: timestamped on the event loop, read on a thread, through a bounded queue."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable

from g2gbench.marker import Luma, Marker
from g2gbench.measure.records import Record, Seen
from g2gbench.realtime.streams import RemoteFrame

QUEUE_FRAMES = 32


class Receiver(threading.Thread):
    """Reads markers in the order of arrival.

    Args:
        marker: reads them.
        sent_size: (width, height) at which they were stamped; None: not known.
        journal: takes one Seen a frame.
        on_number: hears each number that was read, on this thread.
        on_picture: is shown the picture of each of them, on this thread; it must not be slow.

    """

    def __init__(
        self,
        marker: Marker,
        sent_size: tuple[int, int] | None,
        journal: Callable[[Record], None],
        on_number: Callable[[int, int], None],
        on_picture: Callable[[int, int, Luma], None] = lambda *_: None,
    ) -> None:
        super().__init__(daemon=True, name="receiver")
        self.dropped = 0  # frames that this tool lost: the trial is invalid for one
        self._marker = marker
        self._sent_size = sent_size
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
            luma = arrival.luma
            found = self._marker.examine(luma, sent_size=self._sent_size)
            read_ns = time.monotonic_ns()
            height, width = luma.shape
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
                self._on_picture(found.number, arrival.received_ns, luma)
