"""Frames out through the page: told to it ahead of their time, handed over there on time."""

from __future__ import annotations

import asyncio
import concurrent.futures
import logging
import threading
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any, Final, Protocol

import numpy as np

from g2gbench.browser import drawing
from g2gbench.browser.page import Page, PageFailed
from g2gbench.marker import Marker
from g2gbench.measure.records import Captured, Record, Skipped
from g2gbench.media.frame_publisher import reason_of
from g2gbench.realtime.streams import LocalStream
from g2gbench.sources import SyntheticSource, mirror
from g2gbench.sources.layers import Layered
from g2gbench.sources.source import LiveSource, Source, peak_fps

log = logging.getLogger(__name__)
AHEAD: Final = 15
"""Frames that the page has before their time: it must not run dry while it connects anew."""


class Feed(Protocol):
    """What the page is given to make frames of."""

    def opening(self) -> bytes | None:
        """What it needs before the first of them."""

    def frames(self, ids: list[int]) -> Iterator[bytes]:
        """Messages with these frames."""


class WholePictures:
    """Each picture drawn and stamped here."""

    def __init__(
        self, source: Source, marker: Marker, number: Callable[[int], int], *, mirrored: bool
    ) -> None:
        self._source = _mirrored(source) if mirrored else source
        self._marker = marker
        self._number = number
        size = source.width * source.height
        self._picture = bytearray(size * 3 // 2)
        luma = np.frombuffer(self._picture, np.uint8, count=size)
        self._luma = luma.reshape(source.height, source.width)

    def opening(self) -> bytes | None:
        """Nothing."""
        return None

    def frames(self, ids: list[int]) -> Iterator[bytes]:
        """A message each."""
        for frame_id in ids:
            self._source.render(frame_id, self._picture)
            self._marker.stamp(self._luma, self._number(frame_id))
            yield drawing.picture(frame_id, self._source.due_ns(frame_id) / 1e6, self._picture)


class LaidPictures:
    """Layers once, then what is laid where: a picture a frame would be megabytes a second."""

    def __init__(
        self,
        source: SyntheticSource,
        laid: Layered,
        marker: Marker,
        number: Callable[[int], int],
        *,
        mirrored: bool,
    ) -> None:
        self._source = source
        self._laid = laid
        self._mirrored = mirrored
        self._number = number
        self._stamps = drawing.Stamps(marker, source.width, source.height)

    def opening(self) -> bytes | None:
        """The layers."""
        width, height = self._source.width, self._source.height
        return drawing.layers(width, height, self._laid.layers, mirrored=self._mirrored)

    def frames(self, ids: list[int]) -> Iterator[bytes]:
        """One message for all."""
        yield drawing.orders(
            drawing.order(
                frame_id,
                self._source.due_ns(frame_id) / 1e6,
                self._source.steps(frame_id),
                self._stamps(self._number(frame_id)),
            )
            for frame_id in ids
        )


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
        on_lost: called on the event loop, with the reason, when there are no more pictures.

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
        on_lost: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.width, self.height, self.fps = source.width, source.height, source.fps
        self.peak_fps = peak_fps(source)
        self._on_lost = on_lost
        self.marker, self.first_number = marker, first_number
        self.disposed = False
        self._page = page
        self._source = source
        self._mask = (1 << marker.bits) - 1
        self._on_record = on_record
        self._on_frame_id = on_frame_id
        self._loop = asyncio.get_running_loop()
        self._room = threading.Semaphore(0)
        self._started = False
        self._ending = threading.Event()
        self._sending: concurrent.futures.Future[None] | None = None
        feed = self._feed_of(source, marker, mirrored=mirrored)
        self._feeder = threading.Thread(target=self._feed, args=(feed,), daemon=True, name="feeder")
        self._feeder.start()  # what it sends first has its time before anything is measured

    def _feed_of(self, source: Source, marker: Marker, *, mirrored: bool) -> Feed:
        laid = source.layered if isinstance(source, SyntheticSource) else None
        if isinstance(source, SyntheticSource) and laid is not None:
            return LaidPictures(source, laid, marker, self._number, mirrored=mirrored)
        return WholePictures(source, marker, self._number, mirrored=mirrored)

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

    def handed_over(self, told: dict[str, Any]) -> None:
        """What the page says became of a frame."""
        self._room.release()
        frame_id, due_ns = int(told["id"]), self._page.clock.ns(told["due"])
        if told.get("skipped"):
            self._on_record(Skipped(frame_id, due_ns))
            return
        self._on_frame_id(frame_id)
        captured_ns = self._page.clock.ns(told["at"])
        self._on_record(Captured(frame_id, self._number(frame_id), due_ns, captured_ns, True))

    def _number(self, frame_id: int) -> int:
        return (self.first_number + frame_id) & self._mask

    def _feed(self, feed: Feed) -> None:
        """Tell it ahead, on a thread of its own, while the source has pictures."""
        try:
            self._tell_ahead(feed)
        except Exception as error:  # of whatever decodes, draws or stamps
            log.exception("the source gives no more pictures")
            if not self._ending.is_set():
                self._loop.call_soon_threadsafe(self._on_lost, reason_of(error))

    def _tell_ahead(self, feed: Feed) -> None:
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
        """Send it; False when the page is gone, of which whoever waits for it hears."""
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
        """What is being sent waits for the event loop, which may be waiting for the feeder."""
        if self._sending is not None:
            self._sending.cancel()


def _mirrored(source: Source) -> Source:
    flipped = mirror.mirrored(source)
    assert not isinstance(flipped, LiveSource)  # a picture by number stays one
    return flipped
