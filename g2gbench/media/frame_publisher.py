"""Frames out: an absolute schedule that never waits for results, or a device's own pace."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from g2gbench.errors import G2GBenchError
from g2gbench.marker import Marker
from g2gbench.media.frames import CapturedFrame, CaptureEvent, SkippedFrame
from g2gbench.sources import LiveSource, Source
from g2gbench.sources.source import peak_fps

log = logging.getLogger(__name__)
_NS = 1_000_000_000
CAMERA_GONE = "the camera is gone: it was unplugged, or gives no more pictures"
_BUFFERS = 4
_LEAD_IN_NS = 50_000_000  # between start and the first tick: the first picture is made in it


@dataclass(frozen=True, slots=True)
class CaptureOptions:
    """Options of a client's capture, with its callbacks.

    Args:
        mirrored: whether they are flipped left to right.
        marker: stamps them.
        first_number: the marker's number of frame 0.
        on_capture: called for each frame, captured or skipped, where frames are captured.
        on_frame_id: called with the id of each frame before it is published, there too.
        on_lost: called on the event loop, with the reason, when there are no more pictures.

    """

    mirrored: bool
    marker: Marker
    first_number: int
    on_capture: Callable[[CaptureEvent], None]
    on_frame_id: Callable[[int], None] = lambda _: None
    on_lost: Callable[[str], None] = lambda _: None

    def marker_value(self, frame_id: int) -> int:
        """Return the marker value of a frame."""
        return (self.first_number + frame_id) & ((1 << self.marker.bits) - 1)


class Sink(Protocol):
    """Whatever publishes a stamped I420 frame."""

    def __call__(self, buffer: bytearray, frame_id: int, captured_ns: int) -> None:
        """Hand over one frame; raises when it is not taken. The buffer is used again soon."""


class FramePublisher(threading.Thread):
    """Renders ahead, waits for the tick, stamps, hands over.

    A thread of its own: what arrives is handled on the event loop and neither delays the other. The
    picture is made before its tick, so that the time it takes is no part of g2g.

    Args:
        source: makes the pictures.
        marker: stamps them; None: nothing is stamped.
        first_number: the marker's number of frame 0.
        sink: takes the frames.
        on_capture: called for each frame, on this thread.
        on_lost: called on this thread, with the reason, when the source gives no more pictures:
            from then on the ticks are counted that it leaves out.

    """

    def __init__(
        self,
        source: Source | LiveSource,
        marker: Marker | None,
        first_number: int,
        sink: Sink,
        on_capture: Callable[[CaptureEvent], None],
        on_lost: Callable[[str], None] = lambda _: None,
    ) -> None:
        super().__init__(daemon=True, name="publisher")
        self._source = source
        self._marker = marker
        self._first_number = first_number
        self._mask = (1 << marker.bits) - 1 if marker else -1
        self._sink = sink
        self._on_capture = on_capture
        self._on_lost = on_lost
        self._ending = threading.Event()
        self._next_id = 0
        self._last_due_ns = time.monotonic_ns()
        size = source.width * source.height
        self._buffers = [bytearray(size * 3 // 2) for _ in range(_BUFFERS)]
        self._lumas: list[npt.NDArray[np.uint8]] = [
            np.frombuffer(b, np.uint8, count=size).reshape(source.height, source.width)
            for b in self._buffers
        ]

    def end(self) -> None:
        """Stop after the frame in hand."""
        self._ending.set()
        self.join(timeout=2.0)

    def run(self) -> None:
        """Publish until the end."""
        try:
            if isinstance(self._source, LiveSource):
                self._follow(self._source)
            else:
                self._pace(self._source)
        except Exception as error:  # of whatever decodes, draws or stamps
            log.exception("the source gave no frame %d", self._next_id)
            self._without_source(reason_of(error))

    def _follow(self, source: LiveSource) -> None:
        """A device's pace: a frame is due when it comes."""
        while not self._ending.is_set():
            slot = self._next_id % _BUFFERS
            came_ns = source.capture(self._buffers[slot])
            if came_ns is None:
                self._without_source(CAMERA_GONE)
                return
            self._publish(self._next_id, came_ns, slot)

    def _pace(self, source: Source) -> None:
        """The schedule: a frame is due when its source says, whatever happened to the others."""
        start_ns = time.monotonic_ns() + _LEAD_IN_NS
        interval_ns = _NS / peak_fps(source)
        while not self._ending.is_set():
            due_ns = start_ns + source.due_ns(self._next_id)
            if time.monotonic_ns() - due_ns > interval_ns:
                self._skip(due_ns)
                continue
            slot = self._next_id % _BUFFERS
            source.render(self._next_id, self._buffers[slot])
            wait_ns = due_ns - time.monotonic_ns()
            if wait_ns > 0 and self._ending.wait(wait_ns / 1e9):
                return
            self._publish(self._next_id, due_ns, slot)

    def _without_source(self, reason: str) -> None:
        """Tell of it, and count the ticks that do not happen."""
        if self._ending.is_set():
            return
        self._on_lost(reason)
        while not self._ending.is_set():
            due_ns = self._last_due_ns + round(_NS / self._source.fps)
            if self._ending.wait(max(0.0, (due_ns - time.monotonic_ns()) / 1e9)):
                return
            self._skip(due_ns)

    def _skip(self, due_ns: int) -> None:
        self._on_capture(SkippedFrame(self._next_id, due_ns))
        self._next_id += 1
        self._last_due_ns = due_ns

    def _publish(self, frame_id: int, due_ns: int, slot: int) -> None:
        number = (self._first_number + frame_id) & self._mask
        if self._marker is not None:
            self._marker.stamp(self._lumas[slot], number)
        captured_ns = time.monotonic_ns()
        accepted = True
        try:
            self._sink(self._buffers[slot], frame_id, captured_ns)
        except Exception:
            log.exception("frame %d was not taken", frame_id)
            accepted = False
        self._on_capture(CapturedFrame(frame_id, number, due_ns, captured_ns, accepted))
        self._next_id = frame_id + 1
        self._last_due_ns = due_ns


def reason_of(error: Exception) -> str:
    """Return why a source gives no more pictures, in words."""
    if isinstance(error, G2GBenchError):
        return f"the source: {error}"
    words = " ".join(str(error).split())
    return f"the source broke: {type(error).__name__}: {words}"
