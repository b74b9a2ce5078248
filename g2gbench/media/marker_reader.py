"""Frames in: timestamped on the event loop, read on a thread, through a bounded queue."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from dataclasses import replace

from g2gbench.marker import Luma
from g2gbench.marker.examination import NO_MARKER
from g2gbench.media.frames import ExaminedFrame, RemoteFrame
from g2gbench.media.stamp_size import StampSize

QUEUE_FRAMES = 32
_MOST_WAITING = 8  # a picture that stands still confirms nothing, and pictures are large


class MarkerReader(threading.Thread):
    """Reads markers in the order of arrival.

    Args:
        size: knows, or finds, at which size they were stamped, and reads them.
        on_frame: called for each frame, on this thread.
        on_number: called with each number that was read, on this thread.
        on_picture: is shown the picture of each of them, on this thread; it must not be slow.

    """

    def __init__(
        self,
        size: StampSize,
        on_frame: Callable[[ExaminedFrame], None],
        on_number: Callable[[int, int], None],
        on_picture: Callable[[int, int, Luma], None] = lambda *_: None,
    ) -> None:
        super().__init__(daemon=True, name="marker-reader")
        self.dropped = 0  # frames that this tool lost: the trial is invalid for one
        self._size = size
        self._waiting: list[ExaminedFrame] = []  # read, and not reported yet
        self._on_frame = on_frame
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
            self._waiting.append(ExaminedFrame(arrival, look.found, time.monotonic_ns()))
            if look.sure:
                newest = self._waiting.pop()
                self._settle(right=look.confirms)
                self._report(newest)
            elif len(self._waiting) > _MOST_WAITING:
                self._settle(right=False)
        self._settle(right=False)

    def _settle(self, *, right: bool) -> None:
        """Report those that wait as they were read; read wrong, they have no marker."""
        for examined in self._waiting:
            self._report(examined if right else replace(examined, found=NO_MARKER))
        self._waiting.clear()

    def _report(self, examined: ExaminedFrame) -> None:
        self._on_frame(examined)
        number, frame = examined.found.number, examined.frame
        if number is not None:
            self._on_number(number, frame.received_ns)
            self._on_picture(number, frame.received_ns, frame.luma)
