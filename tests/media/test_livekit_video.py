"""Frames in and out of the SDK, and the private hook that the bounded stream rests on."""

from __future__ import annotations

import inspect
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from livekit import rtc
from livekit.rtc import video_stream
from livekit.rtc._proto import ffi_pb2, track_pb2, video_frame_pb2

from g2gbench.media import livekit_video


def _frame(width: int = 64, height: int = 36) -> rtc.VideoFrame:
    data = bytearray(i % 251 for i in range(width * height * 3 // 2))
    return rtc.VideoFrame(width, height, rtc.VideoBufferType.I420, data)


def _event(frame: rtc.VideoFrame, metadata: rtc.FrameMetadata | None = None) -> rtc.VideoFrameEvent:
    upright: Any = rtc.VideoRotation.VIDEO_ROTATION_0
    return rtc.VideoFrameEvent(frame=frame, timestamp_us=0, rotation=upright, metadata=metadata)


def test_the_luma_plane_is_the_first_rows_of_the_frame() -> None:
    frame = _frame()
    luma = livekit_video.luma(frame)
    assert luma.shape == (36, 64)
    assert luma.dtype == np.uint8
    assert luma.tobytes() == bytes(frame.data[: 64 * 36])


def test_the_luma_plane_is_a_view_that_nobody_writes() -> None:
    frame = _frame()
    luma = livekit_video.luma(frame)
    frame.data[0] = 99
    assert luma[0, 0] == 99
    with pytest.raises(ValueError, match="read-only"):
        luma[0, 0] = 1


@pytest.mark.parametrize("frame_id", [0, 1, 2**31])
def test_a_frame_id_travels_in_the_trailer(frame_id: int) -> None:
    assert livekit_video.witness(_event(_frame(), livekit_video.metadata(frame_id))) == frame_id


def test_the_first_frame_is_one_on_the_wire_where_zero_means_not_set() -> None:
    assert livekit_video.metadata(0).frame_id == 1


@pytest.mark.parametrize("metadata", [None, rtc.FrameMetadata()])
def test_without_a_trailer_there_is_no_witness(metadata: rtc.FrameMetadata | None) -> None:
    assert livekit_video.witness(_event(_frame(), metadata)) is None


def test_a_track_is_published_as_asked() -> None:
    options = livekit_video.publish_options("h264", 1_500_000, 31)
    assert options.video_codec == rtc.VideoCodec.H264
    assert options.video_encoding.max_bitrate == 1_500_000
    assert options.video_encoding.max_framerate == 31
    assert options.source == rtc.TrackSource.SOURCE_CAMERA
    assert options.HasField("simulcast")  # the SDK's default would be on
    assert not options.simulcast
    assert list(options.frame_metadata_features) == [track_pb2.FMF_FRAME_ID]


def test_every_codec_of_the_sdk_has_a_name() -> None:
    assert sorted(livekit_video.CODECS.values()) == sorted(rtc.VideoCodec.values())
    with pytest.raises(KeyError):
        livekit_video.publish_options("vp10", 1, 1)


class _FakeClient:
    """Stands for the native library: keeps the request."""

    def __init__(self) -> None:
        self.instance = self
        self.requests: list[ffi_pb2.FfiRequest] = []

    def request(self, request: ffi_pb2.FfiRequest) -> ffi_pb2.FfiResponse:
        self.requests.append(request)
        response = ffi_pb2.FfiResponse()
        response.new_video_stream.stream.handle.id = 5
        return response


def _requested(monkeypatch: pytest.MonkeyPatch, stream: type[rtc.VideoStream]) -> Any:
    client = _FakeClient()
    monkeypatch.setattr(livekit_video, "FfiClient", client)
    monkeypatch.setattr(video_stream, "FfiClient", client)
    made = SimpleNamespace(
        _track=SimpleNamespace(_ffi_handle=SimpleNamespace(handle=42)),
        _format=rtc.VideoBufferType.I420,
    )
    owned = stream._create_owned_stream(made)  # type: ignore[arg-type] # a stand-in
    assert owned.handle.id == 5
    (request,) = client.requests
    return request.new_video_stream


def test_the_hook_of_the_sdk_that_the_stream_overrides_is_still_called() -> None:
    assert "self._create_owned_stream()" in inspect.getsource(rtc.VideoStream.__init__)
    assert "queue_size_frames" in video_frame_pb2.NewVideoStreamRequest.DESCRIPTOR.fields_by_name


def test_the_stream_asks_for_what_the_sdk_asks_for_and_a_queue(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    own = _requested(monkeypatch, rtc.VideoStream)
    ours = _requested(monkeypatch, livekit_video._Stream)
    assert ours.track_handle == 42
    assert ours.queue_size_frames > 1
    ours.ClearField("queue_size_frames")
    own.ClearField("queue_size_frames")
    assert ours == own


async def test_a_frame_that_the_queue_has_no_room_for_is_counted() -> None:
    queue: livekit_video._CountingQueue[int] = livekit_video._CountingQueue(2)
    queue.put(1)
    queue.put(2)
    assert queue.dropped == 0
    queue.put(3)
    assert queue.dropped == 1
    assert [await queue.get(), await queue.get()] == [2, 3]


def test_the_queue_of_the_sdk_that_is_replaced_is_still_the_one_that_it_fills() -> None:
    assert "self._queue: RingQueue[" in inspect.getsource(rtc.VideoStream.__init__)
    assert "self._queue.put(event)" in inspect.getsource(rtc.VideoStream._run)


class _FakeStream:
    def __init__(self, track: object, *, capacity: int, format: int) -> None:  # noqa: A002 - the SDK's own name
        self.made_with = (track, capacity, format)
        self.closed = False
        self.dropped = 3
        self._events = iter([_event(_frame(width)) for width in (2, 64, 8, 66)])

    def __aiter__(self) -> _FakeStream:
        return self

    async def __anext__(self) -> rtc.VideoFrameEvent:
        for event in self._events:
            return event
        raise StopAsyncIteration

    async def aclose(self) -> None:
        self.closed = True


async def test_the_tiny_frames_of_the_sdks_start_and_end_are_left_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(livekit_video, "_Stream", _FakeStream)
    track: Any = object()
    stream = livekit_video.FrameStream(track)
    assert [event.frame.width async for event in stream] == [64, 66]
    assert stream.dropped == 3
    await stream.aclose()
    inner: Any = stream._stream
    assert inner.closed
    made_for, capacity, pixels = inner.made_with
    assert made_for is track
    assert capacity > 0  # 0 would be without bound
    assert pixels == rtc.VideoBufferType.I420
