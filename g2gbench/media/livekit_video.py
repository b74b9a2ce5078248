"""Frames in and out of the LiveKit SDK."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
from livekit import rtc
from livekit.rtc._ffi_client import FfiClient
from livekit.rtc._proto import ffi_pb2, track_pb2, video_frame_pb2
from livekit.rtc._utils import RingQueue

CODECS: dict[str, int] = {
    "vp8": rtc.VideoCodec.VP8,
    "h264": rtc.VideoCodec.H264,
    "vp9": rtc.VideoCodec.VP9,
    "av1": rtc.VideoCodec.AV1,
    "h265": rtc.VideoCodec.H265,
}
# The SDK hands out black frames of a few pixels when a stream starts or ends: not part of it.
MIN_REAL_WIDTH = 64
_NATIVE_QUEUE = 16  # frames; the SDK's own is 1, which loses bursts without a word
_PYTHON_QUEUE = 64

Luma = npt.NDArray[np.uint8]
_Item = TypeVar("_Item")


def publish_options(
    codec: str, max_bitrate_bps: int, max_framerate: float, *, simulcast: bool = False
) -> rtc.TrackPublishOptions:
    """Options of a camera track whose frames carry their number in the metadata trailer.

    VP9 has layers of its own: it is never sent as several encodings.
    """
    options = rtc.TrackPublishOptions(
        source=rtc.TrackSource.SOURCE_CAMERA,
        simulcast=simulcast and codec != "vp9",
        video_codec=CODECS[codec],  # type: ignore[arg-type] # the SDK's enum is a plain int
        video_encoding=rtc.VideoEncoding(max_bitrate=max_bitrate_bps, max_framerate=max_framerate),
    )
    options.frame_metadata_features.append(track_pb2.FMF_FRAME_ID)
    return options


def metadata(frame_id: int) -> rtc.FrameMetadata:
    """The trailer for a frame. Zero means "not set" on the wire, hence the one."""
    return rtc.FrameMetadata(frame_id=frame_id + 1)


def witness(event: rtc.VideoFrameEvent) -> int | None:
    """The frame id that a remote frame's trailer carries; None without one."""
    carried = event.metadata
    if carried is None or not carried.frame_id:
        return None
    return int(carried.frame_id) - 1


def luma(frame: rtc.VideoFrame) -> Luma:
    """The luma plane of an I420 frame: a read-only (H, W) uint8 view, nothing is copied."""
    size = frame.width * frame.height
    plane = np.frombuffer(frame.data.toreadonly(), np.uint8, count=size)
    return plane.reshape(frame.height, frame.width)


class FrameStream:
    """The frames of a remote track, with bounded queues.

    Iteration does not end when the room disconnects: call ``aclose``.
    """

    def __init__(self, track: rtc.Track) -> None:
        self._stream = _Stream(track, capacity=_PYTHON_QUEUE, format=rtc.VideoBufferType.I420)

    async def __aiter__(self) -> AsyncIterator[rtc.VideoFrameEvent]:
        async for event in self._stream:
            if event.frame.width >= MIN_REAL_WIDTH:
                yield event

    @property
    def dropped(self) -> int:
        """Frames that the queue on this side of the SDK had no room for."""
        return self._stream.dropped

    async def aclose(self) -> None:
        """End the iteration."""
        await self._stream.aclose()


class _CountingQueue(RingQueue[_Item]):
    """The SDK's queue, which drops the oldest item without a word, with a count of them."""

    def __init__(self, capacity: int) -> None:
        super().__init__(capacity)
        self.dropped = 0

    def put(self, item: _Item) -> None:
        if self._capacity > 0 and len(self._queue) == self._capacity:
            self.dropped += 1
        super().put(item)


class _Stream(rtc.VideoStream):
    """The SDK's stream with a native queue that holds a burst, and a count of what it drops.

    The SDK has no public option for it; this is its own request with one more field set.
    """

    def __init__(self, track: rtc.Track, *, capacity: int, format: Any) -> None:  # noqa: A002 - the SDK's own name
        super().__init__(track, capacity=capacity, format=format)
        # Before the SDK's task has run for the first time: nothing is in the queue yet.
        self._queue: _CountingQueue[rtc.VideoFrameEvent | None] = _CountingQueue(capacity)

    @property
    def dropped(self) -> int:
        return self._queue.dropped

    def _create_owned_stream(self) -> Any:
        request = ffi_pb2.FfiRequest()
        wanted = request.new_video_stream
        wanted.track_handle = self._track._ffi_handle.handle  # type: ignore[union-attr] # ours always has a track
        wanted.type = video_frame_pb2.VideoStreamType.VIDEO_STREAM_NATIVE
        wanted.normalize_stride = True
        wanted.queue_size_frames = _NATIVE_QUEUE
        if self._format is not None:
            wanted.format = self._format
        return FfiClient.instance.request(request).new_video_stream.stream
