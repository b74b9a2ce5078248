"""Frames out through the page: drawn and stamped here ahead of time, handed over there on time."""

from __future__ import annotations

import asyncio
import logging
import struct
import threading
from collections.abc import Callable
from typing import Any, Final

import numpy as np

from g2gbench.browser.page import Page, PageFailed
from g2gbench.marker import Marker
from g2gbench.measure.records import Captured, Record, Skipped
from g2gbench.realtime.streams import LocalStream
from g2gbench.sources import mirror
from g2gbench.sources.source import LiveSource, Source

log = logging.getLogger(__name__)
AHEAD: Final = 15
"""Frames that the page has before their time: it must not run dry while it connects anew."""

_HEADER: Final = struct.Struct("<Id")  # its number, and when it is due in ms after frame 0


class PageStream(LocalStream):
    """What the page publishes.

    The page holds each frame until its tick and reads its clock as it hands it over; which frames
    it handed over when comes back from it.

    Args:
        source: makes the pictures, any of them from its number.
        page: sends them.
        mirrored: whether they are flipped left to right.
        marker: stamps them.
        first_number: the marker's number of frame 0.
        on_record: takes a Captured or Skipped a frame, on the event loop.
        on_frame_id: hears the id of each frame that was handed over, on the event loop.

    """

    def __init__(  # not its base's: nothing here is the LiveKit package's
        self,
        source: Source,
        page: Page,
        *,
        mirrored: bool,
        marker: Marker,
        first_number: int,
        on_record: Callable[[Record], None],
        on_frame_id: Callable[[int], None],
    ) -> None:
        self.width, self.height, self.fps = source.width, source.height, source.fps
        self.marker, self.first_number = marker, first_number
        self.disposed = False
        self._page = page
        self._source = source
        self._pictures = _mirrored(source) if mirrored else source
        self._stamp = marker
        self._mask = (1 << marker.bits) - 1
        self._on_record = on_record
        self._on_frame_id = on_frame_id
        self._loop = asyncio.get_running_loop()
        self._room = threading.Semaphore(AHEAD)
        self._ending = threading.Event()
        self._feeder: threading.Thread | None = None

    @property
    def interval_ms(self) -> float:
        """Between two frames."""
        return 1000.0 / self.fps

    def start(self) -> None:
        """Begin to draw; what has begun goes on. Raises RealtimeError when disposed of."""
        self.check_alive()
        if self._feeder is None:
            self._feeder = threading.Thread(target=self._feed, daemon=True, name="feeder")
            self._feeder.start()

    def dispose(self) -> None:
        """Stop, and give the source back. Safe to call again."""
        if self.disposed:
            return
        self.disposed = True
        self._ending.set()
        self._room.release()
        if self._feeder is not None:
            self._feeder.join(timeout=2.0)
        close = getattr(self._source, "close", None)
        if close is not None:
            close()

    def handed_over(self, told: dict[str, Any]) -> None:
        """What the page says became of a frame."""
        self._room.release()
        frame_id, due_ns = int(told["id"]), self._page.clock.ns(told["due"])
        if told.get("skipped"):
            self._on_record(Skipped(frame_id, due_ns))
            return
        self._on_frame_id(frame_id)
        number = (self.first_number + frame_id) & self._mask
        captured_ns = self._page.clock.ns(told["at"])
        self._on_record(Captured(frame_id, number, due_ns, captured_ns, True))

    def _feed(self) -> None:
        """Draw ahead, on a thread of its own."""
        source, marker = self._pictures, self._stamp
        size = self.width * self.height
        picture = bytearray(size * 3 // 2)
        luma = np.frombuffer(picture, np.uint8, count=size).reshape(self.height, self.width)
        frame_id = 0
        while True:
            self._room.acquire()
            if self._ending.is_set():
                return
            source.render(frame_id, picture)
            marker.stamp(luma, (self.first_number + frame_id) & self._mask)
            data = _HEADER.pack(frame_id, source.due_ns(frame_id) / 1e6) + picture
            sending = asyncio.run_coroutine_threadsafe(self._page.send_frame(data), self._loop)
            try:
                sending.result()
            except (PageFailed, RuntimeError):  # whoever waits for the page hears of it
                return
            frame_id += 1


def _mirrored(source: Source) -> Source:
    flipped = mirror.mirrored(source)
    assert not isinstance(flipped, LiveSource)  # a picture by number stays one
    return flipped
