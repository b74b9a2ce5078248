"""Frames out through the page: told to it ahead of their time, handed over there on time."""

from __future__ import annotations

import asyncio
import concurrent.futures
import logging
import threading
from collections.abc import Callable
from itertools import count
from typing import Any, Final

from g2gbench.browser.frame_feed import FrameFeed, feed_of
from g2gbench.browser.page import Page, PageFailed
from g2gbench.marker import Marker
from g2gbench.media.frame_publisher import CaptureOptions, reason_of
from g2gbench.media.frames import CapturedFrame, CaptureEvent, SkippedFrame
from g2gbench.realtime.streams import check_alive
from g2gbench.sources.source import Source, peak_fps

log = logging.getLogger(__name__)
AHEAD: Final = 15
"""Frames that the page has before their time: it must not run dry while it connects anew."""


class PageStream:
    """Stream that the page publishes.

    The page holds each frame until its tick and reads its clock as it hands it over; which frames
    it handed over when comes back from it, and is reported on the event loop.

    Args:
        source: makes the pictures, any of them from its number; the page's own camera does not.
        page: sends them.
        options: how they are captured.

    """

    def __init__(self, source: Source, page: Page, options: CaptureOptions) -> None:
        self.width, self.height, self.fps = source.width, source.height, source.fps
        self.peak_fps = peak_fps(source)
        self.marker: Marker | None = options.marker
        self.listeners: list[Callable[[CaptureEvent], None]] = [options.on_capture]
        self.disposed = False
        self._options = options
        self._page = page
        self._source = source
        self._loop = asyncio.get_running_loop()
        self._room = threading.Semaphore(0)
        self._started = False
        self._ending = threading.Event()
        self._sending: concurrent.futures.Future[None] | None = None
        feed = feed_of(source, options)
        self._feeder = threading.Thread(target=self._feed, args=(feed,), daemon=True, name="feeder")
        self._feeder.start()  # what it sends first has its time before anything is measured

    @property
    def interval_ms(self) -> float:
        """Between two frames, where they come closest."""
        return 1000.0 / self.peak_fps

    def start(self) -> None:
        """Begin to send; what has begun goes on. Raises RealtimeError when disposed of."""
        self.check_alive()
        if not self._started:
            self._started = True
            self._room.release(AHEAD)

    def dispose(self) -> None:
        """Stop, and give the source back. Safe to call again."""
        if self.disposed:
            return
        self.disposed = True
        self._ending.set()
        self._give_up()
        self._room.release()
        self._feeder.join(timeout=2.0)
        close = getattr(self._source, "close", None)
        if close is not None:
            close()

    def check_alive(self) -> None:
        """Raises RealtimeError (INVALID_INPUT) once it was disposed of."""
        check_alive(disposed=self.disposed)

    def handed_over(self, capture: dict[str, Any]) -> None:
        """Take the page's report on a frame that it was sent."""
        self._room.release()
        frame_id, due_ns = int(capture["id"]), self._page.clock.ns(capture["due"])
        if capture.get("skipped"):
            self._notify(SkippedFrame(frame_id, due_ns))
            return
        self._options.on_frame_id(frame_id)
        captured_ns = self._page.clock.ns(capture["at"])
        value = self._options.marker_value(frame_id)
        self._notify(CapturedFrame(frame_id, value, due_ns, captured_ns))

    def _notify(self, event: CaptureEvent) -> None:
        for listener in tuple(self.listeners):
            listener(event)

    def _feed(self, feed: FrameFeed) -> None:
        """Tell it ahead, on a thread of its own, while the source has pictures."""
        try:
            self._announce(feed)
        except Exception as error:  # of whatever decodes, draws or stamps
            log.exception("the source gives no more pictures")
            if not self._ending.is_set():
                self._loop.call_soon_threadsafe(self._options.on_lost, reason_of(error))

    def _announce(self, feed: FrameFeed) -> None:
        opening = feed.opening()
        if opening is not None and not self._send(opening):
            return
        next_id = count()
        while True:
            self._room.acquire()
            ids = [next(next_id)]
            while self._room.acquire(blocking=False):
                ids.append(next(next_id))
            for message in feed.frames(ids):
                if self._ending.is_set() or not self._send(message):
                    return

    def _send(self, message: bytes) -> bool:
        """Send it; False when the page is gone, as whoever waits for it notices."""
        sending = asyncio.run_coroutine_threadsafe(self._page.send_frame(message), self._loop)
        self._sending = sending
        if self._ending.is_set():
            self._give_up()
        try:
            sending.result()
        except (PageFailed, RuntimeError, concurrent.futures.CancelledError):
            return False
        return True

    def _give_up(self) -> None:
        """Cancel what is being sent: it waits for the event loop, which may wait for the feeder."""
        if self._sending is not None:
            self._sending.cancel()
