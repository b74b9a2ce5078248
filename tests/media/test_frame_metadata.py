"""What the SDK does to the metadata of frames that are handed to it close together."""

from __future__ import annotations

import asyncio
import secrets
import threading
import time
from collections.abc import Mapping

import pytest
from livekit import api, rtc

from g2gbench import marker
from g2gbench.media import livekit_video
from g2gbench.process.spawn import Child
from g2gbench.secrecy import Unshown
from g2gbench.service.pipeline import SPACING_S
from g2gbench.service.plan import EmbeddedRoom
from g2gbench.service.room.plan import EmbeddedRoomPlan, RoomReady
from g2gbench.service.transforms import planes
from g2gbench.sources import SyntheticSource

SIZE = (640, 360)
PAIRS = 40
PAIR_S = 0.066
LONG_S = 20.0


def _frames(numbers: range) -> dict[int, bytearray]:
    source, stamp = SyntheticSource("street", *SIZE, 30, 1), marker.get("v2").stamp
    made = {}
    for number in numbers:
        buffer = bytearray(SIZE[0] * SIZE[1] * 3 // 2)
        source.render(number, buffer)
        assert stamp(planes(buffer, SIZE)[0], number)
        made[number] = buffer
    return made


def _hand_over(sink: rtc.VideoSource, frames: Mapping[int, bytearray], apart_s: float) -> None:
    """The frames in pairs, the second of each so long after the first."""
    start_s, never = time.monotonic(), threading.Event()
    for place, (number, buffer) in enumerate(frames.items()):
        due_s = start_s + place // 2 * PAIR_S + place % 2 * apart_s
        never.wait(max(0.0, due_s - time.monotonic()))
        frame = rtc.VideoFrame(*SIZE, rtc.VideoBufferType.I420, buffer)
        sink.capture_frame(
            frame, timestamp_us=time.monotonic_ns() // 1000, metadata=livekit_video.metadata(number)
        )


@pytest.mark.slow
@pytest.mark.session
async def test_metadata_of_a_dropped_frame_stands_with_the_picture_before_it() -> None:
    """A frame 0.3 ms behind another is often dropped, and its metadata kept for the other one.

    The ledger calls this pattern shifted metadata. Nothing else disagrees, whatever the distance.
    """
    key, secret = "key", secrets.token_hex(32)
    settings = EmbeddedRoom(start_bitrate_kbps=2000, playout_delay_ms=(0, 0))
    plan = EmbeddedRoomPlan(settings, "room", Unshown(key), Unshown(secret))
    child = await Child.start("room", "g2gbench.service.sfu.server", plan, ready=RoomReady)
    sender, receiver = rtc.Room(), rtc.Room()
    seen: list[tuple[int, int]] = []  # (marker, metadata)
    reading: list[asyncio.Task[None]] = []
    came = asyncio.Event()

    async def read(stream: livekit_video.FrameStream) -> None:
        async for event in stream:
            found = marker.get("v2").examine(livekit_video.luma(event.frame), sent_size=SIZE).number
            told = livekit_video.witness(event)
            if found is not None and told is not None:
                seen.append((found, told))
                came.set()

    @receiver.on("track_subscribed")
    def _(track: rtc.Track, *_: object) -> None:
        reading.append(asyncio.ensure_future(read(livekit_video.FrameStream(track))))

    async def token(room: rtc.Room, identity: str) -> None:
        grants = api.VideoGrants(room_join=True, room="room")
        made = api.AccessToken(key, secret).with_identity(identity).with_grants(grants)
        await room.connect(f"ws://127.0.0.1:{port}", made.to_jwt())

    try:
        port = (await child.ready(LONG_S)).port
        await token(receiver, "inference-server-0")
        await token(sender, "client")
        sink = rtc.VideoSource(*SIZE)
        track = rtc.LocalVideoTrack.create_video_track("camera", sink)
        options = livekit_video.publish_options("vp8", 2_000_000, 120)
        await sender.local_participant.publish_track(track, options)
        first = _frames(range(2))
        batches = {
            0.0003: _frames(range(1000, 1000 + 2 * PAIRS)),
            SPACING_S: _frames(range(2000, 2000 + 2 * PAIRS)),
        }
        async with asyncio.timeout(LONG_S):
            while not came.is_set():  # frames sent before the track is subscribed go nowhere
                await asyncio.to_thread(_hand_over, sink, first, SPACING_S)
        for apart_s, frames in batches.items():
            await asyncio.to_thread(_hand_over, sink, frames, apart_s)
            async with asyncio.timeout(LONG_S):
                while not any(number >= max(frames) - 1 for number, _ in seen):
                    came.clear()
                    await came.wait()
    finally:
        for task in reading:
            task.cancel()
        await sender.disconnect()
        await receiver.disconnect()
        await child.end()
    pictures = {number for number, _ in seen}
    shifted = [(number, told) for number, told in seen if number != told and number not in first]
    assert [pair for pair in shifted if pair[1] != pair[0] + 1 or pair[1] in pictures] == []
    assert all(not pictures.isdisjoint(frames) for frames in batches.values())
