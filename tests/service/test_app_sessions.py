"""Sessions of the service from their media to their end; rooms and workers are real processes."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from typing import Any

import aiohttp
import psutil
import pytest
from livekit import rtc
from websockets.exceptions import ConnectionClosed

from g2gbench import marker
from g2gbench.realtime.publisher import Publisher
from g2gbench.rtc import video
from g2gbench.service.app import Service, ServiceSettings
from g2gbench.service.host import HostSettings, SessionHost
from g2gbench.service.room import livekit_server
from g2gbench.sources import SyntheticSource
from tests.service.services import KEY, LONG_S, MODEL, SIZE, host_settings, running

pytestmark = pytest.mark.session


# -- media


class Camera:
    """A client that joins the room with the SDK and sends numbered pictures."""

    def __init__(self) -> None:
        self.numbers: asyncio.Queue[int] = asyncio.Queue()
        self.identities: list[str] = []
        self._room = rtc.Room()
        self._source = rtc.VideoSource(*SIZE)
        self._stream: video.FrameStream | None = None
        self._reading: asyncio.Task[None] | None = None
        picture = SyntheticSource("street", *SIZE, 30, 1)
        self._publisher = Publisher(picture, marker.get("v1"), 5000, self._send, lambda _: None)

    async def __aenter__(self) -> Camera:
        self._room.on("track_subscribed", self._subscribed)
        self._publisher.start()
        return self

    async def join(self, info: dict[str, Any]) -> None:
        await self._room.connect(info["livekit_url"], info["token"])
        track = rtc.LocalVideoTrack.create_video_track("camera", self._source)
        options = video.publish_options("vp8", 500_000, 31)
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
        self._source.capture_frame(frame, metadata=video.metadata(frame_id))

    def _subscribed(self, track: rtc.Track, _: object, who: rtc.RemoteParticipant) -> None:
        self.identities.append(who.identity)
        self._stream = video.FrameStream(track)
        self._reading = asyncio.ensure_future(self._read(self._stream))

    async def _read(self, stream: video.FrameStream) -> None:
        async for event in stream:
            number = marker.v1.read(video.luma(event.frame), sent_size=SIZE)
            if number is not None:
                self.numbers.put_nowait(number)


async def test_video_comes_back_stamped_is_billed_by_the_second_and_its_loss_is_told() -> None:
    host = host_settings(transform="mirror", marker="v1")
    async with (
        running(host) as one,
        one.client(pixel_latency="1") as user,
        Camera() as camera,
    ):
        await user.say("livekit_join", passthrough=True)
        info = await user.until("livekit_room_info")
        await camera.join(info)
        await user.until("generation_started")
        number = await asyncio.wait_for(camera.numbers.get(), LONG_S)
        assert 5000 <= number < 6000
        assert camera.identities[0].startswith("inference-server-")
        tick = await user.until("generation_tick")
        assert tick["seconds"] == 1
        assert isinstance(tick["seconds"], int)

        os.kill(one.service.pids["worker"], signal.SIGKILL)
        ended = await user.until("generation_ended")
        assert ended["reason"] == "the worker process ended (signal 9)"
        assert isinstance(ended["seconds"], int)
        assert (await user.until("error"))["error"] == ended["reason"]
        assert await one.lost() == {"process": "worker", "lost": ended["reason"]}


# -- losses and ends


async def test_a_lost_room_is_told_before_any_media() -> None:
    async with running() as one, one.client() as user:
        await user.say("livekit_join")
        await user.until("livekit_room_info")
        os.kill(one.service.pids["room"], signal.SIGKILL)
        assert (await user.until("error"))["error"] == "the room process ended (signal 9)"
        assert await one.lost() == {"process": "room", "lost": "the room process ended (signal 9)"}


async def test_a_worker_that_died_while_nobody_was_there_is_replaced() -> None:
    async with running() as one:
        os.kill(one.service.pids["worker"], signal.SIGKILL)
        await one.lost()
        async with one.client() as user:
            await user.say("livekit_join")
            await user.hear_of("livekit_room_info")
            await user.say("prompt", prompt="still there?")
            await user.hear_of("prompt_ack")


async def test_a_client_that_leaves_while_its_room_is_made_leaves_it_to_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    started: list[SessionHost] = []
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def slow_start(host: SessionHost) -> None:
        started.append(host)
        begun.set()
        await go_on.wait()

    monkeypatch.setattr(SessionHost, "start", slow_start)
    service = Service(ServiceSettings(host_settings(), MODEL), lambda _: None)
    left = asyncio.ensure_future(service.take_host())
    await begun.wait()
    left.cancel()
    await asyncio.gather(left, return_exceptions=True)
    go_on.set()
    taken = await service.take_host()
    await service.stop()
    assert left.cancelled()
    assert taken is started[0]


async def test_a_session_that_cannot_be_made_is_told_in_words(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with running() as one:
        assert await one.seats_one()

        async def no_start(_: SessionHost) -> None:
            raise OSError("too many processes")

        monkeypatch.setattr(SessionHost, "start", no_start)
        async with asyncio.timeout(LONG_S):
            error = "all 1 sessions are taken"
            while error == "all 1 sessions are taken":
                async with one.client() as user:
                    with contextlib.suppress(ConnectionClosed):
                        await user.say("livekit_join")
                    error = (await user.hear())["error"]
    assert error == "no session could be made ready: too many processes"


async def test_a_room_that_cannot_be_had_is_told_to_each_client_that_asks_and_is_no_loss() -> None:
    ordinary = host_settings()
    room = {"kind": "livekit-server", "command": "no-such-server"}
    async with running(HostSettings(ordinary.worker, room)) as one:
        assert one.service.pids == {}
        for _ in range(2):
            async with one.client() as user:
                await user.say("livekit_join")
                said = await user.until("error")
                assert "no no-such-server on this machine" in said["error"]
                assert livekit_server.INSTALL in said["error"]
    assert one.said.empty()
    assert psutil.Process().children() == []


async def test_a_service_that_nobody_asked_for_its_missing_room_ends_quietly() -> None:
    room = {"kind": "livekit-server", "command": "no-such-server"}
    async with running(HostSettings(host_settings().worker, room)):
        pass
    assert psutil.Process().children() == []


async def test_stopping_tells_the_clients_and_leaves_no_process() -> None:
    async with running(seats=2) as one:
        pids = set(one.service.pids.values())
        async with one.client() as user:
            await user.say("livekit_join")
            await user.hear_of("livekit_room_info")
            async with asyncio.timeout(5):
                await one.service.stop()
            pids |= set(one.service.pids.values())
            await asyncio.wait_for(user.socket.wait_closed(), LONG_S)
    assert not [pid for pid in pids if psutil.pid_exists(pid)]


async def test_no_silent_client_holds_up_the_end() -> None:
    """One that was refused and one that was let in; neither reads or answers a close."""
    async with running(keys=(KEY,)) as one, aiohttp.ClientSession() as http:
        url = f"{one.http}/v1/stream"
        query = {"model": "lucy-2.1"}
        async with (
            http.ws_connect(url, params={**query, "api_key": KEY}, autoclose=False) as admitted,
            http.ws_connect(url, params={**query, "api_key": "x"}, autoclose=False),
        ):
            await admitted.send_json({"type": "livekit_join"})
            async with asyncio.timeout(5):
                await one.service.stop()
