"""The two streams of a session: what is captured and published, and what comes back."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Callable
from typing import Generic, Protocol, TypeVar

from livekit import rtc

from g2gbench.marker import Marker
from g2gbench.media import livekit_video
from g2gbench.media.frame_publisher import FramePublisher
from g2gbench.media.frames import CaptureEvent, LocalFrame, RemoteFrame
from g2gbench.realtime.errors import ErrorCode, RealtimeError
from g2gbench.sources import mirror
from g2gbench.sources.i420 import Layout
from g2gbench.sources.source import LiveSource, Source, peak_fps

log = logging.getLogger(__name__)
_QUEUE_FRAMES = 32


T = TypeVar("T")
Sink = Callable[[T], None]


class _Fanout(Generic[T]):
    """Hands each item to whoever asked for it. On the event loop alone."""

    def __init__(self) -> None:
        self.sinks: list[Sink[T]] = []
        self.ended = asyncio.Event()

    def __call__(self, item: T) -> None:
        for sink in tuple(self.sinks):
            try:
                sink(item)
            except Exception:
                log.exception("a sink of frames raised, and is given no more of them")
                self.sinks.remove(sink)

    async def items(self) -> AsyncIterator[T]:
        """Items from now on; of those that wait too long the oldest are left out."""
        waiting: deque[T] = deque(maxlen=_QUEUE_FRAMES)
        wake = asyncio.Event()

        def take(item: T) -> None:
            waiting.append(item)
            wake.set()

        self.sinks.append(take)
        ending = asyncio.ensure_future(self.ended.wait())
        ending.add_done_callback(lambda _: wake.set())
        try:
            while True:
                await wake.wait()
                wake.clear()
                while waiting:
                    yield waiting.popleft()
                if self.ended.is_set():
                    return
        finally:
            ending.cancel()
            self.sinks.remove(take)


class RemoteStream:
    """Video of the model; a new one after each reconnect.

    Attributes:
        id: ``stream-remote``.
        sid: the id of its track in the room.
        track: the LiveKit video track; None where a browser's page receives it.
        room: the LiveKit room that the track belongs to; None likewise.

    """

    id = "stream-remote"

    def __init__(
        self, sid: str, track: rtc.Track | None = None, room: rtc.Room | None = None
    ) -> None:
        self.sid = sid
        self.track = track
        self.room = room
        self._frames = None if track is None else livekit_video.FrameStream(track)
        self._fanout: _Fanout[RemoteFrame] = _Fanout()

    @property
    def ended(self) -> asyncio.Event:
        """Set when no more frames will come."""
        return self._fanout.ended

    @property
    def dropped(self) -> int:
        """Frames that nobody took in time; a page hands over all that it decodes."""
        return 0 if self._frames is None else self._frames.dropped

    def add_sink(self, sink: Sink[RemoteFrame]) -> None:
        """Call ``sink`` with every frame from now on, on the event loop; it must not block.

        An error of it is logged, and it is called no more.
        """
        self._fanout.sinks.append(sink)

    def frames(self) -> AsyncIterator[RemoteFrame]:
        """The frames from now on, until the stream ends; a slow reader misses the oldest."""
        return self._fanout.items()

    def show(self, frame: RemoteFrame) -> None:
        """Hand a frame to all sinks."""
        self._fanout(frame)

    async def pump(self, received: Sink[RemoteFrame], clock: Callable[[], int]) -> None:
        """Read until the track ends: each frame to ``received`` and then to all sinks."""
        assert self._frames is not None  # a page shows its frames itself
        async for event in self._frames:
            received_ns = clock()
            frame = RemoteFrame(
                livekit_video.luma(event.frame),
                received_ns,
                livekit_video.witness(event),
                event.frame,
            )
            received(frame)
            self.show(frame)

    async def aclose(self) -> None:
        """No more frames."""
        self._fanout.ended.set()
        if self._frames is not None:
            await self._frames.aclose()


class PublishedStream(Protocol):
    """Stream that a session can publish: a `LocalStream`, or a browser's page.

    ``listeners`` are called for each frame on the thread that captures; ``peak_fps`` is the rate
    where frames come closest. See `LocalStream` for the rest.
    """

    width: int
    height: int
    fps: float
    peak_fps: float
    marker: Marker | None
    listeners: list[Callable[[CaptureEvent], None]]

    def start(self) -> None:
        """Begin to capture; what has begun goes on."""

    def check_alive(self) -> None:
        """Raises RealtimeError (INVALID_INPUT) once it was disposed of."""

    def dispose(self) -> None:
        """Stop capturing and give the source back. Safe to call again."""


def check_alive(*, disposed: bool) -> None:
    """Raises RealtimeError (INVALID_INPUT) for a stream that was disposed of."""
    if disposed:
        raise RealtimeError(
            ErrorCode.INVALID_INPUT, "this local stream was disposed of; make another one"
        )


class LocalStream:
    """Captured video: previewed, published, or both at once, and disposed of once.

    Frames are flipped when ``mirrored``, then stamped when there is a ``marker``, then previewed
    and published alike. Made inside a running event loop.

    Attributes:
        id: ``stream-local``.
        video_source: what tracks are made of.

    Args:
        source: makes the pictures.
        mirrored: whether they are flipped left to right.
        marker: stamps them; None: nothing is stamped.
        first_number: the marker's number of frame 0.
        on_capture: called for each frame, captured or skipped, on the thread that captures.
        on_frame_id: called with the id of each frame before it is published, on that thread.
        on_lost: called on the event loop, with the reason, when there are no more pictures.

    """

    id = "stream-local"

    def __init__(
        self,
        source: Source | LiveSource,
        *,
        mirrored: bool = False,
        marker: Marker | None = None,
        first_number: int = 0,
        on_capture: Callable[[CaptureEvent], None] = lambda _: None,
        on_frame_id: Callable[[int], None] = lambda _: None,
        on_lost: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.width, self.height, self.fps = source.width, source.height, source.fps
        self.peak_fps = peak_fps(source)
        self.marker: Marker | None = marker
        self.first_number = first_number
        self.video_source = rtc.VideoSource(self.width, self.height)
        self.listeners: list[Callable[[CaptureEvent], None]] = [on_capture]
        self._on_frame_id = on_frame_id
        self._on_lost = on_lost
        self._source = source
        self._loop = asyncio.get_running_loop()
        self._fanout: _Fanout[LocalFrame] = _Fanout()
        self._layout = Layout(self.width, self.height)
        self._publisher = FramePublisher(
            mirror.mirrored(source) if mirrored else source,
            marker,
            first_number,
            self._hand_over,
            self._notify,
            self._gone,
        )
        self._started = self.disposed = False

    def start(self) -> None:
        """Begin to capture; what has begun goes on. Raises RealtimeError when disposed of."""
        self.check_alive()
        if not self._started:
            self._started = True
            self._publisher.start()

    def check_alive(self) -> None:
        """Raises RealtimeError (INVALID_INPUT) once it was disposed of."""
        check_alive(disposed=self.disposed)

    def add_sink(self, sink: Sink[LocalFrame]) -> None:
        """Call ``sink`` with every frame from now on, on the event loop, and begin to capture.

        An error of it is logged, and it is called no more.
        """
        self.start()
        self._fanout.sinks.append(sink)

    def frames(self) -> AsyncIterator[LocalFrame]:
        """The frames for a preview, from now on; begins to capture."""
        self.start()
        return self._fanout.items()

    def dispose(self) -> None:
        """Stop capturing and give the source back. Safe to call again."""
        if self.disposed:
            return
        self.disposed = True
        if self._started:
            self._publisher.end()
        self._fanout.ended.set()
        close = getattr(self._source, "close", None)
        if close is not None:
            close()

    async def aclose(self) -> None:
        """Stop capturing, as `dispose`."""
        self.dispose()

    async def __aenter__(self) -> LocalStream:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.dispose()

    def _notify(self, event: CaptureEvent) -> None:
        for listener in tuple(self.listeners):
            listener(event)

    def _gone(self, reason: str) -> None:
        """On the thread that captures."""
        self._loop.call_soon_threadsafe(self._on_lost, reason)

    def _hand_over(self, buffer: bytearray, frame_id: int, captured_ns: int) -> None:
        """On the thread that captures."""
        self._on_frame_id(frame_id)
        frame = rtc.VideoFrame(self.width, self.height, rtc.VideoBufferType.I420, buffer)
        metadata = livekit_video.metadata(frame_id)
        self.video_source.capture_frame(frame, timestamp_us=captured_ns // 1000, metadata=metadata)
        if self._fanout.sinks:
            shown = LocalFrame(bytes(buffer), self.width, self.height, captured_ns)
            self._loop.call_soon_threadsafe(self._fanout, shown)
