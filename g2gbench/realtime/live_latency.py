"""Reads the markers of a live session's remote frames, beside the event loop."""

from __future__ import annotations

import threading

from g2gbench.marker import Marker
from g2gbench.media.frames import CapturedFrame, CaptureEvent, RemoteFrame
from g2gbench.media.latency_meter import G2G, LatencyMeter
from g2gbench.media.marker_reader import MarkerReader
from g2gbench.media.stamp_size import StampSize
from g2gbench.realtime.streams import PublishedStream


class LiveLatency:
    """Glass-to-glass latency of a session, as it runs.

    Args:
        local: the stream that is stamped; it has a marker.
        marker: that marker.
        sent_size: (width, height) at which remote frames are taken to be stamped.

    """

    def __init__(
        self, local: PublishedStream, marker: Marker, sent_size: tuple[int, int] | None
    ) -> None:
        self._lock = threading.Lock()
        self._meter = LatencyMeter(marker.bits)
        sizes = (sent_size, (local.width, local.height), None)
        size = StampSize(marker, sizes, self._on_its_way)
        self._reader = MarkerReader(size, lambda _: None, self._seen)
        self._local = local
        local.listeners.append(self._captured)
        self._reader.start()

    def connecting(self, now_ns: int) -> None:
        """A connect attempt begins."""
        with self._lock:
            self._meter.connecting(now_ns)

    def offer(self, frame: RemoteFrame) -> None:
        """A remote frame came."""
        self._reader.offer(frame)

    def take(self, now_ns: int) -> G2G:
        """Return the values since the last call."""
        with self._lock:
            return self._meter.take(now_ns)

    def end(self) -> None:
        """Read no more."""
        if self._captured in self._local.listeners:
            self._local.listeners.remove(self._captured)
            self._reader.end()

    def _captured(self, event: CaptureEvent) -> None:
        if isinstance(event, CapturedFrame) and event.accepted:
            with self._lock:
                self._meter.captured(event.marker_value, event.captured_ns)

    def _on_its_way(self, number: int) -> bool:
        with self._lock:
            return self._meter.waits_for(number)

    def _seen(self, number: int, received_ns: int) -> None:
        with self._lock:
            self._meter.seen(number, received_ns)
