"""A client's media: joins a room with the SDK, sends numbered pictures, reads what comes back."""

from __future__ import annotations

import asyncio
from typing import Any

from livekit import rtc

from g2gbench import marker
from g2gbench.media import livekit_video
from g2gbench.media.frame_publisher import FramePublisher
from g2gbench.sources import SyntheticSource
from tests.service.services import SIZE


class Camera:
    """A client that joins the room with the SDK and sends numbered pictures."""

    def __init__(self) -> None:
        self.numbers: asyncio.Queue[int] = asyncio.Queue()
        self.identities: list[str] = []
        self._room = rtc.Room()
        self._source = rtc.VideoSource(*SIZE)
        self._stream: livekit_video.FrameStream | None = None
        self._reading: asyncio.Task[None] | None = None
        picture = SyntheticSource("street", *SIZE, 30, 1)
        self._publisher = FramePublisher(
            picture, marker.get("v1"), 5000, self._send, lambda _: None
        )

    async def __aenter__(self) -> Camera:
        self._room.on("track_subscribed", self._subscribed)
        self._publisher.start()
        return self

    async def join(self, info: dict[str, Any]) -> None:
        await self._room.connect(info["livekit_url"], info["token"])
        track = rtc.LocalVideoTrack.create_video_track("camera", self._source)
        options = livekit_video.publish_options("vp8", 500_000, 31)
        await self._room.local_participant.publish_track(track, options)

    async def __aexit__(self, *_: object) -> None:
        self._publisher.end()
        if self._stream is not None and self._reading is not None:
            self._reading.cancel()
            await self._stream.aclose()
        await self._room.disconnect()
        await self._source.aclose()

    def _send(self, buffer: bytearray, frame_id: int, captured_ns: int) -> None:
        frame = rtc.VideoFrame(*SIZE, rtc.VideoBufferType.I420, buffer)
        self._source.capture_frame(frame, metadata=livekit_video.metadata(frame_id))

    def _subscribed(self, track: rtc.Track, _: object, who: rtc.RemoteParticipant) -> None:
        self.identities.append(who.identity)
        self._stream = livekit_video.FrameStream(track)
        self._reading = asyncio.ensure_future(self._read(self._stream))

    async def _read(self, stream: livekit_video.FrameStream) -> None:
        async for event in stream:
            number = marker.v1.read(livekit_video.luma(event.frame), sent_size=SIZE)
            if number is not None:
                self.numbers.put_nowait(number)
