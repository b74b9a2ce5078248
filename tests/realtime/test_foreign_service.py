"""The client against a service that shares no code with it, in rooms of a real livekit-server."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
from collections.abc import AsyncIterator, Callable

import pytest

from g2gbench import realtime
from g2gbench.quality import Level
from g2gbench.realtime import (
    ConnectionState,
    ConnectOptions,
    ErrorCode,
    InitialPrompt,
    RealtimeClient,
    RealtimeError,
    RealtimeModel,
    Session,
    VideoConfig,
)
from g2gbench.realtime.events import Event
from g2gbench.service.room.livekit_server import Server
from tests.e2e.livekit import BINARY, needs_livekit_server
from tests.realtime.foreign import KEY, SECRET, USER_KEY, ForeignService, foreign_service

pytestmark = [pytest.mark.integration, pytest.mark.slow, needs_livekit_server]
SIZE = (640, 360)
MODEL = RealtimeModel("foreign-model", *SIZE, 30)
VIDEO = VideoConfig(simulcast=False)
LONG_S = 60.0


@pytest.fixture
async def service() -> AsyncIterator[ForeignService]:
    server = await Server.start(str(BINARY), KEY, SECRET, None)
    try:
        async with foreign_service(f"ws://127.0.0.1:{server.port}", SIZE) as running:
            yield running
    finally:
        await server.stop()


@pytest.fixture
async def client(service: ForeignService) -> AsyncIterator[RealtimeClient]:
    async with RealtimeClient(USER_KEY, base_url=service.url) as made:
        yield made


async def until(session: Session, wanted: Callable[[Event], bool]) -> Event:
    """The first event that is wanted, of those that were and those to come."""
    async with asyncio.timeout(LONG_S):
        async for event in session.events():
            if wanted(event):
                return event
    raise AssertionError("the session ended before it")


def _is(*kinds: type[Event]) -> Callable[[Event], bool]:
    return lambda event: isinstance(event, kinds)


async def test_a_whole_session(service: ForeignService, client: RealtimeClient) -> None:
    service.queue = [2, 1]
    qualities: list[object] = []
    streams: list[object] = []
    session = await client.connect(
        ConnectOptions(
            model=MODEL,
            initial_prompt=InitialPrompt("a beach", enhance=False),
            resolution=realtime.Resolution.P1080,
            debug_quality=True,
            video=VIDEO,
            on_remote_stream=streams.append,
            on_connection_quality=qualities.append,
        )
    )
    assert session.is_connected
    assert session.session_id == "session-1"
    (query,) = service.queries
    assert query["api_key"] == USER_KEY
    assert (query["model"], query["resolution"]) == ("foreign-model", "1080p")
    assert query["pixel_latency"] == "1"
    assert service.heard[0]["initial_state"] == {
        "type": "prompt",
        "prompt": "a beach",
        "enhance_prompt": False,
    }
    stream = await session.wait_for_remote_stream()
    assert streams == [stream]
    assert stream.id == "stream-remote"
    frames = stream.frames()
    frame = await asyncio.wait_for(anext(frames), LONG_S)
    assert frame.luma.shape == (360, 640)
    assert await until(session, lambda e: session.state is ConnectionState.GENERATING)

    await session.set_prompt("snow")
    await session.set_image(b"\x89PNG", prompt="a hat")
    await session.set_image(None)
    assert [m["type"] for m in service.heard[1:]] == ["prompt", "set_image", "set_image"]
    assert service.heard[2] == {"type": "set_image", "image_data": "iVBORw==", "prompt": "a hat"}
    assert service.heard[3] == {"type": "set_image", "image_data": None}

    for seconds in (1, 2):
        await service.say({"type": "generation_tick", "seconds": seconds})
    await service.say({"type": "generation_ended", "seconds": 2, "reason": "enough"})
    ended = await until(session, _is(realtime.GenerationEnded))
    assert isinstance(ended, realtime.GenerationEnded)
    assert (ended.seconds, ended.reason) == (2, "enough")

    changed = await until(session, _is(realtime.QualityChanged))
    assert isinstance(changed, realtime.QualityChanged)
    assert changed.verdict.level is not None
    assert session.connection_quality is not None
    assert qualities
    stats = await until(session, _is(realtime.PublishStats))
    assert isinstance(stats, realtime.PublishStats)
    await until(session, _is(realtime.FirstFrame))
    await until(session, _is(realtime.SelectedCandidatePair))

    await session.disconnect()
    assert session.state is ConnectionState.DISCONNECTED
    kinds = [type(event).__name__ async for event in session.events()]
    assert kinds.count("QueuePosition") == 2
    assert kinds.count("GenerationTick") == 2
    assert kinds[0] == kinds[-1] == "StateChanged"
    with contextlib.suppress(StopAsyncIteration):
        while True:
            await asyncio.wait_for(anext(frames), LONG_S)
    assert stream.ended.is_set()


@pytest.mark.nightly
async def test_the_glass_to_glass_latency_drives_the_quality(
    service: ForeignService, client: RealtimeClient
) -> None:
    session = await client.connect(ConnectOptions(model=MODEL, debug_quality=True, video=VIDEO))
    seen: list[Level | None] = []

    def measured(event: Event) -> bool:
        if isinstance(event, realtime.QualityChanged):
            seen.append(event.verdict.level)
            return "latency" not in event.verdict.unmeasured and not event.verdict.provisional
        return False

    await until(session, measured)
    assert seen[-1] is not None
    assert service.heard[1] == {"type": "set_image", "image_data": None}


async def test_a_viewer_sees_and_is_not_seen(
    service: ForeignService, client: RealtimeClient
) -> None:
    session = await client.connect(ConnectOptions(model=MODEL, video=VIDEO))
    assert session.subscribe_token is not None
    async with await client.watch(session.subscribe_token) as viewer:
        stream = await viewer.wait_for_remote_stream()
        frame = await asyncio.wait_for(anext(stream.frames()), LONG_S)
        assert frame.luma.size > 0
        assert viewer.room_name == "foreign-1"
        assert not viewer.room.local_participant.track_publications
    assert stream.ended.is_set()
    assert session.is_connected


async def test_a_lost_socket_is_followed_by_a_new_session_and_stream(
    service: ForeignService, client: RealtimeClient
) -> None:
    session = await client.connect(
        ConnectOptions(model=MODEL, initial_prompt=InitialPrompt("a beach"), video=VIDEO)
    )
    first = await session.wait_for_remote_stream()
    await asyncio.wait_for(anext(first.frames()), LONG_S)
    await session.set_prompt("snow")
    await service.sockets[-1].close()
    told = await until(session, _is(realtime.Reconnect))
    assert isinstance(told, realtime.Reconnect)
    assert (told.attempt, told.max_attempts, told.success) == (1, 5, True)
    second = await session.wait_for_remote_stream()
    assert second is not first
    assert first.ended.is_set()
    await asyncio.wait_for(anext(second.frames()), LONG_S)
    assert session.session_id == "session-2"
    joins = [m for m in service.heard if m["type"] == "livekit_join"]
    assert joins[1]["initial_state"]["prompt"] == "snow"
    states = [e.state.value async for e in _so_far(session) if isinstance(e, realtime.StateChanged)]
    once = ["connected", "generating"]
    assert states == ["connecting", *once, "reconnecting", *once, "disconnected"]


async def _so_far(session: Session) -> AsyncIterator[Event]:
    """The events of a session that is left now."""
    await session.disconnect()
    async for event in session.events():
        yield event


async def test_what_was_left_can_be_connected_anew_with_the_callers_own_stream(
    service: ForeignService, client: RealtimeClient
) -> None:
    async with client.create_local_video_stream(MODEL) as local:
        preview = local.frames()
        shown = await asyncio.wait_for(anext(preview), LONG_S)
        assert (shown.width, shown.height, len(shown.i420)) == (640, 360, 640 * 360 * 3 // 2)
        for _ in range(2):
            connecting = client.connect(ConnectOptions(model=MODEL, video=VIDEO), local)
            async with await connecting as session:
                stream = await session.wait_for_remote_stream()
                await asyncio.wait_for(anext(stream.frames()), LONG_S)
            assert stream.ended.is_set()
            assert not local.disposed
        await asyncio.wait_for(anext(preview), LONG_S)  # the preview went on throughout
    assert local.disposed
    await local.aclose()
    await session.aclose()
    with pytest.raises(RealtimeError, match="disposed"):
        await client.connect(ConnectOptions(model=MODEL, video=VIDEO), local)


async def test_garbage_is_told_and_the_session_goes_on(
    service: ForeignService, client: RealtimeClient
) -> None:
    service.greeting = ["", "{", b"\x00\x01", '{"type": "dance"}']
    session = await client.connect(ConnectOptions(model=MODEL, video=VIDEO))
    chance = random.Random(5)
    for number in range(500):
        await service.say(_garbage(chance, number))
    await service.say({"type": "generation_tick", "seconds": 77})
    await until(session, lambda e: isinstance(e, realtime.GenerationTick) and e.seconds == 77)
    await session.set_prompt("still here")
    assert session.is_connected
    await session.disconnect()
    told = [e.error.code async for e in session.events() if isinstance(e, realtime.ErrorRaised)]
    assert set(told) == {ErrorCode.WEBRTC_SIGNALING_ERROR}
    assert len(told) == 504


def _garbage(chance: random.Random, number: int) -> str | bytes:
    """A frame that is none of the protocol's, another one for each number."""
    kind = number % 5
    if kind == 0:
        return bytes(chance.randrange(256) for _ in range(chance.randrange(1, 200)))
    if kind == 1:
        return "{" * chance.randrange(1, 5000)
    if kind == 2:
        return json.dumps({"type": f"dance-{number}", "success": True})
    if kind == 3:
        return json.dumps({"type": "set_image_ack", "success": chance.choice(["yes", 1, None])})
    return json.dumps([chance.random() for _ in range(number)])


async def test_an_ephemeral_key_is_had_and_shown_nowhere(
    service: ForeignService, client: RealtimeClient
) -> None:
    key = await client.create_token(
        expires_in=120, allowed_models=["foreign-model"], max_session_duration=60
    )
    assert key.api_key.startswith("ek_")
    assert key.constraints == {"realtime": {"maxSessionDuration": 60}}
    assert key.api_key not in repr(key)
    async with RealtimeClient(key.api_key, base_url=service.url) as other:
        session = await other.connect(ConnectOptions(model=MODEL, video=VIDEO))
        assert session.is_connected
        assert service.queries[-1]["api_key"] == key.api_key
